// A condition on columns that statistics can decide: used to skip files and as a transaction's read set.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "lake/action.h"

namespace weir::lake {

// A value of one of Delta's primitive types. Dates: days; timestamps: microseconds; decimals: unscaled text "12.34".
using Scalar = std::variant<std::monostate, bool, int64_t, double, std::string>;

enum class Compare { equal, not_equal, less, less_equal, greater, greater_equal, is_null, is_not_null };

struct Condition {
  std::string column;  // top-level column, or dotted path into structs
  Compare compare = Compare::equal;
  Scalar value;
};

// Conjunction of disjunctions; empty = everything.
struct Predicate {
  std::vector<std::vector<Condition>> all_of_any;
  bool everything() const { return all_of_any.empty(); }
};

// What a file's statistics say of one column, decoded from Add::stats and the partition values.
struct ColumnBounds {
  Scalar min, max;  // monostate = unknown. Strings may be cut (a lower bound / an upper bound still hold)
  std::optional<int64_t> null_count;
};
struct FileStats {
  std::optional<int64_t> num_records;
  bool tight_bounds = true;
  std::map<std::string, ColumnBounds> columns;  // dotted physical names of leaves
};
// Tolerant: unreadable statistics are no statistics.
FileStats parse_stats(const Add& add, const Metadata& metadata);

// False only if no row of the file can satisfy the predicate.
bool may_match(const Add& add, const Metadata& metadata, const Predicate& predicate);

}  // namespace weir::lake
