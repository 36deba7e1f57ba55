// A lake table as a transaction sees it: an immutable value made from a snapshot and of what was staged on it.
#pragma once

#include <cstdint>
#include <duckdb/common/types.hpp>
#include <duckdb/common/types/value.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/once.h"
#include "format/row_bitmap.h"
#include "lake/lake.h"
#include "lake/predicate.h"
#include "lake/snapshot.h"

namespace weir::engine::duck {

// One live data file. Statistics are decoded when first asked for. Thread-safe.
class DataFile {
 public:
  explicit DataFile(const lake::Add* of_snapshot) : add_(of_snapshot) {}  // the snapshot must outlive this
  // `staged_ms`: the store's time of what the transaction wrote for it, the file or its deletion vector.
  DataFile(lake::Add staged, int64_t staged_ms)
      : own_(std::make_unique<lake::Add>(std::move(staged))), add_(own_.get()), staged_ms_(staged_ms) {}
  const lake::Add& add() const { return *add_; }
  // The transaction made this entry of the log; the object may be an older one that got a new deletion vector.
  bool staged() const { return own_ != nullptr; }
  int64_t staged_ms() const { return staged_ms_; }
  const lake::FileStats& stats(const lake::Metadata& metadata) const;
  // Rows that are not deleted; nullopt if the log does not tell.
  std::optional<int64_t> row_count(const lake::Metadata& metadata) const;
  // The positions of deleted rows, read when first asked for; nullptr = none.
  const format::RowBitmap* deleted(const lake::TableLocation& table) const;

 private:
  std::unique_ptr<lake::Add> own_;
  const lake::Add* add_;
  int64_t staged_ms_ = 0;
  mutable Once decoded_, vector_read_;
  mutable lake::FileStats stats_;
  mutable format::RowBitmap deleted_;
};
using FilePtr = std::shared_ptr<const DataFile>;

// The files of one snapshot, replayed from the log when first asked for; shared by all states made from it.
class BaseFiles {
 public:
  explicit BaseFiles(std::shared_ptr<const lake::Snapshot> snapshot) : snapshot_(std::move(snapshot)) {}
  const std::shared_ptr<const lake::Snapshot>& snapshot() const { return snapshot_; }
  const std::vector<FilePtr>& files() const;

 private:
  std::shared_ptr<const lake::Snapshot> snapshot_;
  mutable Once loaded_;
  mutable std::vector<FilePtr> files_;
};

struct LakeColumn {
  std::string name, physical_name;
  duckdb::LogicalType type;
  bool nullable = true;
  bool partition = false;
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
  std::shared_ptr<const BaseFiles> base;  // nullptr: created in this transaction
  lake::Metadata metadata;
  lake::Protocol protocol;
  std::vector<LakeColumn> columns;

  // What the transaction did to it.
  std::vector<FilePtr> added;     // staged files that are live
  std::vector<FilePtr> removed;   // files of the base that are not live any more
  std::vector<lake::Cdc> feed;    // change data: all changes, if it is not empty
  bool metadata_changed = false;  // differs from the base's
  bool moved_only = false;        // rows were written anew, none changed
  bool overwritten = false;       // CREATE OR REPLACE, TRUNCATE: nothing of the base is left
  std::string operation;          // in Delta's words; "" = untouched
  int64_t rows_added = 0, rows_removed = 0;
  uint64_t bytes_added = 0;

  TableState() = default;
  // A state to change: shares everything but the list of files.
  std::unique_ptr<TableState> copy() const;
  // The state of a table right after opening.
  static std::shared_ptr<const TableState> of(lake::TableName name, std::shared_ptr<const BaseFiles> base,
                                              std::string url);

  const std::shared_ptr<const lake::Snapshot>& snapshot() const { return base->snapshot(); }
  const std::vector<FilePtr>& files() const;
  std::optional<int64_t> row_count() const;  // if every file tells it
  FileBounds bounds(const DataFile& file, size_t column) const;
  bool partitioned() const { return !metadata.partition_columns.empty(); }
  void note_operation(const std::string& next);

 private:
  struct List {
    Once made;
    std::vector<FilePtr> files;
  };
  std::shared_ptr<List> list_ = std::make_shared<List>();
};
using StatePtr = std::shared_ptr<const TableState>;

}  // namespace weir::engine::duck
