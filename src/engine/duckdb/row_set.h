// Sets of rows of a lake table, by the ids that its scans give them.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "format/row_bitmap.h"

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
  void clear();
  std::vector<size_t> files() const;  // that have a row in the set, ascending
  int64_t count(size_t file) const;
  format::RowBitmap rows(size_t file) const;
  int64_t size() const;
  // Writes the offsets i of [0, count) for which the row at start + i is not in the set; returns how many there are.
  size_t absent(size_t file, uint64_t start, size_t count, uint32_t* offsets) const;
  // Those that are in the set, likewise.
  size_t present(size_t file, uint64_t start, size_t count, uint32_t* offsets) const;
  // The same as absent for `count` given offsets: moves those whose rows are not in the set to the front, in order.
  size_t keep_others(size_t file, uint64_t start, uint32_t* offsets, size_t count) const;

 private:
  mutable std::mutex mutex_;
  std::map<size_t, format::RowBitmap> files_;
};

}  // namespace weir::engine::duck
