#include "lake/iceberg/data_files.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "lake/iceberg/compat.h"
#include "lake/iceberg/values.h"
#include "lake/predicate.h"
#include "lake/stats_columns.h"

namespace weir::lake::iceberg {

namespace {

[[noreturn]] void refuse(const Add& add, const std::string& why) {
  throw Error(ErrorCode::iceberg_compat, fmt::format("{} cannot be read as Iceberg: {}", add.path, why),
              "Write the rows anew with weir: CREATE OR REPLACE TABLE … AS SELECT * FROM ….");
}

format::avro::Value partition_of(const Add& add, const Metadata& metadata) {
  format::avro::Value::List values;
  for (const auto& column : metadata.partition_columns) {
    const Field* field = metadata.schema.find(column);
    if (!field) refuse(add, fmt::format("no column \"{}\"", column));
    const auto text = add.partition_values.find(field->physical_name());
    if (text == add.partition_values.end()) refuse(add, fmt::format("it has no value of \"{}\"", column));
    auto value = partition_value(field->type, text->second);
    if (!value) refuse(add, fmt::format("its value of \"{}\" is no {}", column, type_name(field->type)));
    values.push_back(std::move(*value));
  }
  return {std::move(values)};
}

// Statistics of the leaves that have some, by their ids.
void set_bounds(Entry& entry, const Add& add, const Metadata& metadata) {
  const FileStats stats = parse_stats(add, metadata);
  for (const auto& column : stats_columns(metadata.schema, metadata.partition_columns, metadata.configuration)) {
    const auto id = column.field->id();
    const auto known = stats.columns.find(join(column.path, "."));
    if (!id || known == stats.columns.end()) continue;
    const ColumnBounds& bounds = known->second;
    if (bounds.null_count) {
      entry.value_counts[*id] = entry.rows;
      entry.null_counts[*id] = *bounds.null_count;
    }
    if (auto bytes = bound_bytes(column.field->type, bounds.min, false)) entry.lower_bounds[*id] = std::move(*bytes);
    if (auto bytes = bound_bytes(column.field->type, bounds.max, true)) entry.upper_bounds[*id] = std::move(*bytes);
  }
}

}  // namespace

std::string file_uri(const TableLocation& table, const std::string& path) {
  if (!is_absolute_path(path)) return table.uri() + "/" + decoded_path(path);
  if (auto key = key_inside(table.uri(), path)) return table.uri() + "/" + *key;
  const std::string decoded = percent_decode(path);
  return decoded.starts_with('/') ? "file://" + decoded : decoded;
}

Entry entry_of(const TableLocation& table, const Add& add, const Metadata& metadata) {
  const bool third = format_version(metadata.configuration) >= format_with_vectors;
  if (add.deletion_vector && !third) refuse(add, "it has a deletion vector");
  if (third && (!add.base_row_id || !add.default_row_commit_version)) refuse(add, "it has no row ids");
  Entry entry;
  if (third) {
    entry.first_row_id = *add.base_row_id;
    entry.sequence_number = *add.default_row_commit_version;
  }
  entry.path = file_uri(table, add.path);
  entry.bytes = add.size_bytes;
  const auto rows = parse_stats(add, metadata).num_records;
  if (!rows) refuse(add, "its number of rows is not told");
  entry.rows = *rows;
  entry.partition = partition_of(add, metadata);
  set_bounds(entry, add, metadata);
  return entry;
}

Entry vector_entry_of(const TableLocation& table, const Add& add, const Metadata& metadata) {
  Entry entry;
  entry.content = Content::position_deletes;
  entry.format = "PUFFIN";
  entry.rows = add.deletion_vector->cardinality;
  entry.referenced_file = file_uri(table, add.path);
  entry.partition = partition_of(add, metadata);
  return entry;
}

}  // namespace weir::lake::iceberg
