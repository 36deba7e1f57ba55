#include "lake/parsed_columns.h"

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "base/text.h"
#include "lake/predicate.h"

namespace weir::lake {

namespace {

using format::ArrowBuilder;
using format::ArrowType;

bool fits(int64_t value, const DataType& type) {
  switch (type.kind) {
    case TypeKind::byte:
      return value >= std::numeric_limits<int8_t>::min() && value <= std::numeric_limits<int8_t>::max();
    case TypeKind::short_:
      return value >= std::numeric_limits<int16_t>::min() && value <= std::numeric_limits<int16_t>::max();
    case TypeKind::integer:
    case TypeKind::date:
      return value >= std::numeric_limits<int32_t>::min() && value <= std::numeric_limits<int32_t>::max();
    default:
      return true;
  }
}

// A value that does not fit its column becomes null: statistics may be missing, never wrong.
void append_scalar(ArrowBuilder& builder, const DataType& type, const Scalar& scalar) {
  if (const auto* flag = std::get_if<bool>(&scalar)) return builder.append_bool(*flag);
  if (const auto* real = std::get_if<double>(&scalar)) return builder.append_real(*real);
  if (const auto* text = std::get_if<std::string>(&scalar)) {
    if (type.kind != TypeKind::decimal) return builder.append_text(*text);
    if (builder.append_decimal(*text)) return;
  }
  if (const auto* integer = std::get_if<int64_t>(&scalar); integer && fits(*integer, type))
    return builder.append_int(*integer);
  builder.append_null();
}

// The fields (in structs) whose dotted path is in `paths`; structs that are left empty go.
std::vector<Field> cut_down(const std::vector<Field>& fields, const std::string& parent,
                            const std::vector<std::string>& paths, bool bounds) {
  std::vector<Field> kept;
  for (const auto& field : fields) {
    std::string path = parent.empty() ? field.name : parent + "." + field.name;
    if (field.type.kind == TypeKind::struct_) {
      Field nested = field;
      nested.type.fields = cut_down(field.type.fields, path, paths, bounds);
      if (!nested.type.fields.empty()) kept.push_back(std::move(nested));
      continue;
    }
    bool listed = std::find(paths.begin(), paths.end(), path) != paths.end();
    bool has_bounds = field.type.kind != TypeKind::boolean && field.type.kind != TypeKind::binary &&
                      parsed_type(field.name, field.type).has_value();
    if (!listed || (bounds && !has_bounds)) continue;
    kept.push_back(field);
    if (!bounds) kept.back().type = DataType::primitive(TypeKind::long_);
  }
  return kept;
}

ArrowType struct_type(const std::string& name, const std::vector<Field>& fields) {
  std::vector<ArrowType> types;
  for (const auto& field : fields)
    types.push_back(field.type.kind == TypeKind::struct_ ? struct_type(field.name, field.type.fields)
                                                         : *parsed_type(field.name, field.type));
  return format::arrow_struct(name, std::move(types));
}

Scalar scalar_of(const DataType& type, const Json& json) {
  if (json.is_string()) return scalar_from_text(type, json.as_string());
  if (json.is_number()) return scalar_from_text(type, json.dump());
  return {};
}

void append_struct(ArrowBuilder& builder, const std::vector<Field>& fields, const Json* json) {
  if (!json || !json->is_object()) return builder.append_null();
  for (size_t i = 0; i < fields.size(); ++i) {
    const Json* value = json->find(fields[i].name);
    if (fields[i].type.kind == TypeKind::struct_)
      append_struct(builder.field(i), fields[i].type.fields, value);
    else if (value)
      append_scalar(builder.field(i), fields[i].type, scalar_of(fields[i].type, *value));
    else
      builder.field(i).append_null();
  }
  builder.end_row();
}

}  // namespace

std::optional<ArrowType> parsed_type(const std::string& name, const DataType& type) {
  switch (type.kind) {
    case TypeKind::string:
      return format::arrow_text(name);
    case TypeKind::binary:
      return format::arrow_binary(name);
    case TypeKind::boolean:
      return format::arrow_boolean(name);
    case TypeKind::long_:
      return format::arrow_int64(name);
    case TypeKind::integer:
      return format::arrow_int32(name);
    case TypeKind::short_:
      return format::arrow_int16(name);
    case TypeKind::byte:
      return format::arrow_int8(name);
    case TypeKind::float_:
      return format::arrow_float32(name);
    case TypeKind::double_:
      return format::arrow_float64(name);
    case TypeKind::decimal:
      return format::arrow_decimal(name, type.precision, type.scale);
    case TypeKind::date:
      return format::arrow_date(name);
    case TypeKind::timestamp:
      return format::arrow_timestamp(name, "UTC");
    case TypeKind::timestamp_ntz:
      return format::arrow_timestamp(name);
    default:
      return std::nullopt;
  }
}

ParsedStats::ParsedStats(const Metadata& metadata) {
  std::vector<std::string> paths;
  for (const auto& column : stats_columns(metadata.schema, metadata.partition_columns, metadata.configuration))
    paths.push_back(column.dotted());
  auto stored = metadata.schema.in_files();
  bounds_ = cut_down(stored.fields, {}, paths, true);
  counts_ = cut_down(stored.fields, {}, paths, false);
}

ArrowType ParsedStats::type() const {
  std::vector<ArrowType> fields = {format::arrow_int64("numRecords")};
  if (!bounds_.empty()) fields.push_back(struct_type("minValues", bounds_));
  if (!bounds_.empty()) fields.push_back(struct_type("maxValues", bounds_));
  if (!counts_.empty()) fields.push_back(struct_type("nullCount", counts_));
  return format::arrow_struct("stats_parsed", std::move(fields));
}

void ParsedStats::append(ArrowBuilder& builder, std::string_view stats) const {
  Json json;
  try {
    if (!stats.empty()) json = Json::parse(stats);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::bad_json) throw;
  }
  if (!json.is_object()) return builder.append_null();
  size_t next = 0;
  const Json* records = json.find("numRecords");
  append_scalar(builder.field(next++), DataType::primitive(TypeKind::long_),
                records && records->is_int() ? Scalar(records->as_int()) : Scalar());
  if (!bounds_.empty()) append_struct(builder.field(next++), bounds_, json.find("minValues"));
  if (!bounds_.empty()) append_struct(builder.field(next++), bounds_, json.find("maxValues"));
  if (!counts_.empty()) append_struct(builder.field(next++), counts_, json.find("nullCount"));
  builder.end_row();
}

ParsedPartitions::ParsedPartitions(const Metadata& metadata) {
  for (const auto& column : metadata.partition_columns)
    if (const Field* field = metadata.schema.find(column); field && parsed_type(field->name, field->type))
      fields_.push_back(field->in_files());
}

ArrowType ParsedPartitions::type() const { return struct_type("partitionValues_parsed", fields_); }

void ParsedPartitions::append(ArrowBuilder& builder, const PartitionValues& values) const {
  for (size_t i = 0; i < fields_.size(); ++i) {
    auto value = values.find(fields_[i].name);
    bool null = value == values.end() || !value->second || value->second->empty();
    append_scalar(builder.field(i), fields_[i].type,
                  null ? Scalar() : scalar_from_text(fields_[i].type, *value->second));
  }
  builder.end_row();
}

}  // namespace weir::lake
