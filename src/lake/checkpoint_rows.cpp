#include "lake/checkpoint_rows.h"

#include "base/text.h"
#include "lake/features.h"

namespace weir::lake {

namespace {

using format::ArrowBuilder;
using format::ArrowType;
using namespace format;  // the arrow_… types

constexpr int64_t rows_per_batch = 16'384;

enum Column : size_t { txn, add, remove, metadata, protocol, domain, checkpoint_metadata };  // the last in V2 only

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

}  // namespace

CheckpointRows::CheckpointRows(const Snapshot& snapshot, int64_t tombstones_from_ms, bool v2)
    : snapshot_(snapshot),
      files_(snapshot.file_list()),
      v2_(v2),
      stats_as_json_(not_false(snapshot.metadata(), "delta.checkpoint.writeStatsAsJson")),
      stats_as_struct_(is_true(snapshot.metadata(), "delta.checkpoint.writeStatsAsStruct")),
      parsed_stats_(snapshot.metadata()),
      parsed_partitions_(snapshot.metadata()),
      rows_(row_type()),
      schema_(arrow_schema(rows_.type())) {
  for (const auto& remove : snapshot.tombstones())
    if (remove.deletion_timestamp_ms.value_or(0) >= tombstones_from_ms) tombstones_.push_back(&remove);
}

ArrowType CheckpointRows::row_type() const {
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
  std::vector<ArrowType> columns = {
      arrow_struct("txn", {arrow_text("appId"), arrow_int64("version"), arrow_int64("lastUpdated")}),
      arrow_struct("add", std::move(file)),
      arrow_struct("remove", remove_fields()),
      arrow_struct("metaData", metadata_fields()),
      arrow_struct("protocol", protocol_fields()),
      arrow_struct("domainMetadata", {arrow_text("domain"), arrow_text("configuration"), arrow_boolean("removed")})};
  if (v2_) columns.push_back(arrow_struct("checkpointMetadata", {arrow_int64("version"), text_map("tags")}));
  return arrow_struct("", std::move(columns));
}

int64_t CheckpointRows::action_count() const {
  return static_cast<int64_t>((v2_ ? 3 : 2) + snapshot_.txns().size() + snapshot_.domains().size() +
                              tombstones_.size() + files_->size());
}

void CheckpointRows::end_row(size_t column) {
  for (size_t i = 0; i <= (v2_ ? Column::checkpoint_metadata : Column::domain); ++i)
    if (i != column) rows_.field(i).append_null();
  rows_.end_row();
}

void CheckpointRows::append_head() {
  if (v2_) {
    append_fields(rows_.field(Column::checkpoint_metadata), snapshot_.version(),
                  std::optional<std::map<std::string, std::string>>());
    end_row(Column::checkpoint_metadata);
  }
  const Protocol& p = snapshot_.protocol();
  append_fields(rows_.field(Column::protocol), p.min_reader_version, p.min_writer_version, p.reader_features,
                p.writer_features);
  end_row(Column::protocol);

  const Metadata& m = snapshot_.metadata();
  ArrowBuilder& row = rows_.field(Column::metadata);
  append(row.field(0), m.id);
  append(row.field(1), m.name);
  append(row.field(2), m.description);
  append_fields(row.field(3), m.format_provider, m.format_options);
  append(row.field(4), m.schema_string);
  append(row.field(5), m.partition_columns);
  append(row.field(6), m.configuration);
  append(row.field(7), m.created_time_ms);
  row.end_row();
  end_row(Column::metadata);

  for (const auto& [id, t] : snapshot_.txns()) {
    append_fields(rows_.field(Column::txn), t.app_id, t.version, t.last_updated_ms);
    end_row(Column::txn);
  }
  for (const auto& [name, d] : snapshot_.domains()) {
    append_fields(rows_.field(Column::domain), d.domain, d.configuration, d.removed);
    end_row(Column::domain);
  }
}

void CheckpointRows::append_tombstone(const Remove& r) {
  // Statistics and tags of tombstones serve nobody.
  append_fields(rows_.field(Column::remove), r.path, r.deletion_timestamp_ms, false, r.extended_file_metadata,
                r.partition_values, r.size_bytes, r.base_row_id, r.default_row_commit_version, r.deletion_vector);
  end_row(Column::remove);
}

void CheckpointRows::append_file(size_t index) {
  Add a = files_->add(index);
  ArrowBuilder& row = rows_.field(Column::add);
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
  end_row(Column::add);
}

std::optional<Batch> CheckpointRows::next() {
  if (!head_done_) append_head();
  head_done_ = true;
  while (rows_.size() < rows_per_batch && next_tombstone_ < tombstones_.size())
    append_tombstone(*tombstones_[next_tombstone_++]);
  while (rows_.size() < rows_per_batch && next_file_ < files_->size()) append_file(next_file_++);
  if (rows_.size() == 0) return std::nullopt;
  return rows_.finish_batch();
}

}  // namespace weir::lake
