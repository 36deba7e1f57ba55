// Writing rows into staged Parquet files of a lake table.
//
// One operator, LakeWrite, is the end of every INSERT, CREATE TABLE AS, DELETE, UPDATE and MERGE: rows in, files out,
// one change of the table's state when the last row was written. Files are zstd level 1, V1 pages, row groups of
// 122,880 rows, and a new file is begun after delta.targetFileSize (128 MiB). Threads share one file; rows of a
// partitioned table come sorted by partition (sorting spills) and each thread has at most one file open, so memory does
// not grow with the number of partitions.
#pragma once

#include <duckdb/execution/physical_operator.hpp>
#include <duckdb/planner/parsed_data/bound_create_table_info.hpp>
#include <memory>
#include <string>
#include <vector>

#include "engine/duckdb/lake_catalog.h"
#include "engine/duckdb/lake_scan.h"

namespace weir::engine::duck {

// What a statement does to rows that are there: filled by the operators before LakeWrite.
struct RowChanges {
  StatePtr state;                     // the state that was scanned
  std::shared_ptr<RowSet> gone;       // rows that leave the table or get other values
  std::atomic<int64_t> deleted{0};    // matched rows removed for good
  std::atomic<int64_t> updated{0};    // matched rows given new values, different or not
  std::atomic<int64_t> rewritten{0};  // of those, the ones whose values differ
  std::atomic<int64_t> inserted{0};
};

struct WritePlan {
  lake::TableName table;
  std::vector<LakeColumn> columns;
  lake::Schema schema;  // for NOT NULL inside nested types and for statistics
  std::map<std::string, std::string> configuration;
  std::string operation;                                    // in Delta's words
  duckdb::unique_ptr<duckdb::BoundCreateTableInfo> create;  // CREATE TABLE AS
  std::shared_ptr<RowChanges> changes;                      // DELETE, UPDATE, MERGE
};
WritePlan write_plan_of(const TableState& state, std::string operation);

// Refuses by name, before any row is written, what a table asks of its writers and weir does not do.
void refuse_unwritable(duckdb::ClientContext& context, const TableState& state, bool removes_rows);

// Puts LakeWrite (and the sort a partitioned table needs) on top of `child`, whose columns are the table's.
duckdb::PhysicalOperator& plan_write(duckdb::PhysicalPlanGenerator& planner, LakeCatalog& catalog,
                                     duckdb::ClientContext& context, WritePlan plan, duckdb::PhysicalOperator& child);

}  // namespace weir::engine::duck
