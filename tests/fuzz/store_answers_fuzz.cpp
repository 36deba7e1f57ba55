// links: weir_store

// Any bytes as an answer of S3's, Google's, Azure's or Hadoop's servers and as their settings: a value or a named
// error. What is escaped is read back as it was.
#include <cstdlib>
#include <string>

#include "base/base64.h"
#include "base/error.h"
#include "base/text.h"
#include "store/azure/listing.h"
#include "store/gcs/bucket.h"
#include "store/hdfs/namenode.h"
#include "store/s3/bucket.h"
#include "store/s3/listing.h"
#include "store/xml.h"

namespace {

using namespace weir;
using namespace weir::store;

void demand(bool ok) {
  if (!ok) std::abort();
}

template <typename Call>
void value_or_error(ErrorCode expected, Call call) {
  try {
    call();
  } catch (const Error& error) {
    demand(error.code() == expected);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  value_or_error(ErrorCode::store_io, [&] {
    for (const auto& object : azure::parse_listing(text).objects) demand(!object.key.empty());
  });
  value_or_error(ErrorCode::store_io, [&] {
    for (const auto& object : s3::parse_listing(text).objects) demand(!object.key.empty());
  });
  value_or_error(ErrorCode::bad_option_value, [&] { azure::parse_connection_string(text); });
  value_or_error(ErrorCode::bad_option_value, [&] { s3::parse_sections(text, "file"); });
  value_or_error(ErrorCode::bad_option_value, [&] { http::Endpoint::parse(text); });
  http::Answer answer;
  answer.status = 403;
  answer.body = text;
  s3::complaint_of(answer);
  if (xml_can_say(text)) demand(parse_xml("<a>" + xml_escape(text) + "</a>").text == text);
  azure::error_code_of(answer);
  gcs::is_missing_bucket(answer);
  hdfs::complaint_of(answer);
  hdfs::boolean_in(answer);
  if (const auto bytes = base64_decode(text)) demand(base64(*bytes).size() % 4 == 0);
  Json json;
  try {
    json = Json::parse(text);
  } catch (const Error&) {
    return 0;
  }
  value_or_error(ErrorCode::store_io, [&] { demand(!gcs::object_of(json).key.empty()); });
  value_or_error(ErrorCode::store_io, [&] { hdfs::object_of(json, "key"); });
  hdfs::is_folder(json);
  return 0;
}
