// The live files of a table in little memory: texts in a few large blocks, partition values shared, nothing allocated
// per file. A list is immutable and shares its blocks with the lists it was derived from, so a table's next version
// costs 16 bytes per file plus what is new.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "lake/action.h"

namespace weir::lake {

// Files of one source (a checkpoint part, some commits), in order.
class FileChunk {
 public:
  // Error{bad_log} for a path that leaves the table.
  void append(const Add& add);
  size_t size() const { return size_bytes_.size(); }
  std::string_view path(size_t row) const { return slice(paths_, path_ends_, row); }
  std::string_view stats(size_t row) const { return slice(stats_, stats_ends_, row); }
  const PartitionValues& partition_values(size_t row) const { return partitions_[partition_[row]]; }
  int64_t size_bytes(size_t row) const { return size_bytes_[row]; }
  int64_t modification_time_ms(size_t row) const { return modified_ms_[row]; }
  Add add(size_t row) const;
  bool has_tag(size_t row, const std::string& tag) const;
  const DeletionVector* deletion_vector(size_t row) const;  // nullptr = none

 private:
  struct Extras {  // what few files have
    std::optional<DeletionVector> deletion_vector;
    std::optional<int64_t> base_row_id, default_row_commit_version;
    std::optional<std::string> clustering_provider;
  };
  static std::string_view slice(const std::string& text, const std::vector<uint64_t>& ends, size_t row) {
    uint64_t begin = row == 0 ? 0 : ends[row - 1];
    return std::string_view(text).substr(begin, ends[row] - begin);
  }
  uint32_t partition_index(const PartitionValues& values);
  uint32_t tags_index(const std::optional<std::map<std::string, std::string>>& tags);

  std::string paths_, stats_;
  std::vector<uint64_t> path_ends_, stats_ends_;
  std::vector<int64_t> size_bytes_, modified_ms_;
  std::vector<uint32_t> partition_;
  std::vector<bool> data_change_;
  std::vector<PartitionValues> partitions_;
  std::map<PartitionValues, uint32_t> partition_indexes_;
  std::vector<std::map<std::string, std::string>> tag_sets_;
  std::vector<uint32_t> tags_;  // per row: 1-based index into tag_sets_, 0 = none; empty as long as no file has tags
  std::unordered_map<uint32_t, Extras> extras_;
};

class FileList {
 public:
  size_t size() const { return refs_.size(); }
  std::string_view path(size_t i) const { return chunk(i).path(refs_[i].row); }
  std::string_view stats(size_t i) const { return chunk(i).stats(refs_[i].row); }  // "" = none
  const PartitionValues& partition_values(size_t i) const { return chunk(i).partition_values(refs_[i].row); }
  int64_t size_bytes(size_t i) const { return chunk(i).size_bytes(refs_[i].row); }
  int64_t modification_time_ms(size_t i) const { return chunk(i).modification_time_ms(refs_[i].row); }
  Add add(size_t i) const { return chunk(i).add(refs_[i].row); }
  const DeletionVector* deletion_vector(size_t i) const { return chunk(i).deletion_vector(refs_[i].row); }
  bool has_tag(size_t i, const std::string& tag) const { return chunk(i).has_tag(refs_[i].row, tag); }
  int64_t total_bytes() const { return total_bytes_; }
  // Position of a file by any spelling of its path, whatever its deletion vector; nullopt if it is not live.
  std::optional<size_t> find(const std::string& path) const;
  std::unordered_set<std::string> keys() const;  // file_key of each

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

class FileListBuilder {
 public:
  // Takes over all files of `base` but those that the changes touch, then adds the changes' live ones.
  static std::shared_ptr<const FileList> apply(const FileList& base, const FileChanges& changes);

  // A list from files in order, e.g. of a checkpoint. A file that comes twice is kept once.
  void append(const Add& add);
  std::shared_ptr<const FileList> finish();

 private:
  std::shared_ptr<FileChunk> chunk_ = std::make_shared<FileChunk>();
  std::vector<uint64_t> hashes_;
};

}  // namespace weir::lake
