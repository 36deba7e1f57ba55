#include "lake/iceberg/compat.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/error.h"
#include "base/text.h"
#include "lake/features.h"
#include "lake/history.h"
#include "lake/iceberg/field_ids.h"
#include "lake/iceberg/manifest.h"
#include "lake/universal_format.h"

namespace weir::lake::iceberg {

namespace {

bool is_on(const std::map<std::string, std::string>& configuration, const char* property) {
  const auto set = configuration.find(property);
  return set != configuration.end() && iequals(trim(set->second), "true");
}

[[noreturn]] void refuse(const std::string& table, const std::string& why, const std::string& hint) {
  throw Error(ErrorCode::iceberg_compat, fmt::format("table {} is an Iceberg table too, but {}", table, why), hint);
}

void check_type(const std::string& table, const std::string& column, const DataType& type) {
  if (type.kind == TypeKind::variant || type.kind == TypeKind::void_)
    refuse(table, fmt::format("column \"{}\" has type {}, which Iceberg does not know", column, type_name(type)),
           "Cast it: x::VARCHAR.");
  for (const auto& field : type.fields) check_type(table, column, field.type);
}

// Whether the text, which begins with a quote, is one quoted text of Spark's SQL: quotes in it are doubled or escaped.
bool is_quoted(std::string_view text) {
  const char quote = text[0];
  for (size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == quote) {
      if (i + 1 == text.size()) return true;
      if (text[++i] != quote) return false;
    }
  }
  return false;
}

// A number, a text, a truth, NULL, a typed text (DATE '…') or a cast of these.
bool is_literal(std::string_view sql) {
  const std::string text(trim(sql));
  constexpr std::string_view cast = "cast(", as = " as ";
  const std::string low = lower(text);
  if (low == "null" || low == "true" || low == "false" || parse_double(low)) return true;
  for (const std::string_view suffix : {"bd", "d", "f", "l", "s", "y"})
    if (low.ends_with(suffix) && parse_double(low.substr(0, low.size() - suffix.size()))) return true;
  if (low.starts_with(cast) && low.ends_with(')') && low.rfind(as) != std::string::npos)
    return is_literal(std::string_view(text).substr(cast.size(), low.rfind(as) - cast.size()));
  size_t at = 0;
  while (at < text.size() && (std::isalpha(static_cast<unsigned char>(text[at])) || text[at] == '_' || text[at] == ' '))
    ++at;
  return at < text.size() && (text[at] == '\'' || text[at] == '"') && is_quoted(std::string_view(text).substr(at));
}

void check_default(const std::string& table, const Field& field) {
  const auto sql = field.metadata.get_string("CURRENT_DEFAULT");
  if (!sql || is_literal(*sql)) return;
  refuse(
      table,
      fmt::format("the default of \"{}\" is the expression {}, which format version 3 does not have", field.name, *sql),
      "Give it a literal value as its default, or none.");
}

// As Iceberg promotes types: whole numbers and fractions that get wider, decimals that get more digits.
bool is_promotion(const std::string& from, const std::string& to) {
  const auto is_int = [](const std::string& type) { return type == "byte" || type == "short" || type == "integer"; };
  if (is_int(from)) return is_int(to) || to == "long";
  if (from == "float") return to == "double";
  const auto scale = [](const std::string& type) { return type.substr(std::min(type.find(','), type.size())); };
  return from.starts_with("decimal(") && to.starts_with("decimal(") && scale(from) == scale(to);
}

void check_changes(const std::string& table, const Field& field) {
  const Json* changes = field.metadata.find("delta.typeChanges");
  if (!changes || !changes->is_array()) return;
  for (const auto& change : changes->as_array()) {
    const std::string from = change.get_string("fromType").value_or(""), to = change.get_string("toType").value_or("");
    if (is_promotion(from, to)) continue;
    refuse(table, fmt::format("\"{}\" would go from {} to {}, which Iceberg does not allow", field.name, from, to),
           "Add a column of the new type and fill it: UPDATE … SET …");
  }
}

void check_columns(const std::string& table, const Metadata& metadata) {
  for (const auto& field : metadata.schema.fields) check_type(table, field.name, field.type);
  Schema schema = with_nested_ids(metadata.schema);
  schema.each_field([&](Field& field) {
    check_changes(table, field);
    if (compat_version(metadata.configuration) >= format_with_vectors) check_default(table, field);
    if (!field.id())
      refuse(table, fmt::format("\"{}\" has no id", field.name),
             fmt::format("Make a new table: CREATE TABLE … WITH ('{}' = 'iceberg') AS SELECT * FROM …",
                         universal_formats_property));
  });
}

void check_properties(const std::string& table, const Metadata& metadata) {
  const int version = compat_version(metadata.configuration);
  if (version == 0)
    refuse(table, fmt::format("{} is not true", compat_property), "Leave it out: it comes with Iceberg metadata.");
  if (metadata.column_mapping() == ColumnMapping::none)
    refuse(table, "its columns are not mapped", "Leave delta.columnMapping.mode out, or use 'name'.");
  if (version >= format_with_vectors && is_true(metadata, compat_property))
    refuse(table, fmt::format("{} and {} are both on", compat_property, compat_v3_property), "Leave one of them out.");
  if (version >= format_with_vectors &&
      (!is_true(metadata, "delta.enableRowTracking") || is_true(metadata, "delta.rowTrackingSuspended")))
    refuse(table, "delta.enableRowTracking is not on, which format version 3 needs",
           "Leave it out: it comes with delta.enableIcebergCompatV3.");
  if (version < format_with_vectors && is_true(metadata, "delta.enableDeletionVectors"))
    refuse(table, "delta.enableDeletionVectors is on, which format version 2 does not have",
           fmt::format("Set it to 'false', or make a new table with '{}' = 'true'.", compat_v3_property));
  if (is_true(metadata, "delta.enableIcebergCompatV1"))
    refuse(table, "delta.enableIcebergCompatV1 is on", "ALTER TABLE … SET ('delta.enableIcebergCompatV1' = 'false')");
}

void check_partitions(const std::string& table, const Metadata& before, const Metadata& after) {
  if (before.partition_columns.empty()) return;
  std::vector<std::string> now;
  for (const auto& column : after.partition_columns) now.push_back(lower(column));
  bool same = now.size() == before.partition_columns.size();
  for (size_t i = 0; same && i < now.size(); ++i) {
    // A partition column that was only renamed is the same one.
    const Field* old_field = before.schema.find(before.partition_columns[i]);
    const Field* new_field = after.schema.find(now[i]);
    same =
        now[i] == lower(before.partition_columns[i]) || (old_field && new_field && old_field->id() == new_field->id());
  }
  if (!same)
    refuse(table, fmt::format("it is partitioned by {}, for good", join(before.partition_columns, ", ")),
           "Make a table of another name.");
}

// Files are made for one format version, or for none.
void check_origin(const std::string& table, const std::map<std::string, std::string>& before,
                  const std::map<std::string, std::string>& after) {
  const int made_for = compat_version(before), wanted = compat_version(after);
  if ((is_kept(after) && !is_kept(before)) || (wanted != 0 && made_for == 0))
    throw Error(ErrorCode::iceberg_compat,
                fmt::format("table {} was made without Iceberg metadata: its files are not fit for it", table),
                fmt::format("Make a new table: CREATE TABLE … WITH ('{}' = 'iceberg') AS SELECT * FROM …",
                            universal_formats_property));
  if (wanted != 0 && wanted != made_for)
    refuse(table,
           fmt::format("it was made for format version {}, and its files are not fit for version {}", made_for, wanted),
           fmt::format("Make a new table: CREATE TABLE … WITH ('{}' = 'true') AS SELECT * FROM …",
                       wanted == 2 ? compat_property : compat_v3_property));
}

void check_files(const std::string& table, const CommitDraft& draft, int version) {
  for (const auto& action : draft.actions) {
    const auto* add = std::get_if<Add>(&action);
    if (!add || add->path.empty()) continue;  // "" = a file that will be written
    if (add->deletion_vector && version < format_with_vectors)
      refuse(table, fmt::format("{} has a deletion vector", add->path),
             "ALTER TABLE … SET ('delta.enableDeletionVectors' = 'false')");
    if (!add->stats || !rows_in_stats(*add->stats))
      refuse(table, fmt::format("the number of rows of {} is not told", add->path), "Write the rows with weir.");
  }
}

}  // namespace

bool is_kept(const std::map<std::string, std::string>& configuration) { return keeps_format(configuration, "iceberg"); }

int compat_version(const std::map<std::string, std::string>& configuration) {
  if (is_on(configuration, compat_v3_property)) return format_with_vectors;
  return is_on(configuration, compat_property) ? 2 : 0;
}

int format_version(const std::map<std::string, std::string>& configuration) {
  return std::max(compat_version(configuration), 2);
}

void add_defaults(std::map<std::string, std::string>& configuration) {
  if (is_kept(configuration) && !is_compatible(configuration)) {
    const bool vectors = is_on(configuration, "delta.enableDeletionVectors");
    const bool second = configuration.contains(compat_property);
    configuration.try_emplace(vectors && !second ? compat_v3_property : compat_property, "true");
  }
  if (!is_compatible(configuration)) return;
  configuration.try_emplace("delta.columnMapping.mode", "name");
  if (compat_version(configuration) >= format_with_vectors)
    configuration.try_emplace("delta.enableRowTracking", "true");
}

void check_commit(const std::string& table, const Snapshot* before, const CommitDraft& draft,
                  const Metadata& metadata) {
  if (!is_kept(metadata.configuration) && !is_compatible(metadata.configuration)) return;
  if (before) check_origin(table, before->metadata().configuration, metadata.configuration);
  check_properties(table, metadata);
  check_columns(table, metadata);
  if (before) check_partitions(table, before->metadata(), metadata);
  check_files(table, draft, compat_version(metadata.configuration));
}

}  // namespace weir::lake::iceberg
