#include "engine/duckdb/row_files.h"

#include <algorithm>
#include <cmath>
#include <duckdb/catalog/catalog.hpp>
#include <duckdb/catalog/catalog_entry/copy_function_catalog_entry.hpp>
#include <duckdb/parser/parsed_data/copy_info.hpp>
#include <shared_mutex>

#include "base/hash.h"
#include "base/text.h"
#include "engine/duckdb/types.h"
#include "lake/hudi/compat.h"
#include "lake/iceberg/compat.h"
#include "lake/iceberg/field_ids.h"
#include "lake/row_tracking.h"
#include "lake/stats_writer.h"
#include "lake/table_properties.h"

namespace weir::engine::duck {

using namespace duckdb;

namespace {

constexpr uint64_t row_group_rows = 122'880;
constexpr const char* change_type_column = "_change_type";

template <class T>
bool has_nan(Vector& vector, idx_t count) {
  UnifiedVectorFormat format;
  vector.ToUnifiedFormat(count, format);
  auto* data = UnifiedVectorFormat::GetData<T>(format);
  for (idx_t i = 0; i < count; ++i) {
    auto row = format.sel->get_index(i);
    if (format.validity.RowIsValid(row) && std::isnan(data[row])) return true;
  }
  return false;
}

// ---- statistics ----

// "a"."b" -> a.b; nullopt for names that hold a dot themselves.
std::optional<std::string> plain_path(const std::string& quoted) {
  std::string path;
  for (size_t i = 0; i < quoted.size();) {
    if (quoted[i] == '.') {
      path += '.';
      ++i;
      continue;
    }
    for (++i; i < quoted.size(); ++i) {
      if (quoted[i] == '"' && (++i >= quoted.size() || quoted[i] != '"')) break;
      if (quoted[i] == '.') return std::nullopt;
      path += quoted[i];
    }
  }
  return path;
}

// The field at a path of names without dots; nullptr if another column may be called so, too: "a.b" beside a.b.
const lake::Field* field_at(const lake::Schema& schema, const std::string& path) {
  const auto* level = &schema.fields;
  const lake::Field* field = nullptr;
  for (auto& name : split(path, '.')) {
    auto found = std::find_if(level->begin(), level->end(), [&](auto& each) { return each.name == name; });
    if (found == level->end()) return nullptr;
    field = &*found;
    level = &field->type.fields;
  }
  return schema.find_leaf(path) == field ? field : nullptr;
}

// The ids by which column mapping knows a field and those in it, in the form of COPY's option FIELD_IDS; NULL if it has
// none.
Value field_ids(const lake::Field& stored) {
  child_list_t<Value> parts;
  if (auto id = stored.id()) parts.emplace_back("__duckdb_field_id", Value::BIGINT(*id));
  for (auto& child : stored.type.fields) {
    if (auto ids = field_ids(child); !ids.IsNull()) parts.emplace_back(child.name, std::move(ids));
  }
  return parts.empty() ? Value() : Value::STRUCT(std::move(parts));
}

// ---- files ----

// Folder of a partition value. File systems allow names of 255 bytes: longer ones are told apart by a hash.
std::string partition_folder(const std::string& column, const std::optional<std::string>& text) {
  auto name = percent_encode(column, "-_.");
  auto folder = name + "=" + (text ? percent_encode(*text, "-_.") : "__HIVE_DEFAULT_PARTITION__");
  return folder.size() <= 200 ? folder : name.substr(0, 100) + "=" + sha256_hex(folder).substr(0, 32);
}

CopyInfo parquet_options(child_list_t<Value> field_ids) {
  CopyInfo info;
  info.format = "parquet";
  info.options["compression"] = {Value("zstd")};
  info.options["compression_level"] = {Value::BIGINT(1)};
  info.options["row_group_size"] = {Value::UBIGINT(row_group_rows)};
  info.options["parquet_version"] = {Value("V1")};
  if (!field_ids.empty()) info.options["field_ids"] = {Value::STRUCT(std::move(field_ids))};
  return info;
}

CopyFunction parquet_copy(ClientContext& context) {
  return Catalog::GetSystemCatalog(context)
      .GetEntry<CopyFunctionCatalogEntry>(context, DEFAULT_SCHEMA, "parquet")
      .function;
}

}  // namespace

struct RowFiles::OpenFile {
  std::string relative, url;
  lake::PartitionValues partition;
  duckdb::unique_ptr<GlobalFunctionData> writer;
  CopyFunctionFileStatistics stats;
  std::vector<std::atomic<bool>> nan;
  std::shared_mutex in_use;  // shared by rows that go in, exclusive to close
};

RowFiles::RowFiles(ClientContext& context, std::vector<LakeColumn> columns, lake::Schema schema,
                   std::map<std::string, std::string> configuration, FilesHold hold, bool tracked)
    : columns_(std::move(columns)),
      schema_(std::move(schema)),
      stored_(lake::iceberg::with_nested_ids(schema_).in_files()),
      configuration_(std::move(configuration)),
      hold_(hold),
      function_(parquet_copy(context)),
      target_bytes_(lake::target_file_bytes(configuration_)) {
  duckdb::vector<string> names;
  child_list_t<Value> ids;
  auto store = [&](size_t place) {
    auto& field = stored_.fields[place];
    data_.push_back(place);
    names.push_back(field.name);
    data_types_.push_back(to_duckdb(field.type));
    if (auto own = field_ids(field); !own.IsNull()) ids.emplace_back(field.name, std::move(own));
  };
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i].partition)
      partition_.push_back(i);
    else
      store(i);
  }
  // Readers of Hudi and Iceberg want partition columns in the files too, behind the others.
  if (hold_ == FilesHold::data && (lake::hudi::is_kept(configuration_) || lake::iceberg::is_compatible(configuration_)))
    for (auto place : partition_) store(place);
  auto more = [&](size_t place, const std::string& name, const LogicalType& type) {
    data_.push_back(place);
    names.push_back(name);
    data_types_.push_back(type);
  };
  if (hold_ == FilesHold::changes) {
    more(columns_.size() + (tracked ? 2 : 0), change_type_column, LogicalType::VARCHAR);
  } else if (tracked) {
    auto hidden = lake::row_id_columns(configuration_);
    if (!hidden)
      throw Error(ErrorCode::bad_log, "row tracking is on, but the log does not name the columns of row ids");
    more(columns_.size(), hidden->row_id, LogicalType::BIGINT);
    more(columns_.size() + 1, hidden->commit_version, LogicalType::BIGINT);
    if (lake::iceberg::compat_version(configuration_) >= 3) {
      const auto id = [](int64_t field) { return Value::STRUCT({{"__duckdb_field_id", Value::BIGINT(field)}}); };
      ids.emplace_back(hidden->row_id, id(lake::iceberg::row_id_field));
      ids.emplace_back(hidden->commit_version, id(lake::iceberg::row_version_field));
    }
  }
  auto info = parquet_options(std::move(ids));
  CopyFunctionBindInput input(info);
  bind_ = function_.copy_to_bind(context, input, names, data_types_);
}

RowFiles::~RowFiles() = default;

void RowFiles::keep_order(std::optional<lake::Cube> cube) {
  ordered_ = true;
  cube_ = std::move(cube);
}

bool RowFiles::is_full(OpenFile& file) const {
  return function_.rotate_next_file(*file.writer, bind(), optional_idx(target_bytes_));
}

std::shared_ptr<RowFiles::OpenFile> RowFiles::open(ClientContext& context, Global& global,
                                                   const duckdb::vector<Value>& partition) const {
  auto file = std::make_shared<OpenFile>();
  if (hold_ == FilesHold::changes) file->relative = "_change_data/";
  for (size_t i = 0; i < partition_.size(); ++i) {
    auto& column = columns_[partition_[i]].physical_name;
    auto text = partition_text(partition[i]);
    file->relative += partition_folder(column, text) + "/";
    file->partition[column] = std::move(text);
  }
  file->relative += global.transaction->next_file_name(configuration_);
  auto key = global.state->location.key(file->relative);
  file->url = global.state->url + key;
  file->nan = std::vector<std::atomic<bool>>(data_.size());
  global.transaction->will_write(global.state->location, key);
  file->writer = function_.copy_to_initialize_global(context, bind(), file->url);
  function_.copy_to_get_written_statistics(context, bind(), *file->writer, file->stats);
  return file;
}

std::string RowFiles::stats_of(OpenFile& file) const {
  std::map<std::string, lake::LeafStats> leaves;
  for (auto& [quoted, facts] : file.stats.column_statistics) {
    auto path = plain_path(quoted);
    auto* field = path ? field_at(stored_, *path) : nullptr;
    if (!field) continue;
    auto type = to_duckdb(field->type);
    lake::LeafStats leaf;
    for (auto& [name, value] : facts) {
      if (name == "min") leaf.min = stats_text(value, type);
      if (name == "max") leaf.max = stats_text(value, type);
      if (name == "null_count") leaf.null_count = value.GetValue<int64_t>();
    }
    // DuckDB's own flag tells of the last row group only; inside structs nobody looked.
    leaf.has_nan = type.IsFloating() && path->find('.') != std::string::npos;
    leaves[*path] = std::move(leaf);
  }
  for (size_t i = 0; i < data_.size(); ++i) {
    if (data_[i] >= columns_.size()) continue;
    auto leaf = leaves.find(columns_[data_[i]].physical_name);
    if (leaf != leaves.end() && file.nan[i]) leaf->second.has_nan = true;
  }
  std::vector<std::string> partition_columns;
  for (auto i : partition_) partition_columns.push_back(columns_[i].name);
  return lake::write_stats(schema_, partition_columns, configuration_, static_cast<int64_t>(file.stats.row_count),
                           leaves);
}

void RowFiles::close(ClientContext& context, Global& global, OpenFile& file) const {
  function_.copy_to_finalize(context, bind(), *file.writer);
  file.writer.reset();
  across(&global.transaction->session().errors, [&] {
    auto info = global.state->location.store->head(global.state->location.key(file.relative));
    if (!info) throw Error(ErrorCode::store_not_found, "the file just written is gone: " + file.relative);
    lake::Add add;
    add.path = lake::encode_path(file.relative);
    add.partition_values = file.partition;
    add.size_bytes = static_cast<int64_t>(info->size);
    add.modification_time_ms = info->modified_ms;
    if (hold_ == FilesHold::data) add.stats = stats_of(file);
    if (auto version = lake::iceberg::compat_version(configuration_))
      add.tags.emplace()[lake::iceberg::compat_tag] = std::to_string(version);
    if (cube_) lake::put_into_cube(add, *cube_);
    std::lock_guard lock(global.mutex);
    global.bytes += info->size;
    global.written.push_back(std::make_shared<const DataFile>(std::move(add), info->modified_ms));
  });
}

void RowFiles::note_nan(OpenFile& file, DataChunk& data) const {
  for (size_t i = 0; i < data_.size(); ++i) {
    auto type = data_types_[i].id();
    if (file.nan[i] || (type != LogicalTypeId::FLOAT && type != LogicalTypeId::DOUBLE)) continue;
    if (type == LogicalTypeId::FLOAT ? has_nan<float>(data.data[i], data.size())
                                     : has_nan<double>(data.data[i], data.size()))
      file.nan[i] = true;
  }
}

void RowFiles::with_shared_file(ClientContext& context, Global& global,
                                const std::function<void(OpenFile&)>& use) const {
  std::unique_lock lock(global.mutex);
  if (global.current && is_full(*global.current)) {
    auto full = std::exchange(global.current, nullptr);
    lock.unlock();
    {
      std::unique_lock last_user(full->in_use);
      close(context, global, *full);
    }
    lock.lock();
  }
  if (!global.current) global.current = open(context, global, global.partition);
  auto file = global.current;
  std::shared_lock using_it(file->in_use);  // taken before others may rotate the file
  lock.unlock();
  use(*file);
}

void RowFiles::close_partition(ExecutionContext& context, Global& global, Local& local) const {
  if (!local.current) return;
  function_.copy_to_combine(context, bind(), *local.current->writer, *local.rows);
  close(context.client, global, *local.current);
  local.current.reset();
  local.rows = function_.copy_to_initialize_local(context, bind());
}

duckdb::vector<Value> RowFiles::partition_of(DataChunk& rows, idx_t row) const {
  duckdb::vector<Value> partition;
  for (auto i : partition_) partition.push_back(rows.data[i].GetValue(row));
  return partition;
}

void RowFiles::sink_partitioned(ExecutionContext& context, Global& global, Local& local, DataChunk& rows) const {
  idx_t start = 0;
  while (start < rows.size()) {
    auto partition = partition_of(rows, start);
    idx_t end = start + 1;  // rows come sorted: one run per partition
    auto same = [&](idx_t row) {
      for (size_t i = 0; i < partition_.size(); ++i) {
        if (!Value::NotDistinctFrom(rows.data[partition_[i]].GetValue(row), partition[i])) return false;
      }
      return true;
    };
    if (same(rows.size() - 1)) end = rows.size();
    while (end < rows.size() && same(end)) ++end;
    bool other = local.current &&
                 !std::equal(partition.begin(), partition.end(), local.partition.begin(), Value::NotDistinctFrom);
    if (other || (local.current && is_full(*local.current))) close_partition(context, global, local);
    if (!local.current) local.current = open(context.client, global, partition);
    local.partition = std::move(partition);
    DataChunk run;
    run.InitializeEmpty(data_types_);
    for (size_t i = 0; i < data_.size(); ++i) run.data[i].Slice(rows.data[data_[i]], start, end);
    run.SetCardinality(end - start);
    note_nan(*local.current, run);
    function_.copy_to_sink(context, bind(), *local.current->writer, *local.rows, run);
    start = end;
  }
}

void RowFiles::start(ExecutionContext& context, Local& local) const {
  local.rows = function_.copy_to_initialize_local(context, bind());
  local.data.InitializeEmpty(data_types_);
}

void RowFiles::sink(ExecutionContext& context, Global& global, Local& local, DataChunk& rows) const {
  if (rows.size() == 0) return;
  if (!shares_files()) return sink_partitioned(context, global, local, rows);
  if (!partition_.empty()) {
    std::lock_guard lock(global.mutex);
    if (global.partition.empty()) global.partition = partition_of(rows, 0);
  }
  local.data.ReferenceColumns(rows, duckdb::vector<column_t>(data_.begin(), data_.end()));
  with_shared_file(context.client, global, [&](OpenFile& file) {
    note_nan(file, local.data);
    function_.copy_to_sink(context, bind(), *file.writer, *local.rows, local.data);
  });
}

void RowFiles::combine(ExecutionContext& context, Global& global, Local& local) const {
  if (!shares_files()) return close_partition(context, global, local);
  {
    std::lock_guard lock(global.mutex);
    if (!global.current) return;  // no row came
  }
  with_shared_file(context.client, global,
                   [&](OpenFile& file) { function_.copy_to_combine(context, bind(), *file.writer, *local.rows); });
}

void RowFiles::finish(ClientContext& context, Global& global) const {
  if (global.current) close(context, global, *global.current);
  global.current.reset();
}

}  // namespace weir::engine::duck
