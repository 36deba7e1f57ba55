#include "engine/duckdb/lake_table.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "engine/duckdb/types.h"
#include "lake/deletion_vector.h"

namespace weir::engine::duck {

using namespace duckdb;

const lake::FileStats& DataFile::stats(const lake::Metadata& metadata) const {
  decoded_.call([&] { stats_ = lake::parse_stats(*add_, metadata); });
  return stats_;
}

std::optional<int64_t> DataFile::row_count(const lake::Metadata& metadata) const {
  auto rows = stats(metadata).num_records;
  if (rows && add_->deletion_vector) *rows -= add_->deletion_vector->cardinality;
  return rows;
}

const format::RowBitmap* DataFile::deleted(const lake::TableLocation& table) const {
  if (!add_->deletion_vector) return nullptr;
  vector_read_.call([&] { deleted_ = lake::read_deletion_vector(table, *add_->deletion_vector); });
  return &deleted_;
}

const std::vector<FilePtr>& BaseFiles::files() const {
  loaded_.call([&] {
    auto& adds = snapshot_->files();
    files_.reserve(adds.size());
    for (auto& add : adds) files_.push_back(std::make_shared<const DataFile>(&add));
  });
  return files_;
}

namespace {

bool is_integer_name(const Json& type) {
  return type.is_string() && (type.as_string() == "byte" || type.as_string() == "short" ||
                              type.as_string() == "integer" || type.as_string() == "long");
}

bool was_widened(const lake::Field& field) {
  auto* changes = field.metadata.find("delta.typeChanges");
  bool widened = changes && changes->is_array() &&
                 std::any_of(changes->as_array().begin(), changes->as_array().end(), [](auto& change) {
                   auto *from = change.find("fromType"), *to = change.find("toType");
                   return !from || !to || !is_integer_name(*from) || !is_integer_name(*to);
                 });
  auto& inner = field.type.fields;
  return widened || std::any_of(inner.begin(), inner.end(), [](auto& child) { return was_widened(child); });
}

}  // namespace

std::vector<LakeColumn> columns_of(const lake::Metadata& metadata) {
  std::vector<LakeColumn> columns;
  for (auto& field : metadata.schema.fields) {
    auto& parts = metadata.partition_columns;
    bool partition = std::any_of(parts.begin(), parts.end(), [&](auto& part) { return iequals(part, field.name); });
    columns.push_back({field.name, field.physical_name(), to_duckdb(field.type), field.nullable, partition,
                       !partition && was_widened(field)});
  }
  return columns;
}

std::unique_ptr<TableState> TableState::copy() const {
  auto fresh = std::make_unique<TableState>(*this);
  fresh->list_ = std::make_shared<List>();
  return fresh;
}

StatePtr TableState::of(lake::TableName name, std::shared_ptr<const BaseFiles> base, std::string url) {
  auto state = std::make_shared<TableState>();
  auto& snapshot = *base->snapshot();
  state->name = std::move(name);
  state->location = snapshot.location();
  state->url = std::move(url);
  state->metadata = snapshot.metadata();
  state->protocol = snapshot.protocol();
  state->columns = columns_of(state->metadata);
  state->base = std::move(base);
  return state;
}

const std::vector<FilePtr>& TableState::files() const {
  list_->made.call([&] {
    std::set<const DataFile*> gone;
    for (auto& file : removed) gone.insert(file.get());
    if (base && !overwritten) {
      for (auto& file : base->files()) {
        if (!gone.count(file.get())) list_->files.push_back(file);
      }
    }
    list_->files.insert(list_->files.end(), added.begin(), added.end());
  });
  return list_->files;
}

std::optional<int64_t> TableState::row_count() const {
  int64_t rows = 0;
  for (auto& file : files()) {
    auto count = file->row_count(metadata);
    if (!count) return std::nullopt;
    rows += *count;
  }
  return rows;
}

FileBounds TableState::bounds(const DataFile& file, size_t column) const {
  auto& spec = columns[column];
  auto& stats = file.stats(metadata);
  FileBounds bounds;
  bounds.row_count = stats.num_records;
  if (spec.partition) {
    for (auto& [name, text] : file.add().partition_values) {
      if (iequals(name, spec.physical_name)) bounds.constant = partition_value(text, spec.type, spec.name);
    }
    return bounds;
  }
  auto found = stats.columns.find(spec.name);
  if (found == stats.columns.end()) return bounds;
  bounds.null_count = found->second.null_count;
  bounds.min = bound_value(found->second.min, spec.type);
  // NaN is the greatest float, but many writers leave it out of max: such a bound says nothing.
  if (spec.type.id() != LogicalTypeId::FLOAT && spec.type.id() != LogicalTypeId::DOUBLE)
    bounds.max = bound_value(found->second.max, spec.type);
  return bounds;
}

void TableState::note_operation(const std::string& next) {
  if (operation.empty() || operation == "WRITE")
    operation = next;
  else if (operation != next && next != "WRITE" && operation.rfind("CREATE", 0) != 0)
    operation = "MERGE";
}

}  // namespace weir::engine::duck
