#include "store/s3/reader.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "base/text.h"
#include "base/time.h"

namespace weir::store::s3 {

namespace {

constexpr uint64_t most_offset = INT64_MAX;  // servers count in signed numbers

// "bytes 0-9/100"
struct ContentRange {
  uint64_t first = 0, size = 0;
};

std::optional<ContentRange> content_range(const http::Answer& answer) {
  const std::string text = answer.header("content-range");
  if (!text.starts_with("bytes ")) return std::nullopt;
  const size_t dash = text.find('-'), slash = text.find('/');
  if (dash == std::string::npos || slash == std::string::npos || slash < dash) return std::nullopt;
  const auto first = parse_int(text.substr(6, dash - 6)), size = parse_int(text.substr(slash + 1));
  if (!first || !size || *first < 0 || *size < 0) return std::nullopt;
  return ContentRange{static_cast<uint64_t>(*first), static_cast<uint64_t>(*size)};
}

[[noreturn]] void fail_wrong_range(const Bucket& bucket, const std::string& key) {
  throw Error(ErrorCode::store_io,
              "the server answered with another range of " + bucket.uri(key) + " than was asked for");
}

// Into `out`, or into the answer's body if it is nullptr.
http::Answer ask_range(Bucket& bucket, const std::string& key, uint64_t offset, char* out, uint64_t length,
                       const std::string& etag) {
  const uint64_t last = offset > UINT64_MAX - (length - 1) ? UINT64_MAX : offset + (length - 1);
  BucketCall call;
  call.key = key;
  call.headers.emplace_back("range",
                            "bytes=" + std::to_string(offset) + "-" + std::to_string(std::min(last, most_offset)));
  if (!etag.empty()) call.headers.emplace_back("if-match", etag);
  call.into = out;
  call.into_bytes = length;
  http::Outcome outcome = bucket.send(call);
  http::Answer& answer = outcome.last.answer;
  if (outcome.settled() && answer.status == 416) return {};  // beyond the end
  if (outcome.settled() && answer.status == 412)
    throw Error(ErrorCode::store_io, bucket.uri(key) + " was replaced while it was read");
  if (!outcome.settled() || !answer.successful()) bucket.fail("read", key, outcome);
  const auto range = content_range(answer);
  // A server may send a small object whole, if all of it was asked for.
  if (range ? range->first != offset : offset != 0) fail_wrong_range(bucket, key);
  const uint64_t wanted = range ? std::min(length, range->size - std::min(range->size, offset)) : answer.body_bytes;
  if (answer.body_bytes != wanted || wanted > length) fail_wrong_range(bucket, key);
  return std::move(answer);
}

}  // namespace

std::optional<ObjectInfo> described_by(const http::Answer& answer, const std::string& key) {
  ObjectInfo info;
  info.key = key;
  if (const auto range = content_range(answer)) {
    info.size = range->size;
  } else {
    const auto length = parse_int(answer.header("content-length"));
    if (!length || *length < 0) return std::nullopt;
    info.size = static_cast<uint64_t>(*length);
  }
  info.modified_ms = parse_http_date_ms(answer.header("last-modified")).value_or(0);
  info.etag = answer.header("etag");
  return info;
}

std::string read_range(Bucket& bucket, const std::string& key, uint64_t offset, uint64_t length) {
  // Of an empty range there is still to say whether the object exists.
  std::string bytes = ask_range(bucket, key, offset, nullptr, std::max<uint64_t>(length, 1), {}).body;
  if (length == 0) bytes.clear();
  return bytes;
}

uint64_t read_range_into(Bucket& bucket, const std::string& key, uint64_t offset, char* out, uint64_t length,
                         const std::string& etag) {
  return length == 0 ? 0 : ask_range(bucket, key, offset, out, length, etag).body_bytes;
}

bool S3Reader::Piece::serve(uint64_t from, char* out, uint64_t length) const {
  if (from < offset || from + length > end()) return false;
  std::memcpy(out, bytes.data() + (from - offset), length);
  return true;
}

S3Reader::S3Reader(Bucket& bucket, const std::string& key) : bucket_(bucket) {
  info_.key = key;
  open();
}

void S3Reader::open() {
  BucketCall call;
  call.key = info_.key;
  call.headers.emplace_back("range", "bytes=-" + std::to_string(bucket_.config().tail_bytes));
  http::Outcome outcome = bucket_.send(call);
  if (outcome.settled() && outcome.last.answer.status == 416) {  // an empty object has no last bytes
    call.headers.clear();
    outcome = bucket_.send(call);
  }
  http::Answer& answer = outcome.last.answer;
  if (!outcome.settled() || !answer.successful()) bucket_.fail("read", info_.key, outcome);
  const auto described = described_by(answer, info_.key);
  if (!described || described->size < answer.body_bytes) fail_wrong_range(bucket_, info_.key);
  info_ = *described;
  tail_.offset = info_.size - answer.body_bytes;
  tail_.bytes = std::move(answer.body);
}

uint64_t S3Reader::read_into(uint64_t offset, char* out, uint64_t length) {
  if (offset >= info_.size) return 0;
  length = std::min(length, info_.size - offset);
  if (length == 0 || tail_.serve(offset, out, length)) return length;
  const uint64_t ahead_bytes = bucket_.config().read_ahead_bytes;
  bool in_order = false;
  {
    const std::lock_guard lock(mutex_);
    in_order = offset == expected_;
    expected_ = offset + length;
    if (ahead_.serve(offset, out, length)) return length;
  }
  if (!in_order || length >= ahead_bytes) {
    if (read_range_into(bucket_, info_.key, offset, out, length, info_.etag) != length)
      fail_wrong_range(bucket_, info_.key);
    return length;
  }
  Piece piece{offset, std::string(std::min(ahead_bytes, info_.size - offset), '\0')};
  if (read_range_into(bucket_, info_.key, offset, piece.bytes.data(), piece.bytes.size(), info_.etag) !=
      piece.bytes.size())
    fail_wrong_range(bucket_, info_.key);
  piece.serve(offset, out, length);
  const std::lock_guard lock(mutex_);
  ahead_ = std::move(piece);
  return length;
}

}  // namespace weir::store::s3
