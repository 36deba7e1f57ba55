// Avro object container files (Avro 1.12 specification, "Object Container Files"): whole files in memory, written and
// read. Codecs null and deflate. Schemas keep attributes that Avro itself does not know, such as Iceberg's field-id.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/json.h"

namespace weir::format::avro {

enum class Kind {
  null,
  boolean,
  int_,
  long_,
  float_,
  double_,
  bytes,
  string,
  fixed,
  enum_,
  array,
  map,
  union_,
  record
};

struct Field;

struct Type {
  Kind kind = Kind::null;
  std::string name;                  // of records, enums and fixed types
  size_t size = 0;                   // bytes of a fixed type
  std::vector<std::string> symbols;  // of an enum
  std::vector<Type> parts;           // array and map: what they hold; union: its branches
  std::vector<Field> fields;         // of a record

  static Type of(Kind kind);

  // Throws Error{bad_avro} that names `file`: unknown or recursive types, names that come twice, more than 64 levels or
  // 10,000 parts.
  static Type parse(const Json& schema, std::string_view file);
  // The place of a record's field; by its id where the file has ids, else by its name.
  std::optional<size_t> find(int64_t id, std::string_view name) const;
};

struct Field {
  std::string name;
  std::optional<int64_t> id;  // the attribute field-id
  Type type;
};

// Here, where Field is known: clang 14 wants that before a vector of it is made.
inline Type Type::of(Kind kind) {
  Type type;
  type.kind = kind;
  return type;
}

// null; boolean; int, long; float, double; string, bytes, fixed, an enum's symbol; records (fields in order), arrays,
// and maps (key, value, key, value, …). A union's value is that of its branch.
struct Value {
  using List = std::vector<Value>;
  std::variant<std::monostate, bool, int64_t, double, std::string, List> data;
  bool operator==(const Value&) const = default;

  bool is_null() const { return data.index() == 0; }
  // nullptr if it is of another kind.
  const bool* boolean() const { return std::get_if<bool>(&data); }
  const int64_t* whole() const { return std::get_if<int64_t>(&data); }
  const double* real() const { return std::get_if<double>(&data); }
  const std::string* text() const { return std::get_if<std::string>(&data); }
  const List* list() const { return std::get_if<List>(&data); }
};

inline constexpr std::string_view file_magic("Obj\x01", 4);  // a file begins so

enum class Codec { null, deflate };

using Properties = std::map<std::string, std::string>;

// The bytes of a file; the same for the same arguments. `rows` must fit the schema, whose unions may only be "null or
// …": what does not fit is a bug of the caller. `more` goes into the file's header beside schema and codec.
std::string write(const Json& schema, const Properties& more, const std::vector<Value>& rows,
                  Codec codec = Codec::deflate);

struct Header {
  Json schema;
  Type type;
  Properties properties;  // avro.schema and avro.codec among them
};

// What a reader takes of a file from elsewhere.
struct Limits {
  size_t block_bytes = size_t{64} << 20;  // of a block, once unpacked
};

// Calls `row` for each row in order. Nothing is read beyond `bytes`, and memory stays in proportion to the largest
// block. Throws Error{bad_avro} naming `file` and the offset: no Avro file, cut off, damaged, an unknown codec, larger
// than the limits.
Header read(std::string_view bytes, std::string_view file, const std::function<void(const Type&, Value)>& row,
            const Limits& limits = {});

}  // namespace weir::format::avro
