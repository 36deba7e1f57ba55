// Statements that make a rule for rows that are there: ALTER TABLE … ALTER COLUMN … SET NOT NULL, and … SET
// ('delta.constraints.name' = 'condition'). The rows are asked before, in the statement's own transaction: that has
// read the table then, so rows that others bring in meanwhile are a conflict.
#pragma once

#include <duckdb/main/query_result.hpp>
#include <duckdb/parser/sql_statement.hpp>
#include <string>
#include <vector>

#include "engine/duckdb/lake_transaction.h"

namespace weir::engine::duck {

struct RowRule {
  std::string text;      // for messages
  std::string breaking;  // the query for a row that breaks it
};

bool may_make_rules(const duckdb::SQLStatement& statement);

// Those that the table does not have yet. Throws Error{sql_unsupported} for a condition that weir does not take
// (spark_sql.h).
std::vector<RowRule> rules_made(const duckdb::SQLStatement& statement, LakeTransaction& transaction);

// Throws Error{sql_constraint} with the first row of the answer to `breaking`, if there is one.
void judge_row(const RowRule& rule, duckdb::QueryResult& breaking);

}  // namespace weir::engine::duck
