#include "lake/file_chunk.h"

#include <algorithm>

namespace weir::lake {

void FileChunk::reserve_all() {
  constexpr size_t path_bytes = 96;
  paths_.reserve(max_files * path_bytes);
  path_ends_.reserve(max_files);
  size_bytes_.reserve(max_files);
  modified_ms_.reserve(max_files);
  data_change_.reserve(max_files);
  partition_.reserve(max_files);
  source_rows_.reserve(max_files);
}

uint32_t FileChunk::partition(const PartitionValues& values) {
  if (!partition_.empty() && partitions_[partition_.back()] == values) return partition_.back();
  auto [found, fresh] = partition_indexes_.emplace(values, static_cast<uint32_t>(partitions_.size()));
  if (fresh) partitions_.push_back(values);
  return found->second;
}

bool FileChunk::append_row(std::string_view path, int64_t size_bytes, int64_t modification_time_ms, bool data_change,
                           uint32_t partition) {
  const bool plain = is_plain_path(path);
  if (!plain) decoded_path(std::string(path));
  paths_ += path;
  path_ends_.push_back(paths_.size());
  size_bytes_.push_back(size_bytes);
  modified_ms_.push_back(modification_time_ms);
  data_change_.push_back(data_change);
  partition_.push_back(partition);
  return plain;
}

bool FileChunk::append(std::string_view path, int64_t size_bytes, int64_t modification_time_ms, bool data_change,
                       uint32_t partition, int64_t source_row) {
  source_rows_.push_back(source_row);
  return append_row(path, size_bytes, modification_time_ms, data_change, partition);
}

bool FileChunk::append(const Add& add) {
  const bool plain =
      append_row(add.path, add.size_bytes, add.modification_time_ms, add.data_change, partition(add.partition_values));
  set_stats(add.stats ? std::string_view(*add.stats) : std::string_view());
  if (add.tags) set_tags(*add.tags);
  if (add.deletion_vector) set_deletion_vector(*add.deletion_vector);
  if (add.base_row_id || add.default_row_commit_version)
    set_row_tracking(add.base_row_id, add.default_row_commit_version);
  if (add.clustering_provider) set_clustering_provider(*add.clustering_provider);
  return plain;
}

void FileChunk::set_stats(std::string_view text) {
  own_texts_.text += text;
  own_texts_.ends.push_back(own_texts_.text.size());
}

void FileChunk::set_tags(const std::map<std::string, std::string>& tags) {
  // Files of one writer carry the same tags; sets that are as many as files are kept one by one.
  if (tag_sets_.empty() || tag_sets_.back() != tags) tag_sets_.push_back(tags);
  tags_.resize(size() - 1, 0);
  tags_.push_back(static_cast<uint32_t>(tag_sets_.size()));
}

void FileChunk::set_deletion_vector(DeletionVector vector) { extras_of_last().deletion_vector = std::move(vector); }

void FileChunk::set_row_tracking(std::optional<int64_t> base_row_id,
                                 std::optional<int64_t> default_row_commit_version) {
  Extras& extras = extras_of_last();
  extras.base_row_id = base_row_id;
  extras.default_row_commit_version = default_row_commit_version;
}

void FileChunk::set_clustering_provider(std::string provider) {
  extras_of_last().clustering_provider = std::move(provider);
}

Add FileChunk::entry(size_t row) const {
  Add add;
  add.path = path(row);
  add.partition_values = partition_values(row);
  add.size_bytes = size_bytes_[row];
  add.modification_time_ms = modified_ms_[row];
  add.data_change = data_change_[row];
  if (row < tags_.size() && tags_[row] > 0) add.tags = tag_sets_[tags_[row] - 1];
  if (auto extras = extras_.find(static_cast<uint32_t>(row)); extras != extras_.end()) {
    add.deletion_vector = extras->second.deletion_vector;
    add.base_row_id = extras->second.base_row_id;
    add.default_row_commit_version = extras->second.default_row_commit_version;
    add.clustering_provider = extras->second.clustering_provider;
  }
  return add;
}

bool FileChunk::has_tag(size_t row, const std::string& tag) const {
  return row < tags_.size() && tags_[row] > 0 && tag_sets_[tags_[row] - 1].contains(tag);
}

const DeletionVector* FileChunk::deletion_vector(size_t row) const {
  if (extras_.empty()) return nullptr;
  auto extras = extras_.find(static_cast<uint32_t>(row));
  return extras == extras_.end() || !extras->second.deletion_vector ? nullptr : &*extras->second.deletion_vector;
}

std::optional<size_t> FileChunk::row_of(int64_t source_row) const {
  // Rows of a source mostly follow each other without a gap.
  const auto guess = static_cast<size_t>(source_row - source_rows_.front());
  if (guess < source_rows_.size() && source_rows_[guess] == source_row) return guess;
  auto found = std::lower_bound(source_rows_.begin(), source_rows_.end(), source_row);
  if (found == source_rows_.end() || *found != source_row) return std::nullopt;
  return static_cast<size_t>(found - source_rows_.begin());
}

bool FileChunk::knows_texts() const {
  std::lock_guard lock(mutex_);
  return !source_ || read_texts_;
}

bool FileChunk::knows_records() const {
  std::lock_guard lock(mutex_);
  return records_ != nullptr;
}

bool FileChunk::knows(const std::vector<StatsLeaf>& leaves) const {
  std::lock_guard lock(mutex_);
  return records_ &&
         std::all_of(leaves.begin(), leaves.end(), [&](const StatsLeaf& leaf) { return bounds_.contains(leaf.key()); });
}

std::string_view FileChunk::stats(size_t row) const {
  if (!source_) return own_texts_.at(row);
  if (!knows_texts()) read_texts({this});
  std::lock_guard lock(mutex_);
  return read_texts_->at(row);
}

std::vector<FileChunk::Bounds> FileChunk::bounds(const std::vector<StatsLeaf>& leaves) const {
  if (!knows(leaves)) read_bounds({this}, leaves);
  std::vector<Bounds> found;
  found.reserve(leaves.size());
  std::lock_guard lock(mutex_);
  for (const auto& leaf : leaves) found.push_back({bounds_.at(leaf.key()), records_});
  return found;
}

std::shared_ptr<const std::vector<int64_t>> FileChunk::records() const {
  if (!knows_records()) read_bounds({this}, {});
  std::lock_guard lock(mutex_);
  return records_;
}

// What is read of one chunk, until it is kept.
class FileChunk::BoundsOfChunk {
 public:
  BoundsOfChunk(const FileChunk& chunk, const std::vector<StatsLeaf>& leaves)
      : chunk_(chunk), records_(std::make_shared<std::vector<int64_t>>(chunk.size(), -1)) {
    for (const auto& leaf : leaves) columns_.push_back(std::make_shared<BoundsColumn>(leaf.field.type, chunk.size()));
  }
  void set(size_t row, const StatsTextReader::Found& found) {
    (*records_)[row] = found.num_records;
    for (size_t i = 0; i < columns_.size(); ++i) columns_[i]->set(row, found.bounds[i]);
  }
  void keep(const std::vector<StatsLeaf>& leaves) {
    std::lock_guard lock(chunk_.mutex_);
    for (size_t i = 0; i < columns_.size(); ++i) chunk_.bounds_[leaves[i].key()] = std::move(columns_[i]);
    chunk_.records_ = std::move(records_);
  }

 private:
  const FileChunk& chunk_;
  std::shared_ptr<std::vector<int64_t>> records_;
  std::vector<std::shared_ptr<BoundsColumn>> columns_;
};

namespace {

// Chunks are those of one source in its order.
StatsSource::Rows together(const StatsSource::Rows& first, const StatsSource::Rows& last) {
  return {first.first, last.last};
}

}  // namespace

void FileChunk::read_texts(const std::vector<const FileChunk*>& chunks) {
  std::vector<std::shared_ptr<Texts>> texts;
  for (const auto* chunk : chunks) {
    texts.push_back(std::make_shared<Texts>());
    texts.back()->ends.reserve(chunk->size());
  }
  size_t now = 0;
  const auto pad = [&](size_t rows) { texts[now]->ends.resize(rows, texts[now]->text.size()); };
  const auto rows = together(chunks.front()->source_rows(), chunks.back()->source_rows());
  chunks.front()->source_->texts(rows, [&](int64_t row, std::string_view text) {
    if (row > rows.last) return;
    while (row > chunks[now]->source_rows_.back()) {
      pad(chunks[now]->size());
      ++now;
    }
    const auto place = chunks[now]->row_of(row);
    if (!place) return;
    pad(*place);  // rows that were passed over have none
    texts[now]->text += text;
    texts[now]->ends.push_back(texts[now]->text.size());
  });
  for (; now < chunks.size(); ++now) pad(chunks[now]->size());
  for (size_t i = 0; i < chunks.size(); ++i) {
    std::lock_guard lock(chunks[i]->mutex_);
    if (!chunks[i]->read_texts_) chunks[i]->read_texts_ = std::move(texts[i]);
  }
}

void FileChunk::read_bounds(const std::vector<const FileChunk*>& chunks, const std::vector<StatsLeaf>& leaves) {
  std::vector<BoundsOfChunk> found;
  found.reserve(chunks.size());
  for (const auto* chunk : chunks) found.emplace_back(*chunk, leaves);
  if (chunks.front()->knows_texts()) {
    StatsTextReader reader(leaves);
    for (size_t i = 0; i < chunks.size(); ++i)
      for (size_t row = 0; row < chunks[i]->size(); ++row) found[i].set(row, reader.read(chunks[i]->stats(row)));
  } else {
    const auto rows = together(chunks.front()->source_rows(), chunks.back()->source_rows());
    const auto ends_before = [](const FileChunk* chunk, int64_t row) { return chunk->source_rows_.back() < row; };
    chunks.front()->source_->bounds(rows, leaves, [&](int64_t row, const StatsTextReader::Found& of_row) {
      const auto chunk = std::lower_bound(chunks.begin(), chunks.end(), row, ends_before);
      if (chunk == chunks.end()) return;
      if (const auto place = (*chunk)->row_of(row))
        found[static_cast<size_t>(chunk - chunks.begin())].set(*place, of_row);
    });
  }
  for (auto& of_chunk : found) of_chunk.keep(leaves);
}

}  // namespace weir::lake
