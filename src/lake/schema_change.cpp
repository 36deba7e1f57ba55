#include "lake/schema_change.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "base/error.h"
#include "base/ids.h"
#include "base/text.h"
#include "lake/column_references.h"
#include "lake/features.h"
#include "lake/iceberg/compat.h"
#include "lake/iceberg/field_ids.h"
#include "lake/row_tracking.h"

namespace weir::lake {

namespace {

constexpr const char* id_key = "delta.columnMapping.id";
constexpr const char* name_key = "delta.columnMapping.physicalName";
constexpr const char* mode_key = "delta.columnMapping.mode";
constexpr const char* max_id_key = "delta.columnMapping.maxColumnId";

[[noreturn]] void not_allowed(const std::string& message, const std::string& hint = {}) {
  throw Error(ErrorCode::sql_unsupported, message, hint);
}

std::vector<std::string> names_of(const std::vector<Field>& fields) {
  std::vector<std::string> names;
  names.reserve(fields.size());
  for (const auto& field : fields) names.push_back(field.name);
  return names;
}

std::vector<Field>::iterator find_in(std::vector<Field>& fields, const std::string& name) {
  return std::find_if(fields.begin(), fields.end(), [&](const Field& field) { return iequals(field.name, name); });
}

[[noreturn]] void unknown(const ColumnPath& path, size_t depth, const std::vector<Field>& fields) {
  throw Error(ErrorCode::sql_unknown_column, fmt::format("the table has no column \"{}\"{}", text_of(path),
                                                         did_you_mean(path[depth], names_of(fields))));
}

// The fields of the struct at `parent`.
std::vector<Field>& fields_below(Metadata& metadata, const ColumnPath& parent) {
  auto* fields = &metadata.schema.fields;
  for (size_t depth = 0; depth < parent.size(); ++depth) {
    auto field = find_in(*fields, parent[depth]);
    if (field == fields->end()) unknown(parent, depth, *fields);
    if (field->type.kind != TypeKind::struct_)
      not_allowed(
          fmt::format("\"{}\" is no struct but {}",
                      text_of({parent.begin(), std::next(parent.begin(), static_cast<std::ptrdiff_t>(depth) + 1)}),
                      type_name(field->type)));
    fields = &field->type.fields;
  }
  return *fields;
}

struct Place {
  std::vector<Field>* fields;
  std::vector<Field>::iterator field;
};
Place place_of(Metadata& metadata, const ColumnPath& path) {
  auto& fields = fields_below(metadata, {path.begin(), path.end() - 1});
  auto field = find_in(fields, path.back());
  if (field == fields.end()) unknown(path, path.size() - 1, fields);
  return {&fields, field};
}

Metadata finished(Metadata metadata) {
  metadata.schema_string = metadata.schema.to_string();
  return metadata;
}

void need_mapping(const Metadata& metadata, std::string_view what) {
  if (metadata.column_mapping() != ColumnMapping::none) return;
  not_allowed(fmt::format("a column can be {} only where the table maps its columns", what),
              "ALTER TABLE … SET ('delta.columnMapping.mode' = 'name') turns that on; readers must then know column "
              "mapping");
}

void refuse_mentioned(const Metadata& metadata, const ColumnPath& path, std::string_view what) {
  auto mentions = mentions_of(metadata, path);
  if (mentions.empty()) return;
  not_allowed(fmt::format("column \"{}\" cannot be {}: {} mentions it", text_of(path), what, join(mentions, ", ")));
}

void replace_partition_column(Metadata& metadata, const std::string& from, const std::string& to) {
  for (auto& column : metadata.partition_columns)
    if (iequals(column, from)) column = to;
}

bool is_integer(TypeKind kind) {
  return kind == TypeKind::byte || kind == TypeKind::short_ || kind == TypeKind::integer || kind == TypeKind::long_;
}

int width_of(TypeKind kind) {
  return kind == TypeKind::byte ? 1 : kind == TypeKind::short_ ? 2 : kind == TypeKind::integer ? 4 : 8;
}

// Notes in the field how its type changed, as readers and other writers expect it.
void note_type_change(Field& field, const DataType& to) {
  Json changes = Json::array();
  if (const Json* before = field.metadata.find("delta.typeChanges")) changes = *before;
  changes.push_back(Json::object().set("fromType", type_name(field.type)).set("toType", type_name(to)));
  field.metadata.set("delta.typeChanges", std::move(changes));
}

void strip_annotations(std::vector<Field>& fields) {
  for (auto& field : fields) {
    for (const char* key : {id_key, name_key, iceberg::nested_ids_key, "delta.identity.highWaterMark"})
      field.metadata.erase(key);
    field.mapped_name.clear();
    strip_annotations(field.type.fields);
  }
}

std::string mode_of(const Metadata& metadata) {
  auto mode = metadata.configuration.find(mode_key);
  return mode == metadata.configuration.end() ? "none" : lower(mode->second);
}

int64_t highest_id(const Metadata& metadata) {
  int64_t highest = 0;
  if (auto known = metadata.configuration.find(max_id_key); known != metadata.configuration.end())
    highest = parse_int(known->second).value_or(0);
  Schema copy = metadata.schema;
  copy.each_field([&](Field& field) { highest = std::max(highest, field.id().value_or(0)); });
  return highest;
}

// Fields of structs at any depth; elements, keys and values of lists and maps have no names of their own.
void each_named(std::vector<Field>& fields, bool named, const std::function<void(Field&)>& change) {
  for (auto& field : fields) {
    if (named) change(field);
    each_named(field.type.fields, field.type.kind == TypeKind::struct_, change);
  }
}

// Something that a field's metadata says, or says no more.
Metadata with_note(const Metadata& metadata, const ColumnPath& path, const std::string& key,
                   const std::optional<std::string>& text) {
  Metadata changed = metadata;
  Field& field = *place_of(changed, path).field;
  if (text)
    field.metadata.set(key, *text);
  else
    field.metadata.erase(key);
  return finished(std::move(changed));
}

}  // namespace

std::string text_of(const ColumnPath& path) { return join(path, "."); }

const Field& field_at(const Metadata& metadata, const ColumnPath& path) {
  return *place_of(const_cast<Metadata&>(metadata), path).field;
}

Metadata with_column(const Metadata& metadata, const ColumnPath& parent, Field field) {
  Metadata changed = metadata;
  auto& fields = fields_below(changed, parent);
  if (find_in(fields, field.name) != fields.end())
    throw Error(ErrorCode::sql_exists, fmt::format("column \"{}\" already exists", field.name));
  if (!field.nullable)
    not_allowed(
        fmt::format("the new column \"{}\" cannot be NOT NULL: rows that are there have no value for it", field.name),
        "Add it, fill it with UPDATE, and declare a not_null test on it.");
  fields.push_back(std::move(field));
  map_columns(changed, true);
  return finished(std::move(changed));
}

Metadata with_renamed_column(const Metadata& metadata, const ColumnPath& path, const std::string& name) {
  Metadata changed = metadata;
  auto place = place_of(changed, path);
  need_mapping(metadata, "renamed");
  refuse_mentioned(metadata, path, "renamed");
  auto taken = find_in(*place.fields, name);
  if (taken != place.fields->end() && taken != place.field)
    throw Error(ErrorCode::sql_exists, fmt::format("column \"{}\" already exists", name));
  if (path.size() == 1) replace_partition_column(changed, path[0], name);
  place.field->name = name;
  return finished(std::move(changed));
}

Metadata without_column(const Metadata& metadata, const ColumnPath& path) {
  Metadata changed = metadata;
  auto place = place_of(changed, path);
  need_mapping(metadata, "dropped");
  refuse_mentioned(metadata, path, "dropped");
  const auto& parts = metadata.partition_columns;
  if (path.size() == 1 && std::any_of(parts.begin(), parts.end(), [&](auto& part) { return iequals(part, path[0]); }))
    not_allowed(fmt::format("column \"{}\" cannot be dropped: the table is partitioned by it", path[0]));
  if (place.fields->size() == 1)
    not_allowed(fmt::format("column \"{}\" cannot be dropped: {} would have no column left", text_of(path),
                            path.size() == 1 ? "the table" : "its struct"));
  place.fields->erase(place.field);
  return finished(std::move(changed));
}

bool widens(const DataType& from, const DataType& to) {
  constexpr int digits_of_integer = 10, digits_of_long = 20;
  if (is_integer(from.kind) && is_integer(to.kind)) return width_of(from.kind) < width_of(to.kind);
  if (is_integer(from.kind) && from.kind != TypeKind::long_ && to.kind == TypeKind::double_) return true;
  if (from.kind == TypeKind::float_ && to.kind == TypeKind::double_) return true;
  if (from.kind == TypeKind::date && to.kind == TypeKind::timestamp_ntz) return true;
  if (to.kind != TypeKind::decimal) return false;
  if (is_integer(from.kind))
    return to.precision - to.scale >= (from.kind == TypeKind::long_ ? digits_of_long : digits_of_integer);
  return from.kind == TypeKind::decimal && !(from == to) && to.scale >= from.scale &&
         to.precision - to.scale >= from.precision - from.scale;
}

Metadata with_wider_column(const Metadata& metadata, const ColumnPath& path, const DataType& type) {
  Metadata changed = metadata;
  Field& field = *place_of(changed, path).field;
  if (field.type == type) return metadata;
  if (!widens(field.type, type))
    not_allowed(fmt::format("the type of column \"{}\" cannot be changed from {} to {}: not every value would fit",
                            text_of(path), type_name(field.type), type_name(type)),
                "Create it anew: CREATE OR REPLACE TABLE … AS SELECT … FROM …");
  if (!is_true(metadata, "delta.enableTypeWidening"))
    not_allowed(fmt::format("the type of column \"{}\" can be widened only where the table allows that", text_of(path)),
                "ALTER TABLE … SET ('delta.enableTypeWidening' = 'true') turns it on; readers must then know it");
  refuse_mentioned(metadata, path, "given another type");
  note_type_change(field, type);
  field.type = type;
  return finished(std::move(changed));
}

Metadata with_nullability(const Metadata& metadata, const ColumnPath& path, bool nullable) {
  Metadata changed = metadata;
  place_of(changed, path).field->nullable = nullable;
  return finished(std::move(changed));
}

Metadata with_column_comment(const Metadata& metadata, const ColumnPath& path, const std::optional<std::string>& text) {
  return with_note(metadata, path, "comment", text);
}

Metadata with_column_default(const Metadata& metadata, const ColumnPath& path, const std::optional<std::string>& sql) {
  return with_note(metadata, path, "CURRENT_DEFAULT", sql);
}

Metadata with_properties(const Metadata& metadata, const std::map<std::string, std::optional<std::string>>& changes) {
  Metadata changed = metadata;
  for (const auto& [name, value] : changes) {
    if (value)
      changed.configuration[name] = *value;
    else
      changed.configuration.erase(name);
  }
  if (is_true(changed, "delta.enableRowTracking") && !is_true(metadata, "delta.enableRowTracking"))
    name_row_id_columns(changed);
  auto before = mode_of(metadata), after = mode_of(changed);
  if (before == after) return changed;
  if (before != "none" || after != "name")
    not_allowed(fmt::format("{} cannot be changed from {} to {} for a table that exists", mode_key, before, after),
                before == "none" ? "Use 'name'." : "");
  map_columns(changed, false);
  return finished(std::move(changed));
}

void map_columns(Metadata& metadata, bool fresh_names) {
  if (metadata.column_mapping() == ColumnMapping::none) return;
  auto next = highest_id(metadata);
  const bool nested = iceberg::is_compatible(metadata.configuration);
  each_named(metadata.schema.fields, true, [&](Field& field) {
    if (!field.id()) field.metadata.set(id_key, ++next);
    if (!field.metadata.find(name_key)) field.metadata.set(name_key, fresh_names ? "col-" + uuid_v4() : field.name);
    field.mapped_name = field.metadata.at(name_key).as_string();
    if (nested) next = iceberg::give_nested_ids(field, next);
  });
  metadata.configuration[max_id_key] = std::to_string(next);
}

bool same_columns(const Schema& a, const Schema& b) {
  Schema left = a, right = b;
  strip_annotations(left.fields);
  strip_annotations(right.fields);
  return left == right;
}

}  // namespace weir::lake
