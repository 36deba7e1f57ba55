#include "lake/hudi/avro_schema.h"

#include <array>

namespace weir::lake::hudi {

namespace {

Json logical(const char* type, const char* meaning) {
  return Json::object().set("type", type).set("logicalType", meaning);
}

// The fewest bytes whose two's complement holds so many decimal digits.
int64_t bytes_for(int precision) {
  constexpr double bits_per_digit = 3.3219280948873626;
  return static_cast<int64_t>((precision * bits_per_digit + 1 + 7.999999) / 8);
}

// Names of records and of fixed types are unique: the way from the table's record to them.
Json avro_type(const DataType& type, const std::string& way);

Json avro_field(const Field& field, const std::string& way) {
  Json type = avro_type(field.type, way + "_" + field.name);
  Json result = Json::object().set("name", field.name);
  if (!field.nullable) return std::move(result.set("type", std::move(type)));
  Json either = Json::array();
  either.push_back("null");
  either.push_back(std::move(type));
  return std::move(result.set("type", std::move(either)).set("default", Json()));
}

Json avro_record(const std::vector<Field>& fields, const std::string& name) {
  Json list = Json::array();
  for (const auto& field : fields) list.push_back(avro_field(field, name));
  return std::move(Json::object().set("type", "record").set("name", name).set("fields", std::move(list)));
}

Json avro_element(const Field& element, const std::string& way) {
  Json type = avro_type(element.type, way);
  if (!element.nullable) return type;
  Json either = Json::array();
  either.push_back("null");
  either.push_back(std::move(type));
  return either;
}

Json avro_type(const DataType& type, const std::string& way) {
  switch (type.kind) {
    case TypeKind::boolean:
      return Json("boolean");
    case TypeKind::byte:
    case TypeKind::short_:
    case TypeKind::integer:
      return Json("int");
    case TypeKind::long_:
      return Json("long");
    case TypeKind::float_:
      return Json("float");
    case TypeKind::double_:
      return Json("double");
    case TypeKind::binary:
      return Json("bytes");
    case TypeKind::date:
      return logical("int", "date");
    case TypeKind::timestamp:
      return logical("long", "timestamp-micros");
    case TypeKind::timestamp_ntz:
      return logical("long", "local-timestamp-micros");
    case TypeKind::decimal: {
      Json fixed = logical("fixed", "decimal");
      fixed.set("name", way + "_fixed").set("size", bytes_for(type.precision));
      return std::move(fixed.set("precision", int64_t{type.precision}).set("scale", int64_t{type.scale}));
    }
    case TypeKind::struct_:
      return avro_record(type.fields, way);
    case TypeKind::array:
      return std::move(
          Json::object().set("type", "array").set("items", avro_element(type.fields.at(0), way + "_element")));
    case TypeKind::map:
      return std::move(
          Json::object().set("type", "map").set("values", avro_element(type.fields.at(1), way + "_value")));
    default:
      return Json("string");
  }
}

}  // namespace

Json avro_schema(const Schema& schema, const std::string& name) { return avro_record(schema.fields, name); }

}  // namespace weir::lake::hudi
