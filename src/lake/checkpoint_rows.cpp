#include "lake/checkpoint_rows.h"

#include <algorithm>

#include "base/hash.h"
#include "base/text.h"
#include "lake/features.h"

namespace weir::lake {

namespace {

using format::ArrowBuilder;
using format::ArrowType;
using namespace format;  // the arrow_… types

constexpr int64_t rows_per_batch = 16'384;

ArrowType text_map(std::string name) { return arrow_map(std::move(name), arrow_text("key"), arrow_text("value")); }

void append(ArrowBuilder& builder, const std::string& text) { builder.append_text(text); }
void append(ArrowBuilder& builder, int64_t value) { builder.append_int(value); }
void append(ArrowBuilder& builder, int value) { builder.append_int(value); }
void append(ArrowBuilder& builder, bool value) { builder.append_bool(value); }
void append(ArrowBuilder& builder, const PartitionValues& map) {
  for (const auto& [key, value] : map) {
    builder.keys().append_text(key);
    if (value)
      builder.values().append_text(*value);
    else
      builder.values().append_null();
  }
  builder.end_row();
}
void append(ArrowBuilder& builder, const std::map<std::string, std::string>& map) {
  for (const auto& [key, value] : map) {
    builder.keys().append_text(key);
    builder.values().append_text(value);
  }
  builder.end_row();
}
void append(ArrowBuilder& builder, const std::vector<std::string>& list) {
  for (const auto& item : list) builder.items().append_text(item);
  builder.end_row();
}
void append(ArrowBuilder& builder, const DeletionVector& vector);
template <typename T>
void append(ArrowBuilder& builder, const std::optional<T>& value) {
  if (value)
    append(builder, *value);
  else
    builder.append_null();
}

void append(ArrowBuilder& builder, const DeletionVector& vector) {
  append(builder.field(0), vector.storage_type);
  append(builder.field(1), vector.path_or_inline_dv);
  append(builder.field(2), vector.offset);
  append(builder.field(3), vector.size_bytes);
  append(builder.field(4), vector.cardinality);
  builder.end_row();
}

ArrowType vector_type() {
  return arrow_struct("deletionVector", {arrow_text("storageType"), arrow_text("pathOrInlineDv"), arrow_int32("offset"),
                                         arrow_int32("sizeInBytes"), arrow_int64("cardinality")});
}

// Appends one value to each field in turn and ends the struct's row.
template <typename... Values>
void append_fields(ArrowBuilder& builder, const Values&... values) {
  size_t next = 0;
  (append(builder.field(next++), values), ...);
  builder.end_row();
}

std::vector<ArrowType> remove_fields() {
  return {arrow_text("path"),
          arrow_int64("deletionTimestamp"),
          arrow_boolean("dataChange"),
          arrow_boolean("extendedFileMetadata"),
          text_map("partitionValues"),
          arrow_int64("size"),
          arrow_int64("baseRowId"),
          arrow_int64("defaultRowCommitVersion"),
          vector_type()};
}

std::vector<ArrowType> metadata_fields() {
  return {arrow_text("id"),           arrow_text("name"),
          arrow_text("description"),  arrow_struct("format", {arrow_text("provider"), text_map("options")}),
          arrow_text("schemaString"), arrow_list("partitionColumns", arrow_text("element")),
          text_map("configuration"),  arrow_int64("createdTime")};
}

std::vector<ArrowType> protocol_fields() {
  return {arrow_int32("minReaderVersion"), arrow_int32("minWriterVersion"),
          arrow_list("readerFeatures", arrow_text("element")), arrow_list("writerFeatures", arrow_text("element"))};
}

bool not_false(const Metadata& metadata, const std::string& property) {
  auto found = metadata.configuration.find(property);
  return found == metadata.configuration.end() || !iequals(trim(found->second), "false");
}

bool stats_as_json(const Metadata& metadata) { return not_false(metadata, "delta.checkpoint.writeStatsAsJson"); }
bool stats_as_struct(const Metadata& metadata) { return is_true(metadata, "delta.checkpoint.writeStatsAsStruct"); }

}  // namespace

std::string checkpoint_layout(const Metadata& metadata) {
  std::string layout = metadata.schema_string;
  for (const auto& column : metadata.partition_columns) layout += '\n' + column;
  for (const auto& [key, value] : metadata.configuration)
    if (key.starts_with("delta.checkpoint.") || key.starts_with("delta.dataSkipping"))
      layout += '\n' + key + '=' + value;
  return sha256_hex(layout);
}

std::vector<CheckpointRows::Column> CheckpointRows::columns_of(CheckpointForm form) {
  if (form == CheckpointForm::sidecar_file) return {add, remove};
  std::vector<Column> columns = {txn, add, remove, metadata, protocol, domain};
  if (form == CheckpointForm::v2) columns.insert(columns.end(), {checkpoint_metadata, sidecar});
  return columns;
}

CheckpointRows::CheckpointRows(const Snapshot& snapshot, CheckpointContent content)
    : snapshot_(snapshot),
      content_(std::move(content)),
      columns_(columns_of(content_.form)),
      files_(snapshot.file_list()),
      stats_as_json_(stats_as_json(snapshot.metadata())),
      stats_as_struct_(stats_as_struct(snapshot.metadata())),
      parsed_stats_(snapshot.metadata()),
      parsed_partitions_(snapshot.metadata()),
      rows_(row_type()),
      schema_(arrow_schema(rows_.type())),
      head_done_(content_.form == CheckpointForm::sidecar_file) {}

ArrowType CheckpointRows::column_type(Column column) const {
  switch (column) {
    case txn:
      return arrow_struct("txn", {arrow_text("appId"), arrow_int64("version"), arrow_int64("lastUpdated")});
    case add: {
      std::vector<ArrowType> file = {arrow_text("path"),
                                     text_map("partitionValues"),
                                     arrow_int64("size"),
                                     arrow_int64("modificationTime"),
                                     arrow_boolean("dataChange"),
                                     text_map("tags"),
                                     arrow_int64("baseRowId"),
                                     arrow_int64("defaultRowCommitVersion"),
                                     arrow_text("clusteringProvider"),
                                     vector_type()};
      if (stats_as_json_) file.push_back(arrow_text("stats"));
      if (stats_as_struct_) file.push_back(parsed_stats_.type());
      if (stats_as_struct_ && !parsed_partitions_.empty()) file.push_back(parsed_partitions_.type());
      return arrow_struct("add", std::move(file));
    }
    case remove:
      return arrow_struct("remove", remove_fields());
    case metadata:
      return arrow_struct("metaData", metadata_fields());
    case protocol:
      return arrow_struct("protocol", protocol_fields());
    case domain:
      return arrow_struct("domainMetadata",
                          {arrow_text("domain"), arrow_text("configuration"), arrow_boolean("removed")});
    case checkpoint_metadata:
      return arrow_struct("checkpointMetadata", {arrow_int64("version"), text_map("tags")});
    case sidecar:
      break;
  }
  return arrow_struct(
      "sidecar", {arrow_text("path"), arrow_int64("sizeInBytes"), arrow_int64("modificationTime"), text_map("tags")});
}

ArrowType CheckpointRows::row_type() const {
  std::vector<ArrowType> types;
  for (Column column : columns_) types.push_back(column_type(column));
  return arrow_struct("", std::move(types));
}

ArrowBuilder& CheckpointRows::at(Column column) {
  return rows_.field(static_cast<size_t>(std::find(columns_.begin(), columns_.end(), column) - columns_.begin()));
}

void CheckpointRows::end_row(Column column) {
  for (size_t i = 0; i < columns_.size(); ++i)
    if (columns_[i] != column) rows_.field(i).append_null();
  rows_.end_row();
}

void CheckpointRows::append_metadata() {
  const Metadata& m = snapshot_.metadata();
  ArrowBuilder& row = at(metadata);
  append(row.field(0), m.id);
  append(row.field(1), m.name);
  append(row.field(2), m.description);
  append_fields(row.field(3), m.format_provider, m.format_options);
  append(row.field(4), m.schema_string);
  append(row.field(5), m.partition_columns);
  append(row.field(6), m.configuration);
  append(row.field(7), m.created_time_ms);
  row.end_row();
  end_row(metadata);
}

void CheckpointRows::append_head() {
  if (content_.form == CheckpointForm::v2) {
    append_fields(at(checkpoint_metadata), snapshot_.version(), std::optional<std::map<std::string, std::string>>());
    end_row(checkpoint_metadata);
  }
  const Protocol& p = snapshot_.protocol();
  append_fields(at(protocol), p.min_reader_version, p.min_writer_version, p.reader_features, p.writer_features);
  end_row(protocol);
  append_metadata();
  for (const auto& [id, t] : snapshot_.txns()) {
    append_fields(at(txn), t.app_id, t.version, t.last_updated_ms);
    end_row(txn);
  }
  for (const auto& [name, d] : snapshot_.domains()) {
    append_fields(at(domain), d.domain, d.configuration, d.removed);
    end_row(domain);
  }
  for (const auto& s : content_.sidecars) {
    append_fields(at(sidecar), s.path, s.size_bytes, s.modification_time_ms, s.tags);
    end_row(sidecar);
  }
}

void CheckpointRows::append_tombstone(const Remove& r) {
  // Statistics and tags of tombstones serve nobody.
  append_fields(at(remove), r.path, r.deletion_timestamp_ms, false, r.extended_file_metadata, r.partition_values,
                r.size_bytes, r.base_row_id, r.default_row_commit_version, r.deletion_vector);
  end_row(remove);
}

void CheckpointRows::append_file(size_t index) {
  Add a = files_->add(index);
  ArrowBuilder& row = at(add);
  append(row.field(0), a.path);
  append(row.field(1), a.partition_values);
  append(row.field(2), a.size_bytes);
  append(row.field(3), a.modification_time_ms);
  append(row.field(4), false);  // nothing changes by a checkpoint
  append(row.field(5), a.tags);
  append(row.field(6), a.base_row_id);
  append(row.field(7), a.default_row_commit_version);
  append(row.field(8), a.clustering_provider);
  append(row.field(9), a.deletion_vector);
  size_t next = 10;
  if (stats_as_json_) append(row.field(next++), a.stats);
  if (stats_as_struct_) parsed_stats_.append(row.field(next++), a.stats.value_or(""));
  if (stats_as_struct_ && !parsed_partitions_.empty()) parsed_partitions_.append(row.field(next++), a.partition_values);
  row.end_row();
  end_row(add);
}

std::optional<Batch> CheckpointRows::next() {
  if (!head_done_) append_head();
  head_done_ = true;
  while (rows_.size() < rows_per_batch && next_tombstone_ < content_.tombstones.size())
    append_tombstone(*content_.tombstones[next_tombstone_++]);
  while (rows_.size() < rows_per_batch && next_file_ < content_.files.size()) append_file(content_.files[next_file_++]);
  if (rows_.size() == 0) return std::nullopt;
  return rows_.finish_batch();
}

}  // namespace weir::lake
