#include "lake/hudi/compat.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/error.h"
#include "base/text.h"
#include "lake/features.h"
#include "lake/hudi/file_names.h"
#include "lake/universal_format.h"

namespace weir::lake::hudi {

namespace {

[[noreturn]] void refuse(const std::string& table, const std::string& why, const std::string& hint) {
  throw Error(ErrorCode::hudi_compat, fmt::format("table {} is a Hudi table too, but {}", table, why), hint);
}

// Names of fields are names of Avro's.
bool is_avro_name(const std::string& name) {
  const auto letter = [](unsigned char c) { return c < 0x80 && (std::isalpha(c) || c == '_'); };
  return !name.empty() && letter(static_cast<unsigned char>(name[0])) &&
         std::all_of(name.begin(), name.end(), [&](unsigned char c) { return letter(c) || std::isdigit(c); });
}

void check_type(const std::string& table, const std::string& column, const DataType& type) {
  if (type.kind == TypeKind::variant || type.kind == TypeKind::void_)
    refuse(table, fmt::format("column \"{}\" has type {}, which Hudi does not know", column, type_name(type)),
           "Cast it: x::VARCHAR.");
  if (type.kind == TypeKind::map && type.fields.at(0).type.kind != TypeKind::string)
    refuse(table,
           fmt::format("the keys of \"{}\" are {}; Hudi's maps have texts as keys", column,
                       type_name(type.fields.at(0).type)),
           "Cast the keys to VARCHAR.");
  for (const auto& field : type.fields) {
    if (type.kind == TypeKind::struct_ && !is_avro_name(field.name))
      refuse(table, fmt::format("\"{}\" of column \"{}\" is no name in Hudi", field.name, column),
             "Use letters, digits and underscores.");
    check_type(table, column, field.type);
  }
}

void check_columns(const std::string& table, const Metadata& metadata) {
  for (const auto& field : metadata.schema.fields) {
    if (!is_avro_name(field.name))
      refuse(table, fmt::format("\"{}\" is no name of a column in Hudi", field.name),
             "Use letters, digits and underscores.");
    check_type(table, field.name, field.type);
  }
  Schema schema = metadata.schema;
  schema.each_field([&](Field& field) {
    if (field.physical_name() != field.name)
      refuse(table, fmt::format("column \"{}\" is called \"{}\" in its files", field.name, field.physical_name()),
             "A table that maps its columns cannot be one: create it without delta.columnMapping.mode.");
  });
}

void check_properties(const std::string& table, const Metadata& metadata) {
  for (const char* property : {"delta.enableDeletionVectors", "delta.enableChangeDataFeed", "delta.enableRowTracking"})
    if (is_true(metadata, property))
      refuse(table, fmt::format("{} is on, which Hudi's readers would not understand", property),
             fmt::format("ALTER TABLE … SET ('{}' = 'false')", property));
}

}  // namespace

bool is_kept(const std::map<std::string, std::string>& configuration) { return keeps_format(configuration, "hudi"); }

void check_commit(const std::string& table, const Snapshot* before, const CommitDraft& draft,
                  const Metadata& metadata) {
  if (!is_kept(metadata.configuration)) return;
  if (before && !is_kept(before->metadata().configuration))
    throw Error(ErrorCode::hudi_compat,
                fmt::format("table {} was made without a Hudi timeline: the names of its files are not Hudi's", table),
                fmt::format("Make a new table: CREATE TABLE … WITH ('{}' = 'hudi') AS SELECT * FROM …",
                            universal_formats_property));
  check_columns(table, metadata);
  check_properties(table, metadata);
  for (const auto& action : draft.actions) {
    const auto* add = std::get_if<Add>(&action);
    if (add && !add->path.empty() && !parse_data_file_name(decoded_path(add->path)))
      refuse(table, fmt::format("the name of the file {} is none of Hudi's", add->path),
             "Write the rows with weir, or into another table.");
  }
}

}  // namespace weir::lake::hudi
