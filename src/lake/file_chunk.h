// Files of one source (a part of a checkpoint, some commits) in order, in a few large blocks. What a checkpoint says of
// their statistics is read when somebody asks, and then kept.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/huge_pages.h"
#include "lake/action.h"
#include "lake/bounds_column.h"
#include "lake/stats_source.h"

namespace weir::lake {

// The object that the files of some chunks were read from.
struct ChunkOrigin {
  std::string key;
  size_t files = 0;          // that it adds, in all chunks together
  size_t other_actions = 0;  // that it holds besides
};

class FileChunk {
 public:
  // A chunk is full at this many files; so many rows are read anew at least when statistics are asked for.
  static constexpr size_t max_files = 65'536;

  FileChunk() = default;
  // `source`: where the statistics stay; nullptr if they come with the files, as texts.
  FileChunk(std::shared_ptr<const ChunkOrigin> origin, std::shared_ptr<const StatsSource> source)
      : origin_(std::move(origin)), source_(std::move(source)) {}

  // For a chunk that will be full, or nearly so: what is not used costs address space only.
  void reserve_all();
  // Both tell whether is_plain_path(); Error{bad_log} for a path that leaves the table.
  bool append(const Add& add);
  // `source_row`: in ascending order. The partition is one that partition() gave.
  bool append(std::string_view path, int64_t size_bytes, int64_t modification_time_ms, bool data_change,
              uint32_t partition, int64_t source_row);
  uint32_t partition(const PartitionValues& values);
  // Of the file appended last; set_stats() is called for each, in a chunk without a source.
  void set_stats(std::string_view text);
  void set_tags(const std::map<std::string, std::string>& tags);
  void set_deletion_vector(DeletionVector vector);
  void set_row_tracking(std::optional<int64_t> base_row_id, std::optional<int64_t> default_row_commit_version);
  void set_clustering_provider(std::string provider);

  size_t size() const { return size_bytes_.size(); }
  std::string_view path(size_t row) const {
    const uint64_t begin = row == 0 ? 0 : path_ends_[row - 1];
    return std::string_view(paths_).substr(begin, path_ends_[row] - begin);
  }
  size_t partition_count() const { return partitions_.size(); }
  uint32_t partition_of(size_t row) const { return partition_[row]; }
  const PartitionValues& partition_at(uint32_t partition) const { return partitions_[partition]; }
  const PartitionValues& partition_values(size_t row) const { return partitions_[partition_[row]]; }
  int64_t size_bytes(size_t row) const { return size_bytes_[row]; }
  int64_t modification_time_ms(size_t row) const { return modified_ms_[row]; }
  bool has_tag(size_t row, const std::string& tag) const;
  const DeletionVector* deletion_vector(size_t row) const;  // nullptr = none
  Add entry(size_t row) const;                              // all but the statistics
  const std::shared_ptr<const StatsSource>& source() const { return source_; }
  const ChunkOrigin* origin() const { return origin_.get(); }  // nullptr: commits, or several objects

  // Statistics, thread-safe. Reading may throw (StatsSource).
  std::string_view stats(size_t row) const;  // "" = none
  struct Bounds {
    std::shared_ptr<const BoundsColumn> column;
    std::shared_ptr<const std::vector<int64_t>> num_records;  // -1 = unknown
  };
  // One for each leaf; with no leaf, num_records alone is read: records().
  std::vector<Bounds> bounds(const std::vector<StatsLeaf>& leaves) const;
  std::shared_ptr<const std::vector<int64_t>> records() const;
  bool knows_texts() const;
  bool knows_records() const;
  bool knows(const std::vector<StatsLeaf>& leaves) const;

  // For many chunks of one source at once: reads it a single time.
  static void read_texts(const std::vector<const FileChunk*>& chunks);
  static void read_bounds(const std::vector<const FileChunk*>& chunks, const std::vector<StatsLeaf>& leaves);

 private:
  struct Extras {  // what few files have
    std::optional<DeletionVector> deletion_vector;
    std::optional<int64_t> base_row_id, default_row_commit_version;
    std::optional<std::string> clustering_provider;
  };
  struct Texts {
    std::string text;
    std::vector<uint64_t> ends;
    std::string_view at(size_t row) const {
      const uint64_t begin = row == 0 ? 0 : ends[row - 1];
      return std::string_view(text).substr(begin, ends[row] - begin);
    }
  };
  class BoundsOfChunk;
  bool append_row(std::string_view path, int64_t size_bytes, int64_t modification_time_ms, bool data_change,
                  uint32_t partition);
  Extras& extras_of_last() { return extras_[static_cast<uint32_t>(size() - 1)]; }
  std::optional<size_t> row_of(int64_t source_row) const;
  StatsSource::Rows source_rows() const { return {source_rows_.front(), source_rows_.back()}; }

  std::basic_string<char, std::char_traits<char>, HugePageAllocator<char>> paths_;
  std::vector<uint64_t> path_ends_;
  std::vector<int64_t> size_bytes_, modified_ms_;
  std::vector<uint32_t> partition_;
  std::vector<bool> data_change_;
  std::vector<PartitionValues> partitions_;
  std::map<PartitionValues, uint32_t> partition_indexes_;
  std::vector<std::map<std::string, std::string>> tag_sets_;
  std::vector<uint32_t> tags_;  // per row: 1-based index into tag_sets_, 0 = none; may end early
  std::unordered_map<uint32_t, Extras> extras_;

  std::shared_ptr<const ChunkOrigin> origin_;
  std::shared_ptr<const StatsSource> source_;
  std::vector<int64_t> source_rows_;
  Texts own_texts_;  // without a source

  mutable std::mutex mutex_;
  mutable std::shared_ptr<const Texts> read_texts_;
  mutable std::shared_ptr<const std::vector<int64_t>> records_;
  mutable std::map<std::string, std::shared_ptr<const BoundsColumn>> bounds_;  // by StatsLeaf::key()
};

}  // namespace weir::lake
