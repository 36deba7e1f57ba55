#include "store/remote/ranges.h"

#include <algorithm>

#include "base/text.h"
#include "base/time.h"

namespace weir::store::remote {

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

[[noreturn]] void fail_wrong_range(const ByteSource& source, const std::string& key) {
  throw Error(ErrorCode::store_io,
              "the server answered with another range of " + source.uri(key) + " than was asked for");
}

std::string range_text(uint64_t offset, uint64_t length) {
  const uint64_t last = offset > UINT64_MAX - (length - 1) ? UINT64_MAX : offset + (length - 1);
  return "bytes=" + std::to_string(offset) + "-" + std::to_string(std::min(last, most_offset));
}

// Into `out`, or into the answer's body if it is nullptr.
http::Answer ask_range(ByteSource& source, const std::string& key, uint64_t offset, char* out, uint64_t length,
                       const std::string& etag) {
  http::Outcome outcome = source.get(key, {range_text(offset, length), etag, out, length});
  http::Answer& answer = outcome.last.answer;
  if (outcome.settled() && answer.status == 416) return {};  // beyond the end
  if (outcome.settled() && answer.status == 412)
    throw Error(ErrorCode::store_io, source.uri(key) + " was replaced while it was read");
  if (!outcome.settled() || !answer.successful()) source.fail_reading(key, outcome);
  const auto range = content_range(answer);
  // A server may send a small object whole, if all of it was asked for.
  if (range ? range->first != offset : offset != 0) fail_wrong_range(source, key);
  const uint64_t wanted = range ? std::min(length, range->size - std::min(range->size, offset)) : answer.body_bytes;
  if (answer.body_bytes != wanted || wanted > length) fail_wrong_range(source, key);
  return std::move(answer);
}

// The answer to a request for some bytes of an object that may have none.
http::Answer ask_some(ByteSource& source, const std::string& key, const std::string& range) {
  http::Outcome outcome = source.get(key, {range, {}, nullptr, 0});
  if (outcome.settled() && outcome.last.answer.status == 416) outcome = source.get(key, {});
  if (!outcome.settled() || !outcome.last.answer.successful()) source.fail_reading(key, outcome);
  return std::move(outcome.last.answer);
}

}  // namespace

std::optional<ObjectInfo> ByteSource::describe(const http::Answer& answer, const std::string& key) const {
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

std::string read_range(ByteSource& source, const std::string& key, uint64_t offset, uint64_t length) {
  // Of an empty range there is still to say whether the object exists.
  std::string bytes = ask_range(source, key, offset, nullptr, std::max<uint64_t>(length, 1), {}).body;
  if (length == 0) bytes.clear();
  return bytes;
}

uint64_t read_range_into(ByteSource& source, const std::string& key, uint64_t offset, char* out, uint64_t length,
                         const std::string& etag) {
  return length == 0 ? 0 : ask_range(source, key, offset, out, length, etag).body_bytes;
}

OpenedObject open_by_tail(ByteSource& source, const std::string& key, uint64_t tail_bytes) {
  http::Answer answer = ask_some(source, key, "bytes=-" + std::to_string(tail_bytes));
  const auto info = source.describe(answer, key);
  if (!info || info->size < answer.body_bytes) fail_wrong_range(source, key);
  return {*info, {info->size - answer.body_bytes, std::move(answer.body)}, {}};
}

OpenedObject open_by_head(ByteSource& source, const std::string& key, uint64_t tail_bytes) {
  http::Answer answer = ask_some(source, key, range_text(0, tail_bytes));
  const auto info = source.describe(answer, key);
  if (!info || answer.body_bytes != std::min(tail_bytes, info->size)) fail_wrong_range(source, key);
  if (info->size <= tail_bytes) return {*info, {0, std::move(answer.body)}, {}};
  const uint64_t missing = std::min(tail_bytes, info->size - tail_bytes);
  http::Answer last = ask_range(source, key, info->size - missing, nullptr, missing, info->etag);
  if (last.body_bytes != missing) fail_wrong_range(source, key);
  return {*info, {info->size - missing, std::move(last.body)}, {0, std::move(answer.body)}};
}

std::unique_ptr<ObjectReader> make_reader(ByteSource& source, OpenedObject opened, uint64_t read_ahead_bytes) {
  const ObjectInfo info = opened.info;
  return std::make_unique<RemoteReader>(
      std::move(opened),
      [&source, key = info.key, etag = info.etag](uint64_t offset, char* out, uint64_t length) {
        return read_range_into(source, key, offset, out, length, etag);
      },
      read_ahead_bytes, source.uri(info.key));
}

}  // namespace weir::store::remote
