// Scans of lake tables: DuckDB's Parquet reader over the files that the statistics leave.
//
// Files are matched by column name; a column that a file lacks reads as NULL, partition columns read as the constants
// the log gives. Planning opens no file. Files are left out by WHERE (when planned), by join filters (when the scan
// starts) and by Top-N filters (when a file's turn comes).
#pragma once

#include <duckdb/function/table_function.hpp>
#include <memory>
#include <string>
#include <vector>

#include "engine/duckdb/lake_table.h"
#include "engine/duckdb/lake_transaction.h"

namespace weir::engine::duck {

// rowid = file number << 40 | position in the file.
constexpr int row_bits = 40;
constexpr int64_t row_mask = (int64_t{1} << row_bits) - 1;

// Rows of a table's files, by file number (index in TableState::files()) and position. Thread-safe.
class RowSet {
 public:
  struct Inserted {
    int64_t fresh = 0;                   // rows that were not in the set
    std::optional<size_t> first_repeat;  // place of the first one that was
  };
  Inserted insert(const std::vector<int64_t>& rowids);
  std::vector<size_t> files() const;  // that have a row in the set, ascending
  int64_t count(size_t file) const;
  int64_t size() const;
  // Selects the rows of [start, start + count) that are not in the set.
  duckdb::idx_t select_others(size_t file, int64_t start, duckdb::idx_t count, duckdb::SelectionVector& out) const;

 private:
  struct Bits {
    std::vector<uint64_t> words;
    int64_t count = 0;
  };
  mutable std::mutex mutex_;
  std::map<size_t, Bits> files_;
};

// A scan function for the state. With `without`, only the files that have rows in it are read, without those rows; the
// set is asked when the scan starts, so it may be filled by an earlier pipeline of the same plan.
duckdb::TableFunction lake_scan_function(duckdb::ClientContext& context, StatePtr state,
                                         duckdb::optional_ptr<duckdb::TableCatalogEntry> entry,
                                         std::shared_ptr<const RowSet> without,
                                         duckdb::unique_ptr<duckdb::FunctionData>& bind_data);

// True if the scan reads all files of the table and has no filter of its own.
bool scans_everything(const duckdb::LogicalGet& get);

}  // namespace weir::engine::duck
