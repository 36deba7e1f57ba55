// Delta's type system and a table's schema (Delta protocol, "Schema Serialization Format").
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace weir::lake {

enum class TypeKind {
  string,
  long_,
  integer,
  short_,
  byte,
  float_,
  double_,
  decimal,
  boolean,
  binary,
  date,
  timestamp,
  timestamp_ntz,
  struct_,
  array,
  map,
  variant,
  void_
};

struct Field;

struct DataType {
  TypeKind kind = TypeKind::string;
  int precision = 0, scale = 0;  // decimal
  std::vector<Field> fields;     // struct: its fields; array: one, "element"; map: two, "key" and "value"
  bool operator==(const DataType&) const;
  bool is_primitive() const { return kind != TypeKind::struct_ && kind != TypeKind::array && kind != TypeKind::map; }
  static DataType primitive(TypeKind kind);
  static DataType decimal_of(int precision, int scale);
  static DataType array_of(DataType element, bool contains_null = true);
  static DataType map_of(DataType key, DataType value, bool value_contains_null = true);
};

struct Field {
  std::string name;
  DataType type;
  bool nullable = true;
  Json metadata = Json::object();  // kept as read; unknown keys are passed through
  std::string mapped_name = {};    // "" unless the table maps its columns
  bool operator==(const Field&) const = default;

  // What data files, statistics and partition values call it.
  const std::string& physical_name() const { return mapped_name.empty() ? name : mapped_name; }
  std::optional<int64_t> id() const;  // of column mapping; also the field id in Parquet
  Field in_files() const;             // the same by its physical names, at every depth
};

// Here, where Field is known: clang 14 wants that before a vector of it is made.
inline DataType DataType::primitive(TypeKind kind) { return DataType{kind, 0, 0, {}}; }
inline DataType DataType::decimal_of(int precision, int scale) {
  return DataType{TypeKind::decimal, precision, scale, {}};
}

struct Schema {
  std::vector<Field> fields;
  const Field* find(std::string_view name) const;  // case-insensitive, top level
  // A field by its dotted path through structs ("address.city"), case-insensitive; nullptr if there is none.
  const Field* find_leaf(std::string_view dotted) const;
  // Whether a type, or a field, at any depth passes the test (elements, keys and values of lists and maps included).
  bool any_type(const std::function<bool(const DataType&)>& test) const;
  bool any_field(const std::function<bool(const Field&)>& test) const;
  void each_field(const std::function<void(Field&)>& change);
  Schema in_files() const;  // what data files hold
  bool operator==(const Schema&) const = default;

  // The schemaString of metaData. Throws Error{bad_delta_schema} naming the column: unknown type, decimal out of range,
  // two fields of one struct that differ by case only, a member that is missing or of another kind.
  static Schema parse(std::string_view schema_string);
  std::string to_string() const;
};

std::string type_name(const DataType& type);  // "long", "decimal(38,0)", "array<string>": for messages

}  // namespace weir::lake
