// A lake table as a transaction sees it: an immutable value made from a snapshot and of what was staged on it.
#pragma once

#include <cstdint>
#include <duckdb/common/types.hpp>
#include <duckdb/common/types/value.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/once.h"
#include "format/row_bitmap.h"
#include "lake/clustering.h"
#include "lake/file_skipping.h"
#include "lake/lake.h"
#include "lake/predicate.h"
#include "lake/snapshot.h"

namespace weir::engine::duck {

// One live data file. Its statistics are read when first asked for. Thread-safe.
class DataFile {
 public:
  // A file of a snapshot.
  DataFile(std::shared_ptr<const lake::FileList> list, size_t index)
      : list_(std::move(list)), index_(index), add_(list_->entry(index)) {}
  // `staged_ms`: the store's time of what the transaction wrote for it, the file or its deletion vector.
  DataFile(lake::Add staged, int64_t staged_ms) : add_(std::move(staged)), staged_ms_(staged_ms) {}
  // A file of another format's table. `deleted` gives the positions of rows that are gone; empty: none are, but for
  // those that the entry's deletion vector names.
  // `if_missing`: by column, the value of columns that the file does not hold.
  DataFile(lake::Add foreign, std::function<format::RowBitmap()> deleted,
           std::vector<std::pair<size_t, duckdb::Value>> if_missing)
      : add_(std::move(foreign)), deleted_elsewhere_(std::move(deleted)), if_missing_(std::move(if_missing)) {}
  const std::vector<std::pair<size_t, duckdb::Value>>& if_missing() const { return if_missing_; }
  const lake::Add& add() const;                    // the log's entry
  const lake::Add& entry() const { return add_; }  // the same, its statistics perhaps not there yet
  const lake::FileList* list() const { return list_.get(); }
  size_t index() const { return index_; }  // in the list
  // The transaction made this entry of the log; the object may be an older one that got a new deletion vector.
  bool staged() const { return list_ == nullptr; }
  int64_t staged_ms() const { return staged_ms_; }
  // Rows in the file, deleted ones included, and those that are not deleted; nullopt if the log does not tell.
  std::optional<int64_t> stored_rows() const;
  std::optional<int64_t> row_count() const;
  // Statistics of a staged file.
  const lake::FileStats& stats(const lake::Metadata& metadata) const;
  bool has_deleted() const { return add_.deletion_vector || deleted_elsewhere_; }
  // The positions of deleted rows, read when first asked for; nullptr = none.
  const format::RowBitmap* deleted(const lake::TableLocation& table) const;

 private:
  std::shared_ptr<const lake::FileList> list_;
  size_t index_ = 0;
  mutable lake::Add add_;
  int64_t staged_ms_ = 0;
  std::function<format::RowBitmap()> deleted_elsewhere_;
  std::vector<std::pair<size_t, duckdb::Value>> if_missing_;
  mutable Once completed_, decoded_, vector_read_;
  mutable lake::FileStats stats_;
  mutable format::RowBitmap deleted_;
};
using FilePtr = std::shared_ptr<const DataFile>;

// The files of one snapshot, replayed from the log when first asked for; shared by all states made from it.
// Thread-safe.
class BaseFiles {
 public:
  explicit BaseFiles(std::shared_ptr<const lake::Snapshot> snapshot) : snapshot_(std::move(snapshot)) {}
  const std::shared_ptr<const lake::Snapshot>& snapshot() const { return snapshot_; }
  const lake::FileList& list() const;
  // One and the same for one index, as long as this lives.
  const FilePtr& file(size_t index) const;
  std::vector<FilePtr> all() const;

 private:
  std::shared_ptr<const lake::Snapshot> snapshot_;
  mutable Once loaded_;
  mutable std::shared_ptr<const lake::FileList> list_;
  mutable std::mutex mutex_;
  mutable std::unordered_map<size_t, FilePtr> files_;  // those that were asked for
};

// The live files of a state by number: those of the base that are left, then the staged ones. Nothing is made for a
// file that nobody looks at.
class LiveFiles {
 public:
  LiveFiles(std::shared_ptr<const BaseFiles> base, const std::vector<FilePtr>& removed, std::vector<FilePtr> added);
  size_t size() const { return from_base_ + added_.size(); }
  bool empty() const { return size() == 0; }
  size_t staged_from() const { return from_base_; }  // the number of the first staged file
  const FilePtr& operator[](size_t number) const {
    return number < from_base_ ? base_->file(index(number)) : added_[number - from_base_];
  }
  std::string path(size_t number) const;  // as in the log
  int64_t size_bytes(size_t number) const;
  int64_t total_bytes() const;
  bool has_deletion_vector(size_t number) const;
  // Files with the same one have the same partition values; nullopt for staged files.
  std::optional<uint64_t> partition_id(size_t number) const;
  std::vector<FilePtr> all() const;
  // Takes out of `keep`, ascending numbers, the files of which no row can satisfy the predicate. `steps`: one for each
  // part of the predicate (lake/file_skipping.h).
  void skip(const lake::Metadata& metadata, const lake::Predicate& predicate, std::vector<size_t>& keep,
            std::vector<lake::SkipStep>* steps = nullptr) const;
  // Rows of these files that are not deleted; nullopt if the log does not tell.
  std::optional<int64_t> row_count(const std::vector<size_t>& numbers) const;
  // The same by what is at hand without reading, else guessed from sizes.
  uint64_t estimated_rows(const std::vector<size_t>& numbers) const;

 private:
  size_t index(size_t number) const { return left_.empty() ? number : left_[number]; }
  std::shared_ptr<const BaseFiles> base_;  // nullptr: none
  size_t from_base_ = 0;
  std::vector<size_t> left_;  // indexes in the base; empty = all of them
  std::vector<FilePtr> added_;
};

struct LakeColumn {
  std::string name, physical_name;
  duckdb::LogicalType type;
  bool nullable = true;
  bool partition = false;
  bool widened = false;  // it, or a field in it, was of a type that is no integer, or became one
  std::shared_ptr<const lake::StatsLeaf> statistics;  // nullptr: none can be kept of its type
};
// Columns as `metadata` gives them.
std::vector<LakeColumn> columns_of(const lake::Metadata& metadata);

// What the statistics (or the partition value) say of a column's values in one file.
struct FileBounds {
  std::optional<duckdb::Value> min, max;  // nullopt = unknown
  std::optional<duckdb::Value> constant;  // every row has this value, NULL being one: a partition value
  std::optional<int64_t> null_count, row_count;
};

class TableState {
 public:
  lake::TableName name;  // lower case
  lake::TableLocation location;
  std::string url;                        // prefix of its files' URLs
  bool files_anywhere = false;            // of another format: its files may lie outside of the lake
  std::shared_ptr<const BaseFiles> base;  // nullptr: created in this transaction
  lake::Metadata metadata;
  lake::Protocol protocol;
  std::vector<LakeColumn> columns;

  // What the transaction did to it.
  std::vector<FilePtr> added;                      // staged files that are live
  std::vector<FilePtr> removed;                    // files of the base that are not live any more
  std::vector<lake::Cdc> feed;                     // change data: all changes, if it is not empty
  bool metadata_changed = false;                   // differs from the base's
  std::optional<lake::DomainMetadata> clustering;  // differs from the base's
  bool moved_only = false;                         // rows were written anew, none changed
  bool overwritten = false;                        // CREATE OR REPLACE, TRUNCATE: nothing of the base is left
  std::string operation;                           // in Delta's words; "" = untouched
  Json operation_parameters = Json::object();
  int64_t rows_added = 0, rows_removed = 0;
  uint64_t bytes_added = 0;

  TableState() = default;
  // A state to change: shares everything but the list of files.
  std::unique_ptr<TableState> copy() const;
  // The state of a table right after opening.
  static std::shared_ptr<const TableState> of(lake::TableName name, std::shared_ptr<const BaseFiles> base,
                                              std::string url);

  const std::shared_ptr<const lake::Snapshot>& snapshot() const { return base->snapshot(); }
  const LiveFiles& files() const;
  std::optional<int64_t> row_count() const;  // if every file tells it
  FileBounds bounds(const DataFile& file, size_t column) const;
  bool partitioned() const { return !metadata.partition_columns.empty(); }
  lake::Domains domains() const;  // of the base, as far as the transaction has not changed them
  void note_operation(const std::string& next);

 private:
  struct List {
    Once made;
    std::optional<LiveFiles> files;
  };
  std::shared_ptr<List> list_ = std::make_shared<List>();
};
using StatePtr = std::shared_ptr<const TableState>;

}  // namespace weir::engine::duck
