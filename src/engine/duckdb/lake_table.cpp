#include "engine/duckdb/lake_table.h"

#include <algorithm>

#include "base/text.h"
#include "engine/duckdb/types.h"
#include "lake/deletion_vector.h"
#include "lake/history.h"

namespace weir::engine::duck {

using namespace duckdb;

const lake::Add& DataFile::add() const {
  if (list_)
    completed_.call([&] {
      if (auto text = list_->stats(index_); !text.empty()) add_.stats = std::string(text);
    });
  return add_;
}

const lake::FileStats& DataFile::stats(const lake::Metadata& metadata) const {
  decoded_.call([&] { stats_ = lake::parse_stats(add(), metadata); });
  return stats_;
}

std::optional<int64_t> DataFile::stored_rows() const {
  if (list_) return list_->records(index_);
  return add_.stats ? lake::rows_in_stats(*add_.stats) : std::nullopt;
}

std::optional<int64_t> DataFile::row_count() const {
  auto rows = stored_rows();
  if (deleted_elsewhere_) return std::nullopt;
  if (rows && add_.deletion_vector) *rows -= add_.deletion_vector->cardinality;
  return rows;
}

const format::RowBitmap* DataFile::deleted(const lake::TableLocation& table) const {
  if (!has_deleted()) return nullptr;
  vector_read_.call([&] {
    deleted_ = deleted_elsewhere_ ? deleted_elsewhere_() : lake::read_deletion_vector(table, *add_.deletion_vector);
  });
  return &deleted_;
}

const lake::FileList& BaseFiles::list() const {
  loaded_.call([&] { list_ = snapshot_->file_list(); });
  return *list_;
}

const FilePtr& BaseFiles::file(size_t index) const {
  list();
  std::lock_guard lock(mutex_);
  auto& file = files_[index];
  if (!file) file = std::make_shared<const DataFile>(list_, index);
  return file;
}

std::vector<FilePtr> BaseFiles::all() const {
  std::vector<FilePtr> all;
  for (size_t i = 0; i < list().size(); ++i) all.push_back(file(i));
  return all;
}

LiveFiles::LiveFiles(std::shared_ptr<const BaseFiles> base, const std::vector<FilePtr>& removed,
                     std::vector<FilePtr> added)
    : base_(std::move(base)), added_(std::move(added)) {
  if (!base_) return;
  from_base_ = base_->list().size();
  if (removed.empty()) return;
  std::vector<bool> gone(from_base_);
  for (auto& file : removed) gone[file->index()] = true;
  for (size_t i = 0; i < gone.size(); ++i) {
    if (!gone[i]) left_.push_back(i);
  }
  from_base_ = left_.size();
}

std::string LiveFiles::path(size_t number) const {
  return number < from_base_ ? std::string(base_->list().path(index(number)))
                             : added_[number - from_base_]->entry().path;
}

int64_t LiveFiles::size_bytes(size_t number) const {
  return number < from_base_ ? base_->list().size_bytes(index(number))
                             : added_[number - from_base_]->entry().size_bytes;
}

int64_t LiveFiles::total_bytes() const {
  const bool all_of_base = base_ && left_.empty() && from_base_ == base_->list().size();
  int64_t bytes = all_of_base ? base_->list().total_bytes() : 0;
  for (size_t number = all_of_base ? from_base_ : 0; number < size(); ++number) bytes += size_bytes(number);
  return bytes;
}

bool LiveFiles::has_deletion_vector(size_t number) const {
  return number < from_base_ ? base_->list().deletion_vector(index(number)) != nullptr
                             : added_[number - from_base_]->has_deleted();
}

std::optional<uint64_t> LiveFiles::partition_id(size_t number) const {
  if (number >= from_base_) return std::nullopt;
  auto& list = base_->list();
  auto place = list.place(index(number));
  return uint64_t{place.chunk} << 32 | list.chunk_at(place.chunk).partition_of(place.row);
}

std::vector<FilePtr> LiveFiles::all() const {
  std::vector<FilePtr> all;
  for (size_t i = 0; i < size(); ++i) all.push_back((*this)[i]);
  return all;
}

void LiveFiles::skip(const lake::Metadata& metadata, const lake::Predicate& predicate, std::vector<size_t>& keep,
                     std::vector<lake::SkipStep>* steps) const {
  if (predicate.everything()) return;
  auto staged = std::lower_bound(keep.begin(), keep.end(), from_base_);
  std::vector<size_t> of_staged(staged, keep.end());
  keep.erase(staged, keep.end());
  if (base_) {
    auto& list = base_->list();
    if (!left_.empty()) {
      for (auto& number : keep) number = index(number);
    }
    lake::skip_files(list, metadata, predicate, keep, steps);
    // Back to numbers: both lists ascend.
    if (!left_.empty()) {
      auto place = left_.begin();
      for (auto& number : keep) {
        place = std::lower_bound(place, left_.end(), number);
        number = static_cast<size_t>(place - left_.begin());
      }
    }
  }
  for (auto number : of_staged) {
    if (lake::may_match(added_[number - from_base_]->entry(), metadata, predicate)) keep.push_back(number);
  }
}

std::optional<int64_t> LiveFiles::row_count(const std::vector<size_t>& numbers) const {
  int64_t rows = 0;
  bool all_of_base = !numbers.empty() && numbers.front() < from_base_;
  if (all_of_base) base_->list().read_records();
  for (auto number : numbers) {
    std::optional<int64_t> count;
    if (number < from_base_) {
      auto& list = base_->list();
      count = list.records(index(number));
      if (auto* vector = list.deletion_vector(index(number)); count && vector) *count -= vector->cardinality;
    } else {
      count = added_[number - from_base_]->row_count();
    }
    if (!count) return std::nullopt;
    rows += *count;
  }
  return rows;
}

uint64_t LiveFiles::estimated_rows(const std::vector<size_t>& numbers) const {
  // So few are read at once; of more, only what filters have read is known.
  constexpr size_t few = 4096;
  if (base_ && from_base_ > 0 && base_->list().size() <= few) base_->list().read_records();
  int64_t rows = 0;
  for (auto number : numbers) {
    std::optional<int64_t> count;
    if (number >= from_base_) {
      count = added_[number - from_base_]->row_count();
    } else {
      auto& list = base_->list();
      if (list.chunk_at(list.place(index(number)).chunk).knows_records()) count = list.records(index(number));
      if (auto* vector = list.deletion_vector(index(number)); count && vector) *count -= vector->cardinality;
    }
    // Without statistics a guess from the size has to do.
    rows += count ? *count : std::max<int64_t>(1, size_bytes(number) / 64);
  }
  return static_cast<uint64_t>(std::max<int64_t>(0, rows));
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
    std::shared_ptr<const lake::StatsLeaf> statistics;
    if (field.type.is_primitive())
      statistics = std::make_shared<const lake::StatsLeaf>(lake::StatsLeaf{{field.physical_name()}, field});
    columns.push_back({field.name, field.physical_name(), to_duckdb(field), field.nullable, partition,
                       !partition && was_widened(field), std::move(statistics)});
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

const LiveFiles& TableState::files() const {
  list_->made.call([&] { list_->files.emplace(overwritten ? nullptr : base, removed, added); });
  return *list_->files;
}

std::optional<int64_t> TableState::row_count() const {
  std::vector<size_t> all(files().size());
  for (size_t i = 0; i < all.size(); ++i) all[i] = i;
  return files().row_count(all);
}

namespace {

// Of one column, and the number of rows where the same reading tells it.
lake::ColumnBounds statistics_of(const DataFile& file, const LakeColumn& column, const lake::Metadata& metadata,
                                 std::optional<int64_t>& rows) {
  if (!column.statistics) return {};
  if (auto* list = file.list()) {
    auto place = list->place(file.index());
    auto read = list->chunk_at(place.chunk).bounds({*column.statistics}).front();
    auto records = (*read.num_records)[place.row];
    if (records >= 0) rows = records;
    return read.column->at(place.row);
  }
  auto& stats = file.stats(metadata);
  rows = stats.num_records;
  auto found = stats.columns.find(column.name);
  return found == stats.columns.end() ? lake::ColumnBounds() : found->second;
}

}  // namespace

FileBounds TableState::bounds(const DataFile& file, size_t column) const {
  auto& spec = columns[column];
  FileBounds bounds;
  if (spec.partition) {
    for (auto& [name, text] : file.entry().partition_values) {
      if (iequals(name, spec.physical_name)) bounds.constant = partition_value(text, spec.type, spec.name);
    }
    return bounds;
  }
  auto found = statistics_of(file, spec, metadata, bounds.row_count);
  bounds.null_count = found.null_count;
  bounds.min = bound_value(found.min, spec.type);
  // NaN is the greatest float, but many writers leave it out of max: such a bound says nothing.
  if (spec.type.id() != LogicalTypeId::FLOAT && spec.type.id() != LogicalTypeId::DOUBLE)
    bounds.max = bound_value(found.max, spec.type);
  return bounds;
}

lake::Domains TableState::domains() const {
  auto known = base ? snapshot()->domains() : lake::Domains();
  if (clustering) known[clustering->domain] = *clustering;
  return known;
}

void TableState::note_operation(const std::string& next) {
  if (operation.empty() || operation == "WRITE")
    operation = next;
  else if (operation != next && next != "WRITE" && operation.rfind("CREATE", 0) != 0)
    operation = "MERGE";
}

}  // namespace weir::engine::duck
