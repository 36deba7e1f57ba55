// A condition on columns that statistics can decide: used to skip files and as a transaction's read set.
#pragma once

#include <map>
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
  std::map<std::string, ColumnBounds> columns;  // dotted names of leaves; partition columns too
};
// Tolerant: unreadable statistics are no statistics. Bounds are widened where writers are known to cut: timestamps by
// the microseconds below a millisecond, strings of 32 characters and more above.
FileStats parse_stats(const Add& add, const Metadata& metadata);

// NaN is greater than every number. Many writers leave it out of maxValues, so the maximum of a float or double column
// is believed only for files that carry this tag in Add::tags (any value): weir's writer leaves the maximum out where
// NaN occurs, and sets the tag.
inline constexpr const char* nan_checked_tag = "WEIR_NAN_CHECKED";

// False only if no row of the file can satisfy the predicate. Comparisons follow SQL: null satisfies is_null only. A
// condition on a column or with a value that the statistics cannot judge may match.
bool may_match(const Add& add, const Metadata& metadata, const Predicate& predicate);

// -1, 0, 1; nullopt if the two cannot be compared (null, other kinds). Decimals are compared exactly.
std::optional<int> compare_scalars(const Scalar& a, const Scalar& b, const DataType& type);

// A partition value or a statistic as the type's scalar; monostate if the text is none.
Scalar scalar_from_text(const DataType& type, const std::string& text);
// A value of minValues or maxValues. Decimals are JSON numbers there: their text is what counts.
Scalar scalar_from_json(const DataType& type, const Json& json);

}  // namespace weir::lake
