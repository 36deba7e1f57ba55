// Scans of lake tables: DuckDB's Parquet reader over the files that the statistics leave.
//
// Files are matched by column name; a column that a file lacks reads as NULL, partition columns read as the constants
// the log gives. Planning opens no file. Files are left out by WHERE (when planned), by join filters (when the scan
// starts) and by Top-N filters (when a file's turn comes).
#pragma once

#include <duckdb/function/table_function.hpp>
#include <memory>
#include <string>
#include <vector>

#include "engine/duckdb/change_feed.h"
#include "engine/duckdb/lake_table.h"
#include "engine/duckdb/lake_transaction.h"
#include "engine/duckdb/row_changes.h"

namespace weir::engine::duck {

// Which part of a state a statement that changes rows scans again. Both are asked when the scan starts, so they may be
// filled by an earlier pipeline of the same plan.
struct ScanPart {
  std::shared_ptr<const RowChanges> changes;
  std::shared_ptr<const RowSet> only;  // these rows; nullptr: with `changes` what must be rewritten, else all
};

// A scan function for the state, or for a part of it.
duckdb::TableFunction lake_scan_function(duckdb::ClientContext& context, StatePtr state,
                                         duckdb::optional_ptr<duckdb::TableCatalogEntry> entry, const ScanPart& part,
                                         duckdb::unique_ptr<duckdb::FunctionData>& bind_data);

// Scans of what is no table of the lake but looks like one: the changes of a table (change_feed.h; then `changed`), a
// table of another format. The function is one for all; what is bound to it tells them apart.
duckdb::TableFunction state_scan_function(duckdb::ClientContext& context);
duckdb::unique_ptr<duckdb::FunctionData> bind_state_scan(duckdb::ClientContext& context, StatePtr state,
                                                         std::shared_ptr<const ChangedRows> changed,
                                                         duckdb::vector<duckdb::LogicalType>& types,
                                                         duckdb::vector<duckdb::string>& names);

// Of a physical scan of a whole state: the same, but of those rows of it alone that are in `rows` when it starts, all
// of which must be live. nullptr for scans of anything else.
duckdb::unique_ptr<duckdb::FunctionData> only_these(const duckdb::TableFunction& function,
                                                    const duckdb::FunctionData& bind_data,
                                                    std::shared_ptr<const RowSet> rows);

// Once per database, before the first scan.
void register_variant_option(duckdb::DatabaseInstance& database);

// True if the scan reads all files of the table and has no filter of its own.
bool scans_everything(const duckdb::LogicalGet& get);

}  // namespace weir::engine::duck
