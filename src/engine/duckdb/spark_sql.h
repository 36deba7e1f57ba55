// The expressions in a Delta table's metadata (CHECK constraints, invariants, generated columns, defaults) are in
// Spark's dialect. They are translated to DuckDB's and back, but only what means the same in both: anything else is
// refused by its text, so that no row is judged by another rule than the table's.
//
// Taken are column names, constants, arithmetic, comparisons (<=> too), AND OR NOT, IS NULL, IN, BETWEEN, LIKE, CASE,
// CAST among Delta's primitive types, and the functions of the list in spark_sql.cpp. Times without a zone of their own
// are taken as UTC, as everywhere in weir.
#pragma once

#include <duckdb/parser/parsed_expression.hpp>
#include <duckdb/planner/expression.hpp>
#include <string>
#include <vector>

namespace weir::engine::duck {

// `columns`: the table's, which are names even where DuckDB has a keyword of that spelling. Throws
// Error{sql_unsupported} with the part that is not taken.
duckdb::unique_ptr<duckdb::ParsedExpression> from_spark(const std::string& sql,
                                                        const std::vector<std::string>& columns);

// Throws Error{sql_unsupported} for a conversion, written or implied, that gives other values in Spark: of fractions to
// whole numbers (Spark cuts, DuckDB rounds), of texts that are no constants, of fractions and times to text.
void check_casts(const duckdb::Expression& bound);

// Throws Error{sql_unsupported} likewise.
std::string to_spark(const duckdb::ParsedExpression& expression);

}  // namespace weir::engine::duck
