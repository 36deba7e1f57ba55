// The steps of an INSERT that replaces rows (overwrite_sql.h). Its rows are those of the query over the table as it
// was: where the query reads the table, or partitions are replaced, they are first kept apart in a temporary table.
#pragma once

#include <duckdb/main/client_context.hpp>
#include <duckdb/main/query_result.hpp>
#include <duckdb/parser/statement/insert_statement.hpp>
#include <string>
#include <vector>

#include "engine/duckdb/lake_table.h"
#include "engine/duckdb/overwrite_sql.h"

namespace weir::engine::duck {

// The table as the transaction sees it. Throws Error{sql_unsupported} if it is none of the lake, Error{sql_binder} for
// PARTITION columns that are no partition columns of it. Within a transaction.
StatePtr overwritten_table(duckdb::ClientContext& context, const duckdb::InsertStatement& insert,
                           const OverwriteSql& sql);

// CREATE OR REPLACE TEMP TABLE … AS the query, which must be a SELECT, its columns named as the INSERT names the
// table's.
duckdb::unique_ptr<duckdb::SQLStatement> keep_apart(const TableState& table, const duckdb::InsertStatement& insert,
                                                    duckdb::unique_ptr<duckdb::SQLStatement> query);
// The INSERT takes the rows that were kept apart.
void take_from_apart(duckdb::InsertStatement& insert);
extern const char* const drop_apart;

// "SELECT DISTINCT …" for the values of one partition column in the rows kept apart.
std::string values_of_partition(const TableState& table, const std::string& column);
// The DELETE of the partitions that the rows kept apart fall into; `values`: the answers to the above, one for each
// column. The condition says what partition values can decide, so that nothing else of the table is read.
std::string remove_partitions(const TableState& table, const std::vector<std::string>& columns,
                              const std::vector<duckdb::unique_ptr<duckdb::QueryResult>>& values);

// As Spark writes them into the history.
Json overwrite_parameters(const OverwriteSql& sql);

}  // namespace weir::engine::duck
