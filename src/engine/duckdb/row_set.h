// Sets of rows of a lake table, by the ids that its scans give them.
#pragma once

#include <cstdint>
#include <duckdb/common/types/selection_vector.hpp>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

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

}  // namespace weir::engine::duck
