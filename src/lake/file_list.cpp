#include "lake/file_list.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <map>

#include "base/parallel.h"

namespace weir::lake {

namespace {

uint64_t hash_of(std::string_view key) { return std::hash<std::string_view>()(key); }

uint64_t hash_of_path(std::string_view path, bool plain) {
  return plain ? hash_of(path) : hash_of(logical_path(std::string(path)));
}

std::string path_of(const FileChunk& chunk, size_t row) { return logical_path(std::string(chunk.path(row))); }

std::string key_of(const FileChunk& chunk, size_t row) {
  const DeletionVector* vector = chunk.deletion_vector(row);
  return file_key(std::string(chunk.path(row)), vector ? std::optional(*vector) : std::nullopt);
}

bool same_file(const FileChunk& a, size_t a_row, const FileChunk& b, size_t b_row) {
  return key_of(a, a_row) == key_of(b, b_row);
}

// Sources are read in parallel, each once for all of its chunks that have something to read.
void each_source(const std::vector<const FileChunk*>& chunks,
                 const std::function<void(const std::vector<const FileChunk*>&)>& read) {
  std::map<const StatsSource*, std::vector<const FileChunk*>> of_sources;
  std::vector<std::vector<const FileChunk*>> groups;
  for (const auto* chunk : chunks) {
    if (chunk->size() == 0) continue;
    if (chunk->knows_texts())
      groups.push_back({chunk});
    else
      of_sources[chunk->source().get()].push_back(chunk);
  }
  for (auto& [source, group] : of_sources) groups.push_back(std::move(group));
  parallel_for(groups.size(), 0, [&](size_t i) { read(groups[i]); });
}

}  // namespace

Add FileList::add(size_t i) const {
  Add add = entry(i);
  if (std::string_view text = stats(i); !text.empty()) add.stats = std::string(text);
  return add;
}

void FileList::read_stats_texts() const {
  std::vector<const FileChunk*> unread;
  for (const auto& chunk : chunks_)
    if (!chunk->knows_texts()) unread.push_back(chunk.get());
  each_source(unread, FileChunk::read_texts);
}

void FileList::read_bounds(const std::vector<bool>& chunks, const std::vector<StatsLeaf>& leaves) const {
  std::vector<const FileChunk*> unread;
  for (size_t i = 0; i < chunks_.size(); ++i)
    if (chunks[i] && !chunks_[i]->knows(leaves)) unread.push_back(chunks_[i].get());
  each_source(unread, [&](const auto& group) { FileChunk::read_bounds(group, leaves); });
}

void FileList::read_records() const { read_bounds(std::vector<bool>(chunks_.size(), true), {}); }

bool FileList::knows_records() const {
  return std::all_of(chunks_.begin(), chunks_.end(), [](const auto& chunk) { return chunk->knows_records(); });
}

std::optional<int64_t> FileList::records(size_t i) const {
  const int64_t records = (*chunk(i).records())[refs_[i].row];
  return records < 0 ? std::nullopt : std::optional(records);
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

std::shared_ptr<const FileList> FileListBuilder::apply(const std::shared_ptr<const FileList>& before,
                                                       const FileChanges& changes) {
  if (changes.touched().empty()) return before;
  const FileList& base = *before;
  std::unordered_set<uint64_t> touched;
  for (const auto& [key, add] : changes.touched())
    touched.insert(hash_of(std::string_view(key).substr(0, key.find('\0'))));
  auto list = std::make_shared<FileList>();
  list->chunks_ = base.chunks_;
  list->total_bytes_ = base.total_bytes_;
  list->refs_.reserve(base.refs_.size() + changes.touched().size());
  for (size_t i = 0; i < base.refs_.size(); ++i) {
    const auto& ref = base.refs_[i];
    bool gone = touched.contains(ref.hash) && changes.touched().contains(key_of(base.chunk(i), ref.row));
    if (gone)
      list->total_bytes_ -= base.size_bytes(i);
    else
      list->refs_.push_back(ref);
  }
  auto chunk = std::make_shared<FileChunk>();
  auto number = static_cast<uint32_t>(list->chunks_.size());
  for (const Add* add : changes.live()) {
    const auto row = static_cast<uint32_t>(chunk->size());
    list->refs_.push_back({hash_of_path(add->path, chunk->append(*add)), number, row});
    list->total_bytes_ += add->size_bytes;
  }
  if (chunk->size() > 0) list->chunks_.push_back(std::move(chunk));
  gather_small_chunks(*list);
  return list;
}

void FileListBuilder::gather_small_chunks(FileList& list) {
  constexpr long max_small = 256;
  const auto small = [](const auto& chunk) {
    return !chunk->source() && !chunk->origin() && chunk->size() < FileChunk::max_files;
  };
  if (std::count_if(list.chunks_.begin(), list.chunks_.end(), small) <= max_small) return;
  std::vector<std::shared_ptr<const FileChunk>> chunks;
  std::vector<uint32_t> kept(list.chunks_.size());  // number of a chunk that stays, plus 1
  for (size_t i = 0; i < list.chunks_.size(); ++i) {
    if (small(list.chunks_[i])) continue;
    chunks.push_back(list.chunks_[i]);
    kept[i] = static_cast<uint32_t>(chunks.size());
  }
  auto gathered = std::make_shared<FileChunk>();
  for (size_t i = 0; i < list.size(); ++i) {
    auto& ref = list.refs_[i];
    if (kept[ref.chunk] > 0) {
      ref.chunk = kept[ref.chunk] - 1;
      continue;
    }
    gathered->append(list.add(i));
    ref = {ref.hash, static_cast<uint32_t>(chunks.size()), static_cast<uint32_t>(gathered->size() - 1)};
  }
  if (gathered->size() > 0) chunks.push_back(std::move(gathered));
  list.chunks_ = std::move(chunks);
}

FileChunk& FileListPart::chunk() {
  if (chunks_.empty() || chunks_.back()->size() == FileChunk::max_files) {
    chunks_.push_back(std::make_shared<FileChunk>(origin_, source_));
    if (source_) chunks_.back()->reserve_all();  // a large object
  }
  return *chunks_.back();
}

void FileListPart::note(bool plain_path) {
  hashes_.push_back(hash_of_path(chunks_.back()->path(chunks_.back()->size() - 1), plain_path));
}

void FileListPart::append(const Add& add) { note(chunk().append(add)); }

std::shared_ptr<const FileList> FileListBuilder::join(std::vector<FileListPart> parts) {
  auto list = std::make_shared<FileList>();
  size_t files = 0;
  for (const auto& part : parts) files += part.hashes_.size();
  list->refs_.reserve(files);
  // Open addressing over positions in the list plus 1 (0 = free): the parts of a checkpoint may repeat a file if two
  // writers raced.
  std::vector<uint32_t> slots(std::bit_ceil(files * 2 + 1), 0);
  for (auto& part : parts) {
    auto hash = part.hashes_.begin();
    for (auto& chunk : part.chunks_) {
      const auto chunk_number = static_cast<uint32_t>(list->chunks_.size());
      list->chunks_.push_back(std::move(chunk));
      const FileChunk& now = *list->chunks_.back();
      for (uint32_t row = 0; row < now.size(); ++row, ++hash) {
        size_t slot = *hash & (slots.size() - 1);
        bool repeated = false;
        for (; slots[slot] != 0 && !repeated; slot = (slot + 1) & (slots.size() - 1)) {
          const auto& other = list->refs_[slots[slot] - 1];
          repeated = other.hash == *hash && same_file(*list->chunks_[other.chunk], other.row, now, row);
        }
        if (repeated) continue;
        list->refs_.push_back({*hash, chunk_number, row});
        slots[slot] = static_cast<uint32_t>(list->refs_.size());
        list->total_bytes_ += now.size_bytes(row);
      }
    }
  }
  return list;
}

}  // namespace weir::lake
