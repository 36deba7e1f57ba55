// Expressions in a table's metadata that mention columns: CHECK constraints, generated columns, invariants, and the
// property that lists the columns with statistics.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lake/action.h"

namespace weir::lake {

struct TableExpression {
  std::string what;  // "constraint positive", "the generated column day"
  std::string sql;   // in Spark's dialect
  friend bool operator==(const TableExpression&, const TableExpression&) = default;
};
std::vector<TableExpression> row_rules_of(const Metadata& metadata);    // constraints and invariants: true for each row
std::vector<TableExpression> expressions_of(const Metadata& metadata);  // all

// Words of an SQL text that can be names: outside of string literals, quotes taken off.
std::vector<std::string> names_in(std::string_view sql);

// What mentions the column at a path of names: by the first of them, at any place of the text, so possibly too much.
std::vector<std::string> mentions_of(const Metadata& metadata, const std::vector<std::string>& path);

}  // namespace weir::lake
