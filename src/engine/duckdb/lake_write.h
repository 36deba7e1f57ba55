// Writing rows into staged Parquet files of a lake table.
//
// One operator, LakeWrite, is the end of every INSERT, CREATE TABLE AS, DELETE, UPDATE and MERGE: rows in, files out,
// one change of the table's state when the last row was written. Files are zstd level 1, V1 pages, row groups of
// 122,880 rows, and a new file is begun after delta.targetFileSize (128 MiB). Threads share one file; rows of a
// partitioned table come sorted by partition (sorting spills) and each thread has at most one file open, so memory does
// not grow with the number of partitions.
#pragma once

#include <duckdb/execution/physical_operator.hpp>
#include <duckdb/common/enums/on_create_conflict.hpp>
#include <memory>
#include <string>
#include <vector>

#include "engine/duckdb/lake_catalog.h"
#include "engine/duckdb/lake_scan.h"
#include "engine/duckdb/row_changes.h"
#include "engine/duckdb/table_rules.h"

namespace weir::engine::duck {

struct NewTable {
  duckdb::OnCreateConflict on_conflict;
  lake::Metadata metadata;
};

struct WritePlan {
  lake::TableName table;
  std::vector<LakeColumn> columns;
  lake::Schema schema;  // for NOT NULL inside nested types and for statistics
  std::map<std::string, std::string> configuration;
  std::string operation;                // in Delta's words
  std::optional<NewTable> create;       // CREATE TABLE AS
  std::shared_ptr<RowChanges> changes;  // DELETE, UPDATE, MERGE
  std::shared_ptr<const TableRules> rules;
  std::vector<std::shared_ptr<IdentityColumn>> identities;
};
WritePlan write_plan_of(duckdb::ClientContext& context, const TableState& state, std::string operation);

// Refuses by name, before any row is written, what a table asks of its writers and weir does not do.
void refuse_unwritable(duckdb::ClientContext& context, const TableState& state, bool removes_rows);

// Puts LakeWrite (and the sort a partitioned table needs) on top of `child`, whose columns are the table's.
duckdb::PhysicalOperator& plan_write(duckdb::PhysicalPlanGenerator& planner, LakeCatalog& catalog,
                                     duckdb::ClientContext& context, WritePlan plan, duckdb::PhysicalOperator& child);

}  // namespace weir::engine::duck
