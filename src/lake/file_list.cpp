#include "lake/file_list.h"

#include <fmt/format.h>

#include <bit>
#include <functional>

#include "base/error.h"
#include "base/text.h"

namespace weir::lake {

namespace {

uint64_t hash_of(const std::string& key) { return std::hash<std::string>()(key); }

std::string path_of(const FileChunk& chunk, size_t row) { return logical_path(std::string(chunk.path(row))); }

std::string key_of(const FileChunk& chunk, size_t row) {
  const DeletionVector* vector = chunk.deletion_vector(row);
  return file_key(std::string(chunk.path(row)), vector ? std::optional(*vector) : std::nullopt);
}

}  // namespace

uint32_t FileChunk::partition_index(const PartitionValues& values) {
  if (!partition_.empty() && partitions_[partition_.back()] == values) return partition_.back();
  auto [found, fresh] = partition_indexes_.emplace(values, static_cast<uint32_t>(partitions_.size()));
  if (fresh) partitions_.push_back(values);
  return found->second;
}

uint32_t FileChunk::tags_index(const std::optional<std::map<std::string, std::string>>& tags) {
  if (!tags) return 0;
  // Files of one writer carry the same tags; sets that are as many as files are kept one by one.
  if (!tag_sets_.empty() && tag_sets_.back() == *tags) return static_cast<uint32_t>(tag_sets_.size());
  tag_sets_.push_back(*tags);
  return static_cast<uint32_t>(tag_sets_.size());
}

void FileChunk::append(const Add& add) {
  decoded_path(add.path);
  paths_ += add.path;
  path_ends_.push_back(paths_.size());
  if (add.stats) stats_ += *add.stats;
  stats_ends_.push_back(stats_.size());
  partition_.push_back(partition_index(add.partition_values));
  size_bytes_.push_back(add.size_bytes);
  modified_ms_.push_back(add.modification_time_ms);
  data_change_.push_back(add.data_change);
  if (add.tags && tags_.empty()) tags_.resize(size() - 1, 0);
  if (add.tags || !tags_.empty()) tags_.push_back(tags_index(add.tags));
  if (add.deletion_vector || add.base_row_id || add.default_row_commit_version || add.clustering_provider)
    extras_.emplace(static_cast<uint32_t>(size() - 1), Extras{add.deletion_vector, add.base_row_id,
                                                              add.default_row_commit_version, add.clustering_provider});
}

Add FileChunk::add(size_t row) const {
  Add add;
  add.path = path(row);
  add.partition_values = partition_values(row);
  add.size_bytes = size_bytes_[row];
  add.modification_time_ms = modified_ms_[row];
  add.data_change = data_change_[row];
  if (std::string_view text = stats(row); !text.empty()) add.stats = std::string(text);
  if (!tags_.empty() && tags_[row] > 0) add.tags = tag_sets_[tags_[row] - 1];
  if (auto extras = extras_.find(static_cast<uint32_t>(row)); extras != extras_.end()) {
    add.deletion_vector = extras->second.deletion_vector;
    add.base_row_id = extras->second.base_row_id;
    add.default_row_commit_version = extras->second.default_row_commit_version;
    add.clustering_provider = extras->second.clustering_provider;
  }
  return add;
}

bool FileChunk::has_tag(size_t row, const std::string& tag) const {
  return !tags_.empty() && tags_[row] > 0 && tag_sets_[tags_[row] - 1].contains(tag);
}

const DeletionVector* FileChunk::deletion_vector(size_t row) const {
  auto extras = extras_.find(static_cast<uint32_t>(row));
  return extras == extras_.end() || !extras->second.deletion_vector ? nullptr : &*extras->second.deletion_vector;
}

std::optional<size_t> FileList::find(const std::string& path) const {
  std::string wanted = logical_path(path);
  uint64_t hash = hash_of(wanted);
  for (size_t i = 0; i < refs_.size(); ++i)
    if (refs_[i].hash == hash && path_of(chunk(i), refs_[i].row) == wanted) return i;
  return std::nullopt;
}

std::unordered_set<std::string> FileList::keys() const {
  std::unordered_set<std::string> keys;
  for (const auto& ref : refs_) keys.insert(key_of(*chunks_[ref.chunk], ref.row));
  return keys;
}

void FileChanges::apply(const std::vector<Action>& actions) {
  // Removes first: a commit may replace a file's entry by a remove and an add of the same path.
  for (const auto& action : actions)
    if (const auto* remove = std::get_if<Remove>(&action))
      touched_[file_key(remove->path, remove->deletion_vector)] = nullptr;
  for (const auto& action : actions)
    if (const auto* add = std::get_if<Add>(&action)) {
      std::string key = file_key(add->path, add->deletion_vector);
      touched_[key] = add;
      adds_.emplace_back(std::move(key), add);
    }
}

std::vector<const Add*> FileChanges::live() const {
  std::vector<const Add*> live;
  for (const auto& [key, add] : adds_)
    if (touched_.at(key) == add) live.push_back(add);
  return live;
}

std::shared_ptr<const FileList> FileListBuilder::apply(const FileList& base, const FileChanges& changes) {
  std::unordered_set<uint64_t> touched;
  for (const auto& [key, add] : changes.touched()) touched.insert(hash_of(key.substr(0, key.find('\0'))));
  auto list = std::make_shared<FileList>();
  list->chunks_ = base.chunks_;
  list->refs_.reserve(base.refs_.size() + changes.touched().size());
  for (size_t i = 0; i < base.refs_.size(); ++i) {
    const auto& ref = base.refs_[i];
    bool gone = touched.contains(ref.hash) && changes.touched().contains(key_of(base.chunk(i), ref.row));
    if (!gone) list->refs_.push_back(ref);
  }
  auto chunk = std::make_shared<FileChunk>();
  auto number = static_cast<uint32_t>(list->chunks_.size());
  for (const Add* add : changes.live()) {
    list->refs_.push_back({hash_of(logical_path(add->path)), number, static_cast<uint32_t>(chunk->size())});
    chunk->append(*add);
  }
  if (chunk->size() > 0) list->chunks_.push_back(std::move(chunk));
  for (size_t i = 0; i < list->size(); ++i) list->total_bytes_ += list->size_bytes(i);
  // Many small commits in one long process: their blocks hold files that are long gone.
  constexpr size_t max_chunks = 256;
  if (list->chunks_.size() <= max_chunks) return list;
  FileListBuilder compacted;
  for (size_t i = 0; i < list->size(); ++i) compacted.append(list->add(i));
  return compacted.finish();
}

void FileListBuilder::append(const Add& add) {
  chunk_->append(add);
  hashes_.push_back(hash_of(logical_path(add.path)));
}

std::shared_ptr<const FileList> FileListBuilder::finish() {
  auto list = std::make_shared<FileList>();
  list->refs_.reserve(hashes_.size());
  // Open addressing over row numbers (0 = free): the parts of a checkpoint may repeat a file if two writers raced.
  std::vector<uint32_t> slots(std::bit_ceil(hashes_.size() * 2 + 1), 0);
  for (uint32_t row = 0; row < hashes_.size(); ++row) {
    size_t slot = hashes_[row] & (slots.size() - 1);
    bool repeated = false;
    for (; slots[slot] != 0 && !repeated; slot = (slot + 1) & (slots.size() - 1)) {
      uint32_t other = slots[slot] - 1;
      repeated = hashes_[other] == hashes_[row] && key_of(*chunk_, other) == key_of(*chunk_, row);
    }
    if (repeated) continue;
    slots[slot] = row + 1;
    list->refs_.push_back({hashes_[row], 0, row});
    list->total_bytes_ += chunk_->size_bytes(row);
  }
  if (chunk_->size() > 0) list->chunks_.push_back(std::move(chunk_));
  chunk_ = std::make_shared<FileChunk>();
  hashes_.clear();
  return list;
}

}  // namespace weir::lake
