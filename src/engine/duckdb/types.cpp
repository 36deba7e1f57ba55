#include "engine/duckdb/types.h"

#include <cmath>
#include <duckdb/common/type_visitor.hpp>
#include <duckdb/common/types/timestamp.hpp>

#include "base/error.h"
#include "lake/iceberg/schema_read.h"

namespace weir::engine::duck {

using namespace duckdb;
using lake::DataType;
using lake::TypeKind;

LogicalType to_duckdb(const DataType& type) {
  switch (type.kind) {
    case TypeKind::string:
      return LogicalType::VARCHAR;
    case TypeKind::long_:
      return LogicalType::BIGINT;
    case TypeKind::integer:
      return LogicalType::INTEGER;
    case TypeKind::short_:
      return LogicalType::SMALLINT;
    case TypeKind::byte:
      return LogicalType::TINYINT;
    case TypeKind::float_:
      return LogicalType::FLOAT;
    case TypeKind::double_:
      return LogicalType::DOUBLE;
    case TypeKind::decimal:
      return LogicalType::DECIMAL(static_cast<uint8_t>(type.precision), static_cast<uint8_t>(type.scale));
    case TypeKind::boolean:
      return LogicalType::BOOLEAN;
    case TypeKind::binary:
      return LogicalType::BLOB;
    case TypeKind::date:
      return LogicalType::DATE;
    case TypeKind::timestamp:
      return LogicalType::TIMESTAMP_TZ;
    case TypeKind::timestamp_ntz:
      return LogicalType::TIMESTAMP;
    case TypeKind::struct_: {
      child_list_t<LogicalType> children;
      for (auto& field : type.fields) children.emplace_back(field.name, to_duckdb(field));
      return LogicalType::STRUCT(std::move(children));
    }
    case TypeKind::array:
      return LogicalType::LIST(to_duckdb(type.fields.at(0)));
    case TypeKind::map:
      return LogicalType::MAP(to_duckdb(type.fields.at(0)), to_duckdb(type.fields.at(1)));
    case TypeKind::variant:
      return LogicalType::VARIANT();
    case TypeKind::void_:
      return LogicalType::INTEGER;
  }
  throw Error(ErrorCode::reader_feature, "columns of type " + lake::type_name(type) + " cannot be read");
}

LogicalType to_duckdb(const lake::Field& field) {
  if (auto* told = field.metadata.find(lake::iceberg::type_key))
    return *told == Json("uuid") ? LogicalType::UUID : LogicalType::TIME;
  return to_duckdb(field.type);
}

namespace {

[[noreturn]] void refuse(const LogicalType& type, const std::string& column, const std::string& hint) {
  throw Error(ErrorCode::sql_type_not_in_delta,
              "column \"" + column + "\" has type " + type.ToString() + ", which Delta tables cannot hold", hint);
}

DataType struct_to_delta(const LogicalType& type, const std::string& column) {
  DataType result = DataType::primitive(TypeKind::struct_);
  for (auto& child : StructType::GetChildTypes(type)) {
    lake::Field field;
    field.name = child.first;
    field.type = to_delta(child.second, column + "." + child.first);
    result.fields.push_back(std::move(field));
  }
  return result;
}

}  // namespace

DataType to_delta(const LogicalType& type, const std::string& column) {
  switch (type.id()) {
    case LogicalTypeId::BOOLEAN:
      return DataType::primitive(TypeKind::boolean);
    case LogicalTypeId::TINYINT:
      return DataType::primitive(TypeKind::byte);
    case LogicalTypeId::SMALLINT:
    case LogicalTypeId::UTINYINT:
      return DataType::primitive(TypeKind::short_);
    case LogicalTypeId::INTEGER:
    case LogicalTypeId::USMALLINT:
      return DataType::primitive(TypeKind::integer);
    case LogicalTypeId::BIGINT:
    case LogicalTypeId::UINTEGER:
      return DataType::primitive(TypeKind::long_);
    case LogicalTypeId::UBIGINT:
      return DataType::decimal_of(20, 0);
    case LogicalTypeId::HUGEINT:
    case LogicalTypeId::UHUGEINT:
      return DataType::decimal_of(38, 0);
    case LogicalTypeId::FLOAT:
      return DataType::primitive(TypeKind::float_);
    case LogicalTypeId::DOUBLE:
      return DataType::primitive(TypeKind::double_);
    case LogicalTypeId::DECIMAL:
      return DataType::decimal_of(DecimalType::GetWidth(type), DecimalType::GetScale(type));
    case LogicalTypeId::VARCHAR:
    case LogicalTypeId::UUID:
    case LogicalTypeId::TIME:
    case LogicalTypeId::TIME_NS:
    case LogicalTypeId::ENUM:
      return DataType::primitive(TypeKind::string);
    case LogicalTypeId::BLOB:
      return DataType::primitive(TypeKind::binary);
    case LogicalTypeId::DATE:
      return DataType::primitive(TypeKind::date);
    case LogicalTypeId::TIMESTAMP:
    case LogicalTypeId::TIMESTAMP_SEC:
    case LogicalTypeId::TIMESTAMP_MS:
    case LogicalTypeId::TIMESTAMP_NS:
      return DataType::primitive(TypeKind::timestamp_ntz);
    case LogicalTypeId::TIMESTAMP_TZ:
      return DataType::primitive(TypeKind::timestamp);
    case LogicalTypeId::LIST:
      return DataType::array_of(to_delta(ListType::GetChildType(type), column + ".element"));
    case LogicalTypeId::ARRAY:
      return DataType::array_of(to_delta(ArrayType::GetChildType(type), column + ".element"));
    case LogicalTypeId::MAP:
      return DataType::map_of(to_delta(MapType::KeyType(type), column + ".key"),
                              to_delta(MapType::ValueType(type), column + ".value"));
    case LogicalTypeId::STRUCT:
      return struct_to_delta(type, column);
    case LogicalTypeId::VARIANT:
      return DataType::primitive(TypeKind::variant);
    case LogicalTypeId::INTERVAL:
      refuse(type, column, "Cast it: epoch(x) gives seconds as DOUBLE, x::VARCHAR gives text.");
    case LogicalTypeId::BIT:
      refuse(type, column, "Cast it: x::VARCHAR gives the digits, x::BLOB the bytes.");
    case LogicalTypeId::TIME_TZ:
      refuse(type, column, "Cast it: x::VARCHAR gives text, x::TIME drops the offset.");
    case LogicalTypeId::UNION:
      refuse(type, column, "Make a STRUCT of its members, or cast it to text: x::VARCHAR.");
    case LogicalTypeId::SQLNULL:
      refuse(type, column, "Give the NULL a type: CAST(NULL AS INTEGER).");
    default:
      refuse(type, column, "Cast it to a type listed in docs/types.md, e.g. x::VARCHAR.");
  }
}

LogicalType stored_as(const LogicalType& type, const std::string& column) { return to_duckdb(to_delta(type, column)); }

bool contains_type(const LogicalType& type, LogicalTypeId id) { return TypeVisitor::Contains(type, id); }

Value partition_value(const std::optional<std::string>& text, const LogicalType& type, const std::string& column) {
  if (!text || text->empty()) return Value(type);
  if (type.id() == LogicalTypeId::BLOB) return Value::BLOB_RAW(*text);
  Value value;
  string problem;
  if (!Value(*text).DefaultTryCastAs(type, value, &problem, true))
    throw Error(ErrorCode::bad_log,
                "partition value \"" + *text + "\" of column \"" + column + "\" is no " + type.ToString());
  return value;
}

std::optional<std::string> partition_text(const Value& value) {
  if (value.IsNull()) return std::nullopt;
  switch (value.type().id()) {
    case LogicalTypeId::TIMESTAMP_TZ: {  // with its zone, so that no reader's session zone shifts it
      auto text = Timestamp::ToString(value.GetValueUnsafe<timestamp_t>());
      text[text.find(' ')] = 'T';
      return text + "Z";
    }
    case LogicalTypeId::FLOAT:
    case LogicalTypeId::DOUBLE: {
      auto number = value.GetValue<double>();
      if (std::isnan(number)) return "NaN";
      if (std::isinf(number)) return number > 0 ? "Infinity" : "-Infinity";
      return value.ToString();
    }
    default:
      return value.ToString();
  }
}

std::optional<std::string> stats_text(const Value& value, const LogicalType& type) {
  if (value.IsNull()) return std::nullopt;
  auto text = value.ToString();
  switch (type.id()) {
    case LogicalTypeId::DATE:
    case LogicalTypeId::TIMESTAMP:
    case LogicalTypeId::TIMESTAMP_TZ:
      if (text.size() < 10 || text[4] != '-' || text.find('(') != std::string::npos) return std::nullopt;
      if (auto plus = text.find('+'); plus != std::string::npos) text.resize(plus);
      return text;
    default:
      return text;
  }
}

std::optional<Value> bound_value(const lake::Scalar& scalar, const LogicalType& type) {
  const auto* whole = std::get_if<int64_t>(&scalar);
  const auto* text = std::get_if<std::string>(&scalar);
  switch (type.id()) {
    case LogicalTypeId::DATE:
      if (whole) return Value::DATE(date_t(static_cast<int32_t>(*whole)));
      return std::nullopt;
    case LogicalTypeId::TIMESTAMP:
      if (whole) return Value::TIMESTAMP(timestamp_t(*whole));
      return std::nullopt;
    case LogicalTypeId::TIMESTAMP_TZ:
      if (whole) return Value::TIMESTAMPTZ(timestamp_tz_t(*whole));
      return std::nullopt;
    case LogicalTypeId::VARCHAR:
      if (text) return Value(*text);
      return std::nullopt;
    case LogicalTypeId::BOOLEAN:
      if (auto* flag = std::get_if<bool>(&scalar)) return Value::BOOLEAN(*flag);
      return std::nullopt;
    case LogicalTypeId::TINYINT:
    case LogicalTypeId::SMALLINT:
    case LogicalTypeId::INTEGER:
    case LogicalTypeId::BIGINT: {
      if (!whole) return std::nullopt;
      Value value = Value::BIGINT(*whole);
      if (!value.DefaultTryCastAs(type)) return std::nullopt;
      return value;
    }
    case LogicalTypeId::FLOAT:
    case LogicalTypeId::DOUBLE: {
      auto* number = std::get_if<double>(&scalar);
      if (!number && !whole) return std::nullopt;
      double value = number ? *number : static_cast<double>(*whole);
      return type.id() == LogicalTypeId::FLOAT ? Value::FLOAT(static_cast<float>(value)) : Value::DOUBLE(value);
    }
    case LogicalTypeId::DECIMAL: {
      Value value = text ? Value(*text) : whole ? Value::BIGINT(*whole) : Value();
      if (value.IsNull() || !value.DefaultTryCastAs(type)) return std::nullopt;
      return value;
    }
    default:
      return std::nullopt;
  }
}

std::optional<lake::Scalar> to_scalar(const Value& value) {
  if (value.IsNull()) return std::nullopt;
  switch (value.type().id()) {
    case LogicalTypeId::BOOLEAN:
      return lake::Scalar(value.GetValue<bool>());
    case LogicalTypeId::TINYINT:
    case LogicalTypeId::SMALLINT:
    case LogicalTypeId::INTEGER:
    case LogicalTypeId::BIGINT:
      return lake::Scalar(value.GetValue<int64_t>());
    case LogicalTypeId::DATE:
      return lake::Scalar(static_cast<int64_t>(value.GetValueUnsafe<date_t>().days));
    case LogicalTypeId::TIMESTAMP:
    case LogicalTypeId::TIMESTAMP_TZ:
      return lake::Scalar(value.GetValueUnsafe<int64_t>());
    case LogicalTypeId::FLOAT:
    case LogicalTypeId::DOUBLE:
      return lake::Scalar(value.GetValue<double>());
    case LogicalTypeId::VARCHAR:
    case LogicalTypeId::DECIMAL:
      return lake::Scalar(value.ToString());
    default:
      return std::nullopt;
  }
}

}  // namespace weir::engine::duck
