#include "store/s3/writer.h"

#include "base/error.h"
#include "base/ids.h"
#include "base/text.h"
#include "store/xml.h"

namespace weir::store::s3 {

namespace {

constexpr std::string_view mark_header = "x-amz-meta-weir-upload";

std::string completion_xml(const std::vector<std::string>& etags) {
  std::string xml = "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";
  for (size_t i = 0; i < etags.size(); ++i)
    xml +=
        "<Part><PartNumber>" + std::to_string(i + 1) + "</PartNumber><ETag>" + xml_escape(etags[i]) + "</ETag></Part>";
  return xml + "</CompleteMultipartUpload>";
}

}  // namespace

void put_object(Bucket& bucket, const std::string& key, std::string_view bytes) {
  BucketCall call;
  call.method = "PUT";
  call.key = key;
  call.body = bytes;
  const http::Outcome outcome = bucket.send(call);
  if (!outcome.settled() || !outcome.last.answer.successful()) bucket.fail("write", key, outcome, true);
}

// S3 allows 10,000 parts.
uint64_t S3Writer::part_bytes(size_t number) const {
  return remote::growing_part_bytes(bucket_.config().part_bytes, number);
}

void S3Writer::discard() noexcept {
  try {
    BucketCall call;
    call.method = "DELETE";
    call.key = key_;
    call.query = {{"uploadId", upload_id_}};
    bucket_.send(call);
  } catch (...) {  // the bucket's lifecycle rule removes what stays
  }
}

void S3Writer::begin() {
  mark_ = uuid_v4();
  BucketCall call;
  call.method = "POST";
  call.key = key_;
  call.query = {{"uploads", ""}};
  call.headers = {{std::string(mark_header), mark_}};
  const http::Answer answer = bucket_.ask(call, "write");
  upload_id_ = parse_xml(answer.body).child_text("UploadId");
  if (upload_id_.empty())
    throw Error(ErrorCode::store_io, "cannot write " + bucket_.uri(key_) + ": the answer names no upload");
}

void S3Writer::send_part(std::string_view bytes) {
  BucketCall call;
  call.method = "PUT";
  call.key = key_;
  call.query = {{"partNumber", std::to_string(part_etags_.size() + 1)}, {"uploadId", upload_id_}};
  call.body = bytes;
  part_etags_.push_back(bucket_.ask(call, "write").header("etag"));
  if (part_etags_.back().empty())
    throw Error(ErrorCode::store_io, "cannot write " + bucket_.uri(key_) + ": a part got no etag");
}

void S3Writer::complete(std::string_view rest) {
  send_part(rest);
  BucketCall call;
  call.method = "POST";
  call.key = key_;
  call.query = {{"uploadId", upload_id_}};
  const std::string xml = completion_xml(part_etags_);
  call.body = xml;
  call.error_in_success = true;
  http::Outcome outcome = bucket_.send(call);
  if (outcome.settled() && outcome.last.answer.successful()) return;
  if (outcome.settled() && outcome.last.answer.status == 404) {
    // Sent again after it had been carried out, the upload is gone (libcurl too may send again): then the object bears
    // our mark, unless somebody has replaced it since.
    if (is_ours()) return;
    outcome.doubt_before = true;
  }
  bucket_.fail("write", key_, outcome, true);
}

bool S3Writer::is_ours() const {
  BucketCall call;
  call.method = "HEAD";
  call.key = key_;
  const http::Outcome outcome = bucket_.send(call);
  return outcome.settled() && outcome.last.answer.successful() &&
         outcome.last.answer.header(std::string(mark_header)) == mark_;
}

}  // namespace weir::store::s3
