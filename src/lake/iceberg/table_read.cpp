#include "lake/iceberg/table_read.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "format/arrow_view.h"
#include "lake/iceberg/manifest.h"
#include "lake/iceberg/schema_read.h"
#include "lake/iceberg/values.h"
#include "lake/stats_writer.h"

namespace weir::lake::iceberg {

namespace {

struct Listed {
  Entry entry;
  int64_t spec_id = 0;
};

std::string partition_key(const Listed& file) {
  std::string key = std::to_string(file.spec_id);
  if (!file.entry.partition.list()) return key;
  for (const auto& value : *file.entry.partition.list()) {
    key += '|';
    if (const auto* flag = value.boolean()) key += *flag ? "t" : "f";
    if (const auto* whole = value.whole()) key += fmt::format("i{}", *whole);
    if (const auto* real = value.real()) key += fmt::format("r{:a}", *real);
    if (const auto* text = value.text()) key += "x" + hex(*text);
  }
  return key;
}

class TableReader {
 public:
  explicit TableReader(ReadTable& table) : table_(table), source_(table.source) {}

  void read(const SnapshotSpec& spec) {
    const Json* snapshot = source_.snapshot(spec);
    names_ = read_name_mapping(source_.property("schema.name-mapping.default"), source_.file);
    table_.metadata.schema = read_schema_fields(source_.schema(snapshot, spec).at("fields"), names_, source_.file);
    // With all columns' statistics, and as Delta maps columns.
    table_.metadata.configuration = {{"delta.columnMapping.mode", "id"}, {"delta.dataSkippingNumIndexedCols", "-1"}};
    if (!snapshot) return;
    table_.snapshot_id = *snapshot_id_in(*snapshot, "snapshot-id");
    list_files(*snapshot);
    find_partition_columns();
    for (const auto& file : data_) table_.files.push_back(read_file(file, table_.metadata.schema));
    take_position_deletes();
    take_equality_deletes();
  }

 private:
  // ---- manifests ----

  void list_files(const Json& snapshot) {
    if (auto list = snapshot.get_string("manifest-list")) {
      for (const auto& manifest : read_manifest_list(source_.read(*list), *list)) read_entries(manifest);
      return;
    }
    for (const auto& path : snapshot.at("manifests").as_array()) {
      ManifestFile manifest;
      manifest.path = path.as_string();
      read_entries(manifest);
    }
  }

  void read_entries(const ManifestFile& manifest) {
    for (auto& entry : read_manifest(source_.read(manifest.path), manifest)) {
      if (entry.status == EntryStatus::deleted) continue;
      if (entry.encrypted)
        throw Error(ErrorCode::iceberg_unsupported, fmt::format("{}: {} is encrypted", source_.file, entry.path));
      const bool vector = entry.content == Content::position_deletes && entry.format == "PUFFIN";
      if (entry.format != "PARQUET" && !vector)
        throw Error(ErrorCode::iceberg_unsupported,
                    fmt::format("{}: {} is a file in the format {}", source_.file, entry.path, lower(entry.format)));
      auto& list = entry.content == Content::data               ? data_
                   : entry.content == Content::position_deletes ? position_
                                                                : equality_;
      list.push_back({std::move(entry), manifest.spec_id});
    }
  }

  // ---- data files ----

  // The identity columns of every spec in use, as far as each file's value can be told as Delta does: files need not
  // hold them (those of Hive tables do not), and filters on them leave files out.
  void find_partition_columns() {
    std::set<int64_t> specs;
    for (const auto& file : data_) specs.insert(file.spec_id);
    for (const auto& field : table_.metadata.schema.fields) {
      if (!field.type.is_primitive() || field.metadata.find(type_key)) continue;
      const bool everywhere = !specs.empty() && std::all_of(specs.begin(), specs.end(), [&](int64_t spec) {
        return identity_place(spec, *field.id()).has_value();
      });
      const bool told = everywhere && std::all_of(data_.begin(), data_.end(), [&](const Listed& file) {
                          const auto* value = partition_value_of(file, *field.id());
                          return value && partition_text(field.type, *value).taken;
                        });
      if (told) table_.metadata.partition_columns.push_back(field.name);
    }
  }

  std::optional<size_t> identity_place(int64_t spec_id, int64_t source_id) const {
    const auto& fields = source_.spec(spec_id).as_array();
    for (size_t i = 0; i < fields.size(); ++i) {
      const auto id = fields[i].get_int("source-id");
      if (id == source_id && fields[i].get_string("transform") == "identity") return i;
    }
    return std::nullopt;
  }

  const format::avro::Value* partition_value_of(const Listed& file, int64_t source_id) const {
    const auto place = identity_place(file.spec_id, source_id);
    const auto* values = file.entry.partition.list();
    return place && values && *place < values->size() ? &(*values)[*place] : nullptr;
  }

  ReadFile read_file(const Listed& listed, const Schema& schema) const {
    const Entry& entry = listed.entry;
    ReadFile file;
    file.path = entry.path;
    file.sequence_number = entry.sequence_number;
    file.partition = partition_key(listed);
    file.unpartitioned = source_.spec(listed.spec_id).as_array().empty();
    if (auto relative = source_.relative(entry.path))
      file.add.path = encode_path(*relative);
    else
      file.uri = source_.uri_of(entry.path);
    file.add.size_bytes = entry.bytes;
    std::map<std::string, LeafStats> leaves;
    for (const auto& field : schema.fields) {
      const int64_t id = *field.id();
      if (const auto* value = partition_value_of(listed, id)) file.partition_values[field.name] = *value;
      if (is_partition(field.name)) {
        file.add.partition_values[field.name] = partition_text(field.type, *partition_value_of(listed, id)).text;
        continue;
      }
      // A column that was taken out of the name mapping is not in files without ids, whatever was counted there.
      if (names_ && !names_->contains(id)) continue;
      if (auto nulls = entry.null_counts.find(id); nulls != entry.null_counts.end())
        leaves[field.name].null_count = nulls->second;
      if (!field.type.is_primitive() || field.metadata.find(type_key)) continue;
      if (auto bound = entry.lower_bounds.find(id); bound != entry.lower_bounds.end())
        leaves[field.name].min = bound_text(field.type, bound->second);
      if (auto bound = entry.upper_bounds.find(id); bound != entry.upper_bounds.end())
        leaves[field.name].max = bound_text(field.type, bound->second);
    }
    file.add.stats =
        write_stats(schema, table_.metadata.partition_columns, table_.metadata.configuration, entry.rows, leaves);
    return file;
  }

  bool is_partition(const std::string& name) const {
    const auto& columns = table_.metadata.partition_columns;
    return std::find(columns.begin(), columns.end(), name) != columns.end();
  }

  // ---- deletes ----

  void take_position_deletes() {
    std::map<std::string, size_t> by_path;
    std::multimap<std::string, size_t> by_partition;
    for (size_t i = 0; i < table_.files.size(); ++i) {
      by_path[table_.files[i].path] = i;
      by_partition.emplace(table_.files[i].partition, i);
    }
    for (const auto& deletes : position_) {
      const Entry& entry = deletes.entry;
      const auto referenced = by_path.find(entry.referenced_file);
      if (entry.format == "PUFFIN") {
        if (referenced != by_path.end()) set_vector(table_.files[referenced->second], entry);
        continue;
      }
      const size_t place = table_.position_deletes.size();
      table_.position_deletes.push_back(entry.path);
      const auto take = [&](ReadFile& file) {
        if (file.sequence_number <= entry.sequence_number) file.position_deletes.push_back(place);
      };
      if (!entry.referenced_file.empty()) {
        if (referenced != by_path.end()) take(table_.files[referenced->second]);
        continue;
      }
      const auto [first, last] = by_partition.equal_range(partition_key(deletes));
      for (auto file = first; file != last; ++file) take(table_.files[file->second]);
    }
    // A vector stands for all position deletes of its file.
    for (auto& file : table_.files)
      if (file.add.deletion_vector) file.position_deletes.clear();
  }

  // The blob is what Delta has at the place of a vector: its size, the vector, its checksum.
  void set_vector(ReadFile& file, const Entry& entry) const {
    constexpr int64_t frame_bytes = 8;
    DeletionVector vector;
    vector.storage_type = "p";
    vector.path_or_inline_dv = source_.uri_of(entry.path);
    vector.offset = entry.blob_offset;
    vector.size_bytes = entry.blob_bytes - frame_bytes;
    vector.cardinality = entry.rows;
    file.add.deletion_vector = std::move(vector);
  }

  void take_equality_deletes() {
    std::map<std::vector<int64_t>, std::vector<const Listed*>> by_key;
    for (const auto& deletes : equality_) by_key[deletes.entry.equality_ids].push_back(&deletes);
    for (const auto& [ids, files] : by_key) {
      EqualityDeletes deletes;
      Json fields = Json::array();
      for (const int64_t id : ids) {
        const Json* field = source_.field_of_any_schema(id);
        if (!field)
          throw Error(ErrorCode::iceberg_unsupported,
                      fmt::format("{}: {} deletes rows by the field {}, which is none of the table's columns",
                                  source_.file, files.front()->entry.path, id));
        fields.push_back(*field);
      }
      deletes.key = read_schema_fields(fields, names_, source_.file);
      for (const auto* file : files) deletes.files.push_back(read_file(*file, deletes.key));
      table_.equality_deletes.push_back(std::move(deletes));
    }
  }

  ReadTable& table_;
  const ReadMetadata& source_;
  std::optional<NameMapping> names_;
  std::vector<Listed> data_, position_, equality_;
};

}  // namespace

ReadTable read_table(const std::string& path, const SnapshotSpec& spec, const std::string& version, PlaceGuard guard) {
  ReadTable table;
  table.source = read_metadata(path, version, std::move(guard));
  try {
    TableReader(table).read(spec);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::bad_json) throw;
    throw Error(ErrorCode::bad_iceberg, table.source.file + ": " + error.message());
  }
  return table;
}

PositionDeletes::PositionDeletes(ReadMetadata source, const std::vector<std::string>& files, ParquetIo& parquet)
    : source_(std::move(source)), parquet_(parquet) {
  for (const auto& path : files) {
    files_.push_back(std::make_unique<File>());
    files_.back()->path = path;
  }
}

format::RowBitmap PositionDeletes::of(const std::string& path, const std::vector<size_t>& places) const {
  format::RowBitmap rows;
  for (const size_t place : places) {
    const auto& read = rows_of(*files_.at(place));
    if (auto found = read.find(path); found != read.end()) rows.add_all(found->second);
  }
  return rows;
}

const std::map<std::string, format::RowBitmap>& PositionDeletes::rows_of(File& file) const {
  file.read.call([&] {
    file.rows.clear();
    const auto place = source_.place_of(file.path);
    const std::string uri = source_.uri_of(file.path);
    std::mutex mutex;
    ParquetSelection selection;
    selection.fields = {{"file_path"}, {"pos"}};
    const bool any = parquet_.scan(*place.store, place.key, selection, [&](const format::ArrowView& rows) {
      const auto *paths = rows.find_field("0"), *positions = rows.find_field("1");
      if (!paths || !positions)
        throw Error(ErrorCode::bad_iceberg, uri + ": position deletes without file_path or pos");
      const std::lock_guard lock(mutex);
      for (int64_t row = 0; row < rows.size(); ++row)
        file.rows[std::string(paths->text(row))].add(static_cast<uint64_t>(positions->integer(row)));
    });
    if (!any) throw Error(ErrorCode::bad_iceberg, uri + ": position deletes without file_path or pos");
  });
  return file.rows;
}

}  // namespace weir::lake::iceberg
