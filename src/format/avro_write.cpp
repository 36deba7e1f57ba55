#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "base/hash.h"
#include "format/avro.h"

namespace weir::format::avro {

namespace {

constexpr size_t block_bytes = size_t{64} << 10;

void put_long(std::string& out, int64_t value) {
  uint64_t bits = (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63);
  for (; bits >= 0x80; bits >>= 7) out += static_cast<char>(0x80 | (bits & 0x7F));
  out += static_cast<char>(bits);
}

void put_text(std::string& out, std::string_view text) {
  put_long(out, static_cast<int64_t>(text.size()));
  out += text;
}

template <typename Bits>
void put_bits(std::string& out, Bits bits) {
  for (size_t i = 0; i < sizeof(bits); ++i) out += static_cast<char>((bits >> (8 * i)) & 0xFF);
}

void put(std::string& out, const Type& type, const Value& value);

void put_union(std::string& out, const Type& type, const Value& value) {
  for (size_t i = 0; i < type.parts.size(); ++i) {
    if ((type.parts[i].kind == Kind::null) != value.is_null()) continue;
    put_long(out, static_cast<int64_t>(i));
    return put(out, type.parts[i], value);
  }
  require(false, "a value of a union fits one of its branches");
}

void put_items(std::string& out, const Type& type, const Value::List& items) {
  const size_t each = type.kind == Kind::map ? 2 : 1;
  if (!items.empty()) put_long(out, static_cast<int64_t>(items.size() / each));
  for (size_t i = 0; i < items.size(); i += each) {
    if (type.kind == Kind::map) put(out, Type::of(Kind::string), items[i]);
    put(out, type.parts.front(), items[i + each - 1]);
  }
  put_long(out, 0);
}

template <typename T>
const T& as(const Value& value) {
  const T* found = std::get_if<T>(&value.data);
  require(found != nullptr, "a value of a row has the type of its column");
  return *found;
}

void put_record(std::string& out, const Type& type, const Value::List& fields) {
  require(fields.size() == type.fields.size(), "a record has a value for each field");
  for (size_t i = 0; i < fields.size(); ++i) put(out, type.fields[i].type, fields[i]);
}

void put_real(std::string& out, Kind kind, double value) {
  if (kind == Kind::float_) {
    const auto narrow = static_cast<float>(value);
    uint32_t bits = 0;
    std::memcpy(&bits, &narrow, sizeof(bits));
    return put_bits(out, bits);
  }
  uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof(bits));
  put_bits(out, bits);
}

void put(std::string& out, const Type& type, const Value& value) {
  switch (type.kind) {
    case Kind::null:
      return;
    case Kind::boolean:
      out += as<bool>(value) ? '\x01' : '\0';
      return;
    case Kind::int_:
    case Kind::long_:
      return put_long(out, as<int64_t>(value));
    case Kind::float_:
    case Kind::double_:
      return put_real(out, type.kind, as<double>(value));
    case Kind::bytes:
    case Kind::string:
      return put_text(out, as<std::string>(value));
    case Kind::fixed:
      require(as<std::string>(value).size() == type.size, "a value of a fixed type has its size");
      out += as<std::string>(value);
      return;
    case Kind::enum_: {
      const auto symbol = std::find(type.symbols.begin(), type.symbols.end(), as<std::string>(value));
      require(symbol != type.symbols.end(), "a value of an enum is one of its symbols");
      return put_long(out, symbol - type.symbols.begin());
    }
    case Kind::array:
    case Kind::map:
      return put_items(out, type, as<Value::List>(value));
    case Kind::union_:
      return put_union(out, type, value);
    case Kind::record:
      return put_record(out, type, as<Value::List>(value));
  }
}

// Raw deflate, as Avro has it: neither zlib's header nor its checksum.
std::string deflated(const std::string& bytes) {
  z_stream stream{};
  require(deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK,
          "zlib is ready");
  std::string out(deflateBound(&stream, static_cast<uLong>(bytes.size())), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int result = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  require(result == Z_STREAM_END, "a block is deflated whole");
  return out;
}

void put_block(std::string& out, int64_t count, std::string& block, Codec codec, std::string_view sync) {
  if (count == 0) return;
  put_long(out, count);
  put_text(out, codec == Codec::deflate ? deflated(block) : block);
  out += sync;
  block.clear();
}

}  // namespace

std::string write(const Json& schema, const Properties& more, const std::vector<Value>& rows, Codec codec) {
  const Type type = Type::parse(schema, "a new file");
  Properties properties = more;
  properties["avro.schema"] = schema.dump();
  properties["avro.codec"] = codec == Codec::deflate ? "deflate" : "null";
  std::string out(file_magic);
  put_long(out, static_cast<int64_t>(properties.size()));
  for (const auto& [key, value] : properties) {
    put_text(out, key);
    put_text(out, value);
  }
  put_long(out, 0);
  const std::string sync = md5_bytes(out);
  out += sync;
  std::string block;
  int64_t count = 0;
  for (const auto& row : rows) {
    put(block, type, row);
    ++count;
    if (block.size() < block_bytes) continue;
    put_block(out, std::exchange(count, 0), block, codec, sync);
  }
  put_block(out, count, block, codec, sync);
  return out;
}

}  // namespace weir::format::avro
