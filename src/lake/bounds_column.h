// Statistics of many files, column by column: what a condition on one column is decided by.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lake/action.h"
#include "lake/predicate.h"

namespace weir::lake {

// A column that statistics are kept of.
struct StatsLeaf {
  std::vector<std::string> path;  // as files and statistics call it, from the top
  Field field;
  // Tells it from other columns, and from itself before its type was changed.
  std::string key() const;
  bool operator==(const StatsLeaf& other) const { return path == other.path && field == other.field; }
};
// The leaf that a condition's column names; nullopt if there is none, or none with a primitive type.
std::optional<StatsLeaf> stats_leaf(const Schema& schema, std::string_view column);

// The bounds of one column, a row per file. Every row is unknown until it is set.
class BoundsColumn {
 public:
  BoundsColumn(const DataType& type, size_t rows);
  size_t size() const { return flags_.size(); }
  void set(size_t row, ColumnBounds bounds);
  ColumnBounds at(size_t row) const;
  bool known(size_t row) const { return flags_[row] != 0; }
  bool whole_numbers() const { return whole_; }  // and dates and timestamps: then min() and max() can be used
  bool has_min(size_t row) const { return (flags_[row] & min_known) != 0; }
  bool has_max(size_t row) const { return (flags_[row] & max_known) != 0; }
  int64_t min(size_t row) const { return mins_[row]; }
  int64_t max(size_t row) const { return maxs_[row]; }
  int64_t null_count(size_t row) const { return (flags_[row] & nulls_known) != 0 ? null_counts_[row] : -1; }

 private:
  static constexpr uint8_t min_known = 1, max_known = 2, nulls_known = 4;
  bool whole_;
  std::vector<uint8_t> flags_;
  std::vector<int64_t> mins_, maxs_, null_counts_;
  std::vector<Scalar> other_mins_, other_maxs_;  // of the other types
};

// Statistics are only as exact as their writers: widens the bounds where writers are known to cut (predicate.h).
void widen_bounds(const Field& field, ColumnBounds& bounds);

}  // namespace weir::lake
