// Two relations held against each other: columns, counts of rows, keys, values. The engine does it, within its memory:
// one pass of each relation to count keys, one join of both; without a key one grouping of both.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/session.h"

namespace weir::checks {

// How far finite numbers may be apart that count as the same: so much, or so much of the larger one.
struct Tolerance {
  double value = 0;
  bool relative = false;
};
// "0.01", "1e-9", or "0.1%" of the larger one. Throws Error{bad_option_value}.
Tolerance parse_tolerance(const std::string& text);

struct ComparedSide {
  std::string relation;                     // SQL that may stand behind FROM
  std::vector<engine::ColumnInfo> columns;  // as the table has them; the relation may give other types for the same
};

struct CompareOptions {
  std::vector<std::string> key;  // columns; empty = rows are compared as multisets
  std::optional<Tolerance> tolerance;
  std::string where;                 // condition on the rows of both
  std::vector<std::string> columns;  // these only; empty = all
  std::vector<std::string> exclude_columns;
  bool as_stored =
      false;           // one side is a table of the lake, the other is not: types by docs/types.md are no difference
  int64_t limit = 10;  // samples of each kind; 0 = none
};

struct SchemaDifference {
  enum class Kind { added, removed, type, position };
  Kind kind = Kind::added;
  std::string column, before, after;  // types, or places ("2"); "" = not there
};

struct ColumnMismatch {
  std::string column;
  int64_t rows = 0;  // with a key: pairs of rows in which it differs; without one 1 if its values differ, in any order
};

struct KeyCounts {
  int64_t rows = 0;
  int64_t duplicate_keys = 0, duplicate_rows = 0;  // keys with several rows, and those
  int64_t null_rows = 0;                           // rows with NULL in the key
};

struct SampleRow {
  enum class Kind { only_a, only_b, changed, duplicate };
  Kind kind = Kind::only_a;
  std::vector<engine::Cell> key;   // with a key
  std::vector<engine::Cell> a, b;  // of the compared columns without the key; of a duplicate the counts
  std::vector<bool> differs;       // changed: which of them
};

struct TableComparison {
  std::vector<SchemaDifference> schema;
  std::vector<std::string> key, columns;  // compared ones, without the key
  KeyCounts a, b;
  int64_t only_a = 0, only_b = 0;  // rows whose key the other has not; without a key, rows that it has fewer of
  int64_t both = 0, changed = 0;   // pairs with the same key, and those of which a column differs
  // Rows of keys that are not unique on both sides: compared as multisets.
  int64_t duplicates_only_a = 0, duplicates_only_b = 0;
  std::vector<ColumnMismatch> mismatches;  // those that differ
  std::vector<SampleRow> samples;

  bool same_rows() const {
    return only_a == 0 && only_b == 0 && changed == 0 && duplicates_only_a == 0 && duplicates_only_b == 0 &&
           a.rows == b.rows;
  }
  bool equal() const { return schema.empty() && same_rows(); }
};

// Throws Error{bad_option_value} for a column of the options that is not in both, Error{sql_…} for a bad `where`.
TableComparison compare(engine::Session& session, const ComparedSide& a, const ComparedSide& b,
                        const CompareOptions& options);

// Differences of the columns alone.
std::vector<SchemaDifference> compare_columns(const std::vector<engine::ColumnInfo>& a,
                                              const std::vector<engine::ColumnInfo>& b, bool as_stored);

// Rows that one query has and the other has fewer of: ('-' or '+' AS diff, the columns). Both queries have the same
// columns.
std::string row_changes_sql(const std::string& before, const std::string& after);

}  // namespace weir::checks
