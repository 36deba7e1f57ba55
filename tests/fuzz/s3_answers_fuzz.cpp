// links: weir_store

// Any bytes as an answer of an S3 server and as a file of profiles: a value or a named error. What is escaped is read
// back as it was.
#include <cstdlib>
#include <string>

#include "base/error.h"
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
    const s3::ListingPage page = s3::parse_listing(text);
    for (const auto& object : page.objects) demand(!object.key.empty());
  });
  value_or_error(ErrorCode::bad_option_value, [&] { s3::parse_sections(text, "file"); });
  value_or_error(ErrorCode::bad_option_value, [&] { http::Endpoint::parse(text); });
  http::Answer answer;
  answer.status = 400;
  answer.body = text;
  s3::complaint_of(answer);
  if (xml_can_say(text)) demand(parse_xml("<a>" + xml_escape(text) + "</a>").text == text);
  return 0;
}
