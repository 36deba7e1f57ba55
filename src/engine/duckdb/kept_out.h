// Filters that must not go into a scan, since DuckDB's Parquet reader would decide them wrongly:
//
// - on _row_id and _row_commit_version, which come from up to two stored columns, while a filter looks at one
// - on columns that were widened other than from one integer to another: the reader casts the constant to the type that
//   the file has, 3.4 to the float nearest to it, 1.5 to the integer 2
//
// Those of the query get a form that is not pushed down; the optional ones of joins and Top-N are left out.
#pragma once

#include <duckdb/common/multi_file/multi_file_reader.hpp>
#include <duckdb/function/table_function.hpp>
#include <duckdb/planner/operator/logical_get.hpp>

#include "engine/duckdb/lake_table.h"

namespace weir::engine::duck {

bool is_kept_out(const TableState& table, duckdb::column_t column);

void keep_out_of_scan(const TableState& table, const duckdb::MultiFilePushdownInfo& info,
                      duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>& filters);
bool may_go_into_scan(const TableState& table, const duckdb::LogicalGet& get, const duckdb::Expression& filter);
// Refuses to run a scan into which such a filter of the query got all the same: it would not be applied.
void check_kept_out(const TableState& table, const duckdb::TableFunctionInitInput& input);
duckdb::unique_ptr<duckdb::TableFilterSet> without_kept_out(const TableState& table,
                                                            const duckdb::TableFilterSet& filters,
                                                            const duckdb::vector<duckdb::ColumnIndex>& ids);

}  // namespace weir::engine::duck
