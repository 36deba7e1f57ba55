// What a MERGE does with rows that match and with those that do not, as dbt-duckdb's configuration has it: either
// merge_update_condition, merge_insert_condition, merge_update_columns, merge_exclude_columns and
// merge_update_set_expressions, or merge_clauses, which says all of it.
#pragma once

#include <string>
#include <vector>

#include "project/node.h"

namespace weir::run {

// Throws Error{bad_config} that names all mistakes.
void check_merge_config(const project::Node& node);

// "USING (a, b)" instead of the keys, or "".
std::string merge_using(const project::Node& node);

// The WHEN clauses for a model that has `columns`, and RETURNING. Source and target are DBT_INTERNAL_SOURCE and
// DBT_INTERNAL_DEST.
std::string merge_clauses(const project::Node& node, const std::vector<std::string>& columns);

}  // namespace weir::run
