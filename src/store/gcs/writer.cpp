#include "store/gcs/writer.h"

#include "base/ids.h"
#include "base/text.h"

namespace weir::store::gcs {

namespace {

constexpr const char* content_type = "application/octet-stream";
constexpr int resumptions_without_progress = 5;
constexpr int incomplete = 308;

bool is_final(const http::Outcome& outcome, int status) {
  return outcome.settled() && outcome.last.answer.status == status;
}

}  // namespace

// As a multipart upload, of which every server, emulators too, looks at the condition.
http::Outcome put_object_if_absent(Bucket& bucket, const std::string& key, std::string_view bytes) {
  const std::string boundary = uuid_v4();
  const auto part = [&](const char* type) { return "--" + boundary + "\r\nContent-Type: " + type + "\r\n\r\n"; };
  std::string body = part("application/json; charset=UTF-8");
  body += Json::object().set("name", bucket.config().prefix + key).dump() + "\r\n" + part(content_type);
  body.append(bytes);
  body += "\r\n--" + boundary + "--\r\n";
  BucketCall call;
  call.method = "POST";
  call.url = bucket.upload_url();
  call.query = {{"uploadType", "multipart"}, {"ifGenerationMatch", "0"}};
  call.headers = {{"content-type", "multipart/related; boundary=" + boundary}};
  call.body = body;
  call.repeatable = false;
  return bucket.send(call);
}

void put_object(Bucket& bucket, const std::string& key, std::string_view bytes) {
  BucketCall call;
  call.method = "POST";
  call.url = bucket.upload_url();
  call.query = {{"uploadType", "media"}, {"name", bucket.config().prefix + key}};
  call.headers = {{"content-type", content_type}};
  call.body = bytes;
  const http::Outcome outcome = bucket.send(call);
  if (!outcome.settled() || !outcome.last.answer.successful()) bucket.fail("write", key, outcome, true);
}

void GcsWriter::begin() {
  BucketCall call;
  call.method = "POST";
  call.url = bucket_.upload_url();
  call.query = {{"uploadType", "resumable"}, {"name", bucket_.config().prefix + key_}};
  call.headers = {{"content-type", "application/json"}, {"x-upload-content-type", content_type}};
  call.body = "{}";
  session_ = bucket_.session_url(bucket_.ask(call, "write", key_).header("location"));
  if (session_.empty())
    throw Error(ErrorCode::store_io, "cannot write " + bucket_.uri(key_) + ": the answer names no upload");
}

http::Outcome GcsWriter::ask_progress(const std::string& total) {
  BucketCall call;
  call.method = "PUT";
  call.url = session_;
  call.headers = {{"content-range", "bytes */" + total}};
  return bucket_.send(call);
}

// "Range: bytes=0-N": the bytes up to N are there. No such header: none are.
uint64_t GcsWriter::persisted(const http::Answer& answer) const {
  const std::string range = answer.header("range");
  if (range.empty()) return 0;
  const size_t dash = range.find('-');
  const auto last = dash == std::string::npos ? std::nullopt : parse_int(range.substr(dash + 1));
  if (!last || *last < 0)
    throw Error(ErrorCode::store_io, "cannot write " + bucket_.uri(key_) + ": the answer tells no progress");
  return static_cast<uint64_t>(*last) + 1;
}

void GcsWriter::send_range(std::string_view bytes, bool is_last) {
  const uint64_t start = sent_, end = start + bytes.size();
  const std::string total = is_last ? std::to_string(end) : "*";
  for (int without_progress = 0; sent_ < end || is_last;) {
    BucketCall call;
    call.method = "PUT";
    call.url = session_;
    call.headers = {{"content-range", "bytes " + std::to_string(sent_) + "-" + std::to_string(end - 1) + "/" + total}};
    call.body = bytes.substr(sent_ - start);
    call.repeatable = false;  // what has arrived of it must be asked for first
    http::Outcome outcome = sent_ < end ? bucket_.send(call) : ask_progress(total);
    if (!outcome.settled()) {
      const bool doubtful = outcome.doubtful();
      if (!doubtful || ++without_progress > resumptions_without_progress) bucket_.fail("write", key_, outcome, is_last);
      outcome = ask_progress(total);
      outcome.doubt_before = true;
    }
    if (is_last && outcome.settled() && outcome.last.answer.successful()) return;
    if (!is_final(outcome, incomplete)) bucket_.fail("write", key_, outcome, is_last);
    const uint64_t there = persisted(outcome.last.answer);
    if (there < sent_ || there > end)
      throw Error(ErrorCode::store_io, "cannot write " + bucket_.uri(key_) + ": the server has lost a part of it");
    if (there > sent_)
      without_progress = 0;
    else if (++without_progress > resumptions_without_progress)
      throw Error(ErrorCode::store_io, "cannot write " + bucket_.uri(key_) + ": the server takes no more of it");
    sent_ = there;
  }
}

void GcsWriter::discard() noexcept {
  try {
    BucketCall call;
    call.method = "DELETE";
    call.url = session_;
    bucket_.send(call);
  } catch (...) {  // it expires after a week
  }
}

}  // namespace weir::store::gcs
