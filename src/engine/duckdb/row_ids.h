// Row tracking in scans: the virtual columns _row_id and _row_commit_version (Delta protocol, "Row Tracking").
//
// A row's id stays its own as long as the row lives, whichever file it is moved to; its commit version is the one that
// inserted or last changed it. Both stand in a hidden column of the data file if the row was moved there, else they
// follow from what the log says of the file. Tables without row tracking do not have the columns.
#pragma once

#include <duckdb/common/multi_file/multi_file_reader.hpp>
#include <duckdb/function/table_function.hpp>
#include <duckdb/planner/operator/logical_get.hpp>

#include "engine/duckdb/lake_table.h"

namespace weir::engine::duck {

constexpr duckdb::column_t stable_row_id = duckdb::MultiFileReader::COLUMN_IDENTIFIER_FILENAME + 1000;
constexpr duckdb::column_t row_commit_version = stable_row_id + 1;
bool is_row_tracking(duckdb::column_t column);

void add_row_tracking(const TableState& table, duckdb::virtual_column_map_t& columns);

// `base` + the number of the row in its file, which the reader gives at `index` if `column` is changed to it.
duckdb::unique_ptr<duckdb::Expression> row_number_from(duckdb::ClientContext& context, int64_t base,
                                                       duckdb::column_t& column, duckdb::MultiFileLocalIndex index);

// What one of the two columns is where the data file does not tell. Error{bad_log} if the log does not either.
duckdb::unique_ptr<duckdb::Expression> default_row_tracking(duckdb::ClientContext& context, const TableState& table,
                                                            const DataFile& file, duckdb::column_t& column,
                                                            duckdb::MultiFileLocalIndex index);
// Once the columns of a file are mapped: its own values of the two columns go first.
void prefer_stored_row_tracking(duckdb::ClientContext& context, const TableState& table,
                                duckdb::MultiFileReaderData& data, const duckdb::vector<duckdb::ColumnIndex>& ids);

// DuckDB's Parquet reader decides a filter by one stored column; the two come from up to two. Filters on them are
// therefore kept out of the scan: those of the query by giving them a form that is not pushed down, the optional ones
// of joins and Top-N by leaving them out.
void keep_out_of_scan(const duckdb::MultiFilePushdownInfo& info,
                      duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>& filters);
bool may_go_into_scan(duckdb::ClientContext& context, const duckdb::LogicalGet& get, duckdb::Expression& filter);
// Refuses to run a scan into which a filter of the query on them got all the same: it would not be applied.
void check_kept_out(const duckdb::TableFunctionInitInput& input);
duckdb::unique_ptr<duckdb::TableFilterSet> without_row_tracking(const duckdb::TableFilterSet& filters,
                                                                const duckdb::vector<duckdb::ColumnIndex>& ids);

}  // namespace weir::engine::duck
