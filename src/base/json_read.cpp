// Json::parse over RapidJSON's event reader (declared in json.h).
#include <fmt/format.h>
#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <unordered_set>

#include "base/json.h"
#include "base/text.h"

namespace weir {

namespace {

constexpr size_t max_depth = 256;
constexpr size_t small_object = 24;  // up to here a linear search for duplicates is faster than a set

// Builds the value from RapidJSON's events. A false return stops the reader; `problem` then says why.
class Builder : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Builder> {
 public:
  std::string problem;

  bool Null() { return add(Json()); }
  bool Bool(bool value) { return add(Json(value)); }
  bool String(const char* text, rapidjson::SizeType size, bool) {
    std::string_view view(text, size);
    return text_is_valid(view) && add(Json(view));
  }
  bool RawNumber(const char* text, rapidjson::SizeType size, bool) {
    const std::string_view digits(text, size);
    if (const auto integer = digits == "-0" ? std::nullopt : parse_int(digits)) return add(Json(*integer));
    // Out of a double's range the text still is the number; the double is the nearest there is.
    const auto value = parse_double(digits);
    const std::string kept(digits);
    return add(Json(Json::Real{value ? *value : std::strtod(kept.c_str(), nullptr), kept}));
  }
  bool Key(const char* text, rapidjson::SizeType size, bool) {
    std::string_view key(text, size);
    if (!text_is_valid(key)) return false;
    Frame& frame = frames_.back();
    if (is_duplicate(frame, key)) return stop(fmt::format("the key \"{}\" occurs twice in one object", key));
    frame.key = key;
    return true;
  }
  bool StartObject() { return open(Json::object()); }
  bool StartArray() { return open(Json::array()); }
  bool EndObject(rapidjson::SizeType) { return close(); }
  bool EndArray(rapidjson::SizeType) { return close(); }

  Json take() { return std::move(root_); }

 private:
  struct Frame {
    Json value;
    std::string key;
    std::unique_ptr<std::unordered_set<std::string>> keys;  // only of a large object
  };

  static bool is_duplicate(Frame& frame, std::string_view key) {
    const auto& members = frame.value.as_object();
    if (members.size() < small_object)
      return std::any_of(members.begin(), members.end(), [&](const auto& member) { return member.first == key; });
    if (!frame.keys) {
      frame.keys = std::make_unique<std::unordered_set<std::string>>();
      for (const auto& member : members) frame.keys->insert(member.first);
    }
    return !frame.keys->emplace(key).second;
  }

  // The reader checks raw bytes, but lets a lone low surrogate in as an escape.
  bool text_is_valid(std::string_view text) {
    if (text.find('\xED') == std::string_view::npos || is_valid_utf8(text)) return true;
    return stop("half a surrogate pair in a \\u escape");
  }

  bool stop(std::string why) {
    problem = std::move(why);
    return false;
  }

  bool open(Json container) {
    if (frames_.size() >= max_depth) return stop(fmt::format("nested deeper than {} levels", max_depth));
    frames_.push_back({std::move(container), {}, {}});
    return true;
  }

  bool close() {
    Json done = std::move(frames_.back().value);
    frames_.pop_back();
    return add(std::move(done));
  }

  bool add(Json value) {
    if (frames_.empty()) {
      root_ = std::move(value);
      return true;
    }
    Frame& frame = frames_.back();
    if (frame.value.is_array())
      frame.value.as_array().push_back(std::move(value));
    else
      frame.value.as_object().emplace_back(std::move(frame.key), std::move(value));
    return true;
  }

  std::vector<Frame> frames_;
  Json root_;
};

[[noreturn]] void fail(std::string_view text, std::string_view source, size_t offset, std::string_view why) {
  offset = std::min(offset, text.size());
  const std::string_view before = text.substr(0, offset);
  const size_t line = static_cast<size_t>(std::count(before.begin(), before.end(), '\n')) + 1;
  const size_t line_start = before.rfind('\n') + 1;  // npos + 1 == 0
  const size_t line_end = std::min(text.find('\n', line_start), text.size());
  Span span;
  span.file = source;
  span.line = static_cast<int>(line);
  span.column = static_cast<int>(offset - line_start + 1);
  if (line_end - line_start <= 400) span.line_text = valid_utf8(text.substr(line_start, line_end - line_start));
  throw Error(ErrorCode::bad_json,
              fmt::format("malformed JSON at line {}, column {} (byte {}): {}", span.line, span.column, offset, why))
      .with_span(span);
}

}  // namespace

Json Json::parse(std::string_view text, std::string_view source) {
  constexpr unsigned flags =
      rapidjson::kParseIterativeFlag | rapidjson::kParseNumbersAsStringsFlag | rapidjson::kParseValidateEncodingFlag;
  Builder builder;
  rapidjson::MemoryStream stream(text.data(), text.size());
  rapidjson::Reader reader;
  const auto result = reader.Parse<flags>(stream, builder);
  if (result.IsError()) {
    const std::string why = builder.problem.empty() ? rapidjson::GetParseError_En(result.Code()) : builder.problem;
    fail(text, source, result.Offset(), why);
  }
  // A NUL byte looks like the end to the reader.
  if (stream.Tell() != text.size()) fail(text, source, stream.Tell(), "a NUL byte after the value");
  return builder.take();
}

}  // namespace weir
