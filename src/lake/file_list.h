// The live files of a table in little memory: texts in a few large blocks, partition values shared, statistics left
// where they are until somebody asks, nothing allocated per file. A list is immutable and shares its chunks with the
// lists it was derived from, so a table's next version costs 16 bytes per file plus what is new. Thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "lake/action.h"
#include "lake/file_chunk.h"

namespace weir::lake {

class FileList {
 public:
  size_t size() const { return refs_.size(); }
  std::string_view path(size_t i) const { return chunk(i).path(refs_[i].row); }
  const PartitionValues& partition_values(size_t i) const { return chunk(i).partition_values(refs_[i].row); }
  int64_t size_bytes(size_t i) const { return chunk(i).size_bytes(refs_[i].row); }
  int64_t modification_time_ms(size_t i) const { return chunk(i).modification_time_ms(refs_[i].row); }
  const DeletionVector* deletion_vector(size_t i) const { return chunk(i).deletion_vector(refs_[i].row); }
  bool has_tag(size_t i, const std::string& tag) const { return chunk(i).has_tag(refs_[i].row, tag); }
  Add entry(size_t i) const { return chunk(i).entry(refs_[i].row); }  // all but the statistics
  int64_t total_bytes() const { return total_bytes_; }
  // Position of a file by any spelling of its path, whatever its deletion vector; nullopt if it is not live.
  std::optional<size_t> find(const std::string& path) const;
  std::unordered_set<std::string> keys() const;  // file_key of each

  // Statistics are read here if they are not at hand, for one chunk at a time: before asking for those of many files,
  // have them read together. Errors of a source that is damaged or gone are those of ParquetIo.
  std::string_view stats(size_t i) const { return chunk(i).stats(refs_[i].row); }  // "" = none
  Add add(size_t i) const;
  void read_stats_texts() const;
  void read_records() const;  // their numbers of rows
  // The numbers of rows that the statistics tell, deleted ones included; nullopt = unknown.
  std::optional<int64_t> records(size_t i) const;
  bool knows_records() const;

  // The chunks, for work that goes through them. A chunk may hold files that are not in the list.
  size_t chunk_count() const { return chunks_.size(); }
  const FileChunk& chunk_at(size_t chunk) const { return *chunks_[chunk]; }
  struct Place {
    uint32_t chunk, row;
  };
  Place place(size_t i) const { return {refs_[i].chunk, refs_[i].row}; }
  // Has the bounds of these columns read in the chunks that are marked (one mark per chunk).
  void read_bounds(const std::vector<bool>& chunks, const std::vector<StatsLeaf>& leaves) const;

 private:
  friend class FileListBuilder;
  struct Ref {
    uint64_t hash;  // of the file's logical path
    uint32_t chunk, row;
  };
  const FileChunk& chunk(size_t i) const { return *chunks_[refs_[i].chunk]; }
  std::vector<std::shared_ptr<const FileChunk>> chunks_;
  std::vector<Ref> refs_;
  int64_t total_bytes_ = 0;
};

// What commits did to files: for each file touched, whether it is live afterwards.
class FileChanges {
 public:
  void apply(const std::vector<Action>& actions);  // of one commit; commits in ascending order
  const std::unordered_map<std::string, const Add*>& touched() const { return touched_; }
  // The live ones in the order in which they were added.
  std::vector<const Add*> live() const;

 private:
  // Key -> its add, nullptr if it was removed. The actions must outlive this object.
  std::unordered_map<std::string, const Add*> touched_;
  std::vector<std::pair<std::string, const Add*>> adds_;
};

// Files of one part of a checkpoint, in order.
class FileListPart {
 public:
  FileListPart() = default;
  // See FileChunk.
  FileListPart(std::shared_ptr<const ChunkOrigin> origin, std::shared_ptr<const StatsSource> source)
      : origin_(std::move(origin)), source_(std::move(source)) {}
  // The chunk that the next file belongs to. What is appended to it must be noted, with what append() told.
  FileChunk& chunk();
  void note(bool plain_path);
  void append(const Add& add);

 private:
  friend class FileListBuilder;
  std::shared_ptr<const ChunkOrigin> origin_;
  std::shared_ptr<const StatsSource> source_;
  std::vector<std::shared_ptr<FileChunk>> chunks_;
  std::vector<uint64_t> hashes_;  // of the files of all chunks
};

class FileListBuilder {
 public:
  // Takes over all files of `base` but those that the changes touch, then adds the changes' live ones.
  static std::shared_ptr<const FileList> apply(const std::shared_ptr<const FileList>& base, const FileChanges& changes);
  // A list of parts in order. A file that comes twice is kept once.
  static std::shared_ptr<const FileList> join(std::vector<FileListPart> parts);

 private:
  // Many small commits in one long process: their chunks hold files that are long gone.
  static void gather_small_chunks(FileList& list);
};

}  // namespace weir::lake
