#include "lake/schema.h"

#include <fmt/format.h>

#include <array>
#include <set>

#include "base/error.h"
#include "base/text.h"

namespace weir::lake {

namespace {

struct NamedKind {
  std::string_view name;
  TypeKind kind;
};
constexpr std::array<NamedKind, 15> named_kinds = {{{"string", TypeKind::string},
                                                    {"long", TypeKind::long_},
                                                    {"integer", TypeKind::integer},
                                                    {"short", TypeKind::short_},
                                                    {"byte", TypeKind::byte},
                                                    {"float", TypeKind::float_},
                                                    {"double", TypeKind::double_},
                                                    {"boolean", TypeKind::boolean},
                                                    {"binary", TypeKind::binary},
                                                    {"date", TypeKind::date},
                                                    {"timestamp", TypeKind::timestamp},
                                                    {"timestamp_ntz", TypeKind::timestamp_ntz},
                                                    {"variant", TypeKind::variant},
                                                    {"void", TypeKind::void_},
                                                    {"null", TypeKind::void_}}};
constexpr int max_decimal_precision = 38;

[[noreturn]] void bad_schema(const std::string& column, const std::string& problem) {
  std::string where = column.empty() ? std::string("the table's schema") : fmt::format("column {}", column);
  throw Error(ErrorCode::bad_delta_schema, fmt::format("{}: {}", where, problem));
}

std::string below(const std::string& column, const std::string& name) {
  return column.empty() ? name : column + "." + name;
}

const Json& member(const Json& object, std::string_view key, const std::string& column) {
  const Json* found = object.find(key);
  if (!found) bad_schema(column, fmt::format("\"{}\" is missing", key));
  return *found;
}

std::string text_member(const Json& object, std::string_view key, const std::string& column) {
  const Json& value = member(object, key, column);
  if (!value.is_string()) bad_schema(column, fmt::format("\"{}\" must be a string, not {}", key, value.kind()));
  return value.as_string();
}

bool flag_member(const Json& object, std::string_view key, const std::string& column) {
  const Json& value = member(object, key, column);
  if (!value.is_bool()) bad_schema(column, fmt::format("\"{}\" must be true or false, not {}", key, value.kind()));
  return value.as_bool();
}

// "decimal", "decimal(10,2)", "decimal(10, 2)"; nullopt if it is no decimal at all.
std::optional<DataType> decimal_type(std::string_view name, const std::string& column) {
  if (name == "decimal") return DataType::decimal_of(10, 0);
  if (!name.starts_with("decimal(") || !name.ends_with(')')) return std::nullopt;
  auto parts = split(name.substr(8, name.size() - 9), ',');
  auto precision = parse_int(trim(parts[0]));
  auto scale = parts.size() == 2 ? parse_int(trim(parts[1])) : std::optional<int64_t>(0);
  bool ok = parts.size() <= 2 && precision && scale && *precision >= 1 && *precision <= max_decimal_precision &&
            *scale >= 0 && *scale <= *precision;
  if (!ok) bad_schema(column, fmt::format("the type {} is out of range", name));
  return DataType::decimal_of(static_cast<int>(*precision), static_cast<int>(*scale));
}

DataType primitive_type(const std::string& name, const std::string& column) {
  for (const auto& row : named_kinds)
    if (row.name == name) return DataType::primitive(row.kind);
  if (auto decimal = decimal_type(name, column)) return *decimal;
  bad_schema(column, fmt::format("the type \"{}\" is not known", valid_utf8(name)));
}

std::vector<Field> parse_fields(const Json& type, const std::string& column);

DataType parse_type(const Json& type, const std::string& column) {
  if (type.is_string()) return primitive_type(type.as_string(), column);
  if (!type.is_object()) bad_schema(column, fmt::format("a type must be a name or an object, not {}", type.kind()));
  std::string name = text_member(type, "type", column);
  if (name == "struct") return DataType{TypeKind::struct_, 0, 0, parse_fields(type, column)};
  if (name == "array")
    return DataType::array_of(parse_type(member(type, "elementType", column), below(column, "element")),
                              flag_member(type, "containsNull", column));
  if (name == "map")
    return DataType::map_of(parse_type(member(type, "keyType", column), below(column, "key")),
                            parse_type(member(type, "valueType", column), below(column, "value")),
                            flag_member(type, "valueContainsNull", column));
  bad_schema(column, fmt::format("the type \"{}\" is not known", valid_utf8(name)));
}

Field parse_field(const Json& json, const std::string& parent) {
  if (!json.is_object()) bad_schema(parent, fmt::format("a field must be an object, not {}", json.kind()));
  Field field;
  field.name = text_member(json, "name", parent);
  std::string column = below(parent, field.name);
  field.type = parse_type(member(json, "type", column), column);
  field.nullable = flag_member(json, "nullable", column);
  if (const Json* metadata = json.find("metadata"); metadata && !metadata->is_null()) {
    if (!metadata->is_object())
      bad_schema(column, fmt::format("\"metadata\" must be an object, not {}", metadata->kind()));
    field.metadata = *metadata;
  }
  return field;
}

std::vector<Field> parse_fields(const Json& type, const std::string& column) {
  const Json& list = member(type, "fields", column);
  if (!list.is_array()) bad_schema(column, fmt::format("\"fields\" must be an array, not {}", list.kind()));
  std::vector<Field> fields;
  std::set<std::string> names;
  for (const auto& json : list.as_array()) {
    fields.push_back(parse_field(json, column));
    if (!names.insert(lower(fields.back().name)).second)
      bad_schema(below(column, fields.back().name), "the name occurs twice (names differ by more than case)");
  }
  return fields;
}

std::string primitive_name(const DataType& type) {
  if (type.kind == TypeKind::decimal) return fmt::format("decimal({},{})", type.precision, type.scale);
  for (const auto& row : named_kinds)
    if (row.kind == type.kind) return std::string(row.name);
  return {};
}

Json fields_json(const std::vector<Field>& fields);

Json type_json(const DataType& type) {
  Json json = Json::object();
  switch (type.kind) {
    case TypeKind::struct_:
      return fields_json(type.fields);
    case TypeKind::array:
      json.set("type", "array").set("elementType", type_json(type.fields.at(0).type));
      return json.set("containsNull", type.fields.at(0).nullable);
    case TypeKind::map:
      json.set("type", "map").set("keyType", type_json(type.fields.at(0).type));
      json.set("valueType", type_json(type.fields.at(1).type));
      return json.set("valueContainsNull", type.fields.at(1).nullable);
    default:
      return Json(primitive_name(type));
  }
}

Json fields_json(const std::vector<Field>& fields) {
  Json list = Json::array();
  for (const auto& field : fields) {
    Json json = Json::object();
    json.set("name", field.name).set("type", type_json(field.type)).set("nullable", field.nullable);
    list.push_back(json.set("metadata", field.metadata));
  }
  Json json = Json::object();
  return json.set("type", "struct").set("fields", std::move(list));
}

}  // namespace

bool DataType::operator==(const DataType& other) const {
  return kind == other.kind && precision == other.precision && scale == other.scale && fields == other.fields;
}

DataType DataType::array_of(DataType element, bool contains_null) {
  DataType type{TypeKind::array, 0, 0, {}};
  type.fields.push_back(Field{"element", std::move(element), contains_null, Json::object()});
  return type;
}

DataType DataType::map_of(DataType key, DataType value, bool value_contains_null) {
  DataType type{TypeKind::map, 0, 0, {}};
  type.fields.push_back(Field{"key", std::move(key), false, Json::object()});
  type.fields.push_back(Field{"value", std::move(value), value_contains_null, Json::object()});
  return type;
}

const Field* Schema::find(std::string_view name) const {
  for (const auto& field : fields)
    if (iequals(field.name, name)) return &field;
  return nullptr;
}

const Field* Schema::find_leaf(std::string_view dotted) const {
  const std::vector<Field>* level = &fields;
  while (true) {
    // The longest name that fits first: names may hold dots themselves.
    const Field* best = nullptr;
    for (const auto& field : *level) {
      if (iequals(field.name, dotted)) return &field;
      bool prefix = dotted.size() > field.name.size() && dotted[field.name.size()] == '.' &&
                    iequals(field.name, dotted.substr(0, field.name.size())) && field.type.kind == TypeKind::struct_;
      if (prefix && (!best || best->name.size() < field.name.size())) best = &field;
    }
    if (!best) return nullptr;
    dotted.remove_prefix(best->name.size() + 1);
    level = &best->type.fields;
  }
}

Schema Schema::parse(std::string_view schema_string) {
  Json json;
  try {
    json = Json::parse(schema_string);
  } catch (const Error& error) {
    throw Error(ErrorCode::bad_delta_schema, fmt::format("the table's schema is no JSON: {}", error.message()));
  }
  if (!json.is_object() || text_member(json, "type", {}) != "struct") bad_schema({}, "it must be a struct");
  return Schema{parse_fields(json, {})};
}

std::string Schema::to_string() const { return fields_json(fields).dump(); }

std::string type_name(const DataType& type) {
  switch (type.kind) {
    case TypeKind::array:
      return fmt::format("array<{}>", type_name(type.fields.at(0).type));
    case TypeKind::map:
      return fmt::format("map<{},{}>", type_name(type.fields.at(0).type), type_name(type.fields.at(1).type));
    case TypeKind::struct_: {
      std::vector<std::string> parts;
      for (const auto& field : type.fields) parts.push_back(field.name + ":" + type_name(field.type));
      return fmt::format("struct<{}>", join(parts, ","));
    }
    default:
      return primitive_name(type);
  }
}

namespace {

bool any_type(const DataType& type, const std::function<bool(const DataType&)>& test) {
  if (test(type)) return true;
  for (const auto& field : type.fields)
    if (any_type(field.type, test)) return true;
  return false;
}

void change_fields(std::vector<Field>& fields, const std::function<void(Field&)>& change) {
  for (auto& field : fields) {
    change(field);
    change_fields(field.type.fields, change);
  }
}

bool any_of_fields(const std::vector<Field>& fields, const std::function<bool(const Field&)>& test) {
  for (const auto& field : fields)
    if (test(field) || any_of_fields(field.type.fields, test)) return true;
  return false;
}

}  // namespace

bool Schema::any_type(const std::function<bool(const DataType&)>& test) const {
  for (const auto& field : fields)
    if (lake::any_type(field.type, test)) return true;
  return false;
}

void Schema::each_field(const std::function<void(Field&)>& change) { change_fields(fields, change); }

std::optional<int64_t> Field::id() const { return metadata.get_int("delta.columnMapping.id"); }

Field Field::in_files() const {
  Field field = *this;
  field.name = physical_name();
  field.mapped_name.clear();
  for (auto& child : field.type.fields) child = child.in_files();
  return field;
}

Schema Schema::in_files() const {
  Schema schema;
  for (const auto& field : fields) schema.fields.push_back(field.in_files());
  return schema;
}

bool Schema::any_field(const std::function<bool(const Field&)>& test) const { return any_of_fields(fields, test); }

}  // namespace weir::lake
