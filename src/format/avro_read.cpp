#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "base/gzip.h"
#include "base/text.h"
#include "format/avro.h"

namespace weir::format::avro {

namespace {

constexpr size_t sync_bytes = 16;
constexpr size_t most_properties = 1000;

// A place in bytes that come from elsewhere. `base` is their offset in the file, for messages.
class Input {
 public:
  Input(std::string_view bytes, std::string_view file, size_t base) : bytes_(bytes), file_(file), base_(base) {}

  [[noreturn]] void bad(const std::string& what) const {
    throw Error(ErrorCode::bad_avro, fmt::format("{}: damaged Avro file at byte {}: {}", file_, base_ + at_, what));
  }

  bool at_end() const { return at_ == bytes_.size(); }
  size_t at() const { return at_; }
  size_t left() const { return bytes_.size() - at_; }

  std::string_view take(size_t count) {
    if (count > left()) bad("it ends too early");
    const auto taken = bytes_.substr(at_, count);
    at_ += count;
    return taken;
  }

  int64_t take_long() {
    constexpr int last_shift = 63;
    uint64_t bits = 0;
    for (int shift = 0;; shift += 7) {
      const auto byte = static_cast<uint8_t>(take(1)[0]);
      if (shift == last_shift && byte > 1) bad("a number of more than 64 bits");
      bits |= static_cast<uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) break;
    }
    return static_cast<int64_t>((bits >> 1) ^ (~(bits & 1) + 1));
  }

  size_t take_size(const char* what) {
    const int64_t size = take_long();
    if (size < 0) bad(fmt::format("{} of negative size", what));
    if (static_cast<uint64_t>(size) > left()) bad(fmt::format("{} of {} bytes, more than there are", what, size));
    return static_cast<size_t>(size);
  }

  std::string_view take_text() { return take(take_size("a text")); }

  // How many items the next part of a list or map has; 0 ends it.
  uint64_t take_count() {
    int64_t count = take_long();
    if (count < 0) {
      take_size("a part of a list");
      count = count == INT64_MIN ? 0 : -count;
      if (count == 0) bad("a part of a list with too many items");
    }
    return static_cast<uint64_t>(count);
  }

 private:
  std::string_view bytes_, file_;
  size_t base_, at_ = 0;
};

// Values cost bytes, or nearly so: what a block becomes is in proportion to its size, whatever its schema says.
class Rows {
 public:
  Rows(Input& in, size_t block_size) : in_(in), budget_(2 * block_size + 1024) {}

  Value value(const Type& type) {
    if (budget_-- == 0) in_.bad("more values than its bytes can hold");
    switch (type.kind) {
      case Kind::null:
        return {};
      case Kind::boolean:
        return {boolean()};
      case Kind::int_:
        return {int_value()};
      case Kind::long_:
        return {in_.take_long()};
      case Kind::float_:
        return {static_cast<double>(real<float>())};
      case Kind::double_:
        return {real<double>()};
      case Kind::bytes:
        return {std::string(in_.take_text())};
      case Kind::string:
        return {text()};
      case Kind::fixed:
        return {std::string(in_.take(type.size))};
      case Kind::enum_:
        return {type.symbols[index(type.symbols.size(), "symbol")]};
      case Kind::array:
      case Kind::map:
        return {items(type)};
      case Kind::union_:
        return value(type.parts[index(type.parts.size(), "branch")]);
      case Kind::record:
        return {fields(type)};
    }
    return {};
  }

 private:
  bool boolean() {
    const char byte = in_.take(1)[0];
    if (byte != 0 && byte != 1) in_.bad("a boolean that is neither 0 nor 1");
    return byte == 1;
  }

  int64_t int_value() {
    const int64_t value = in_.take_long();
    if (value < INT32_MIN || value > INT32_MAX) in_.bad("an int of more than 32 bits");
    return value;
  }

  template <typename Real>
  Real real() {
    Real value = 0;
    std::memcpy(&value, in_.take(sizeof(value)).data(), sizeof(value));  // little-endian, as Avro and our machines
    return value;
  }

  std::string text() {
    std::string text(in_.take_text());
    if (!is_valid_utf8(text)) in_.bad("a string that is no UTF-8");
    return text;
  }

  size_t index(size_t count, const char* what) {
    const int64_t index = in_.take_long();
    if (index < 0 || static_cast<uint64_t>(index) >= count) in_.bad(fmt::format("{} {} of {}", what, index, count));
    return static_cast<size_t>(index);
  }

  Value::List items(const Type& type) {
    Value::List list;
    for (uint64_t count = in_.take_count(); count > 0; count = in_.take_count())
      for (; count > 0; --count) {
        if (type.kind == Kind::map) list.push_back(value(Type::of(Kind::string)));
        list.push_back(value(type.parts.front()));
      }
    return list;
  }

  Value::List fields(const Type& type) {
    Value::List list;
    list.reserve(type.fields.size());
    for (const auto& field : type.fields) list.push_back(value(field.type));
    return list;
  }

  Input& in_;
  size_t budget_;
};

std::string inflated(std::string_view bytes, const Limits& limits, const Input& in) {
  constexpr size_t part_of_checksum = 3;  // of zlib's, which writers in Python leave behind
  std::string out;
  switch (inflate_raw(bytes, limits.block_bytes, part_of_checksum, out)) {
    case Unpacked::whole:
      return out;
    case Unpacked::too_long:
      in.bad(fmt::format("a block of more than {} bytes", limits.block_bytes));
    case Unpacked::damaged:
      break;
  }
  in.bad("a block that cannot be unpacked");
}

Header read_header(Input& in, std::string_view file) {
  if (in.left() < file_magic.size() || in.take(file_magic.size()) != file_magic)
    throw Error(ErrorCode::bad_avro, fmt::format("{} is no Avro file", file));
  Header header;
  for (uint64_t count = in.take_count(); count > 0; count = in.take_count())
    for (; count > 0; --count) {
      std::string key(in.take_text());
      header.properties[std::move(key)] = std::string(in.take_text());
      if (header.properties.size() > most_properties) in.bad("too many properties");
    }
  const auto schema = header.properties.find("avro.schema");
  if (schema == header.properties.end()) in.bad("no schema");
  try {
    header.schema = Json::parse(schema->second);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::bad_json) throw;
    in.bad(fmt::format("its schema: {}", error.message()));
  }
  header.type = Type::parse(header.schema, file);
  return header;
}

bool is_deflated(const Header& header, const Input& in) {
  const auto codec = header.properties.find("avro.codec");
  if (codec == header.properties.end() || codec->second == "null") return false;
  if (codec->second != "deflate")
    in.bad(fmt::format("the codec {} is none that weir reads", valid_utf8(codec->second)));
  return true;
}

}  // namespace

Header read(std::string_view bytes, std::string_view file, const std::function<void(const Type&, Value)>& row,
            const Limits& limits) {
  Input in(bytes, file, 0);
  Header header = read_header(in, file);
  const bool deflated = is_deflated(header, in);
  const std::string sync(in.take(sync_bytes));
  while (!in.at_end()) {
    const int64_t count = in.take_long();
    if (count < 0) in.bad("a block with a negative number of rows");
    const size_t size = in.take_size("a block"), at = in.at();
    const std::string_view packed = in.take(size);
    if (!deflated && size > limits.block_bytes)
      in.bad(fmt::format("a block of more than {} bytes", limits.block_bytes));
    const std::string unpacked = deflated ? inflated(packed, limits, in) : std::string();
    const std::string_view block = deflated ? std::string_view(unpacked) : packed;
    Input inside(block, file, at);
    Rows rows(inside, block.size());
    for (int64_t i = 0; i < count; ++i) row(header.type, rows.value(header.type));
    if (!inside.at_end()) inside.bad("a block longer than its rows");
    if (in.take(sync_bytes) != sync) in.bad("a block without the file's sync marker");
  }
  return header;
}

}  // namespace weir::format::avro
