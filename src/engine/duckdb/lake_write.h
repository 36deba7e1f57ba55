// Writing rows into staged Parquet files of a lake table.
//
// One operator, LakeWrite, is the end of every INSERT, CREATE TABLE AS, DELETE, UPDATE and MERGE: rows in, files out
// (row_files.h), one change of the table's state when the last row was written. Rows of a partitioned table are sorted
// by partition before (sorting spills).
//
// Behind the table's columns the rows of a DELETE, UPDATE or MERGE carry, where the table keeps row ids, row id and row
// commit version (NULL where a new one is due). Where the table has a change data feed, the kind of change follows:
// NULL for a row that is only written anew, change_insert or change_after for one that goes into the table and into the
// feed, change_delete or change_before for a former row that goes into the feed alone.
#pragma once

#include <duckdb/common/enums/on_create_conflict.hpp>
#include <duckdb/execution/physical_operator.hpp>
#include <memory>
#include <string>
#include <vector>

#include "engine/duckdb/lake_catalog.h"
#include "engine/duckdb/lake_ddl.h"
#include "engine/duckdb/lake_scan.h"
#include "engine/duckdb/row_changes.h"
#include "engine/duckdb/row_order.h"
#include "engine/duckdb/table_rules.h"

namespace weir::engine::duck {

constexpr const char* change_insert = "insert";
constexpr const char* change_delete = "delete";
constexpr const char* change_before = "update_preimage";
constexpr const char* change_after = "update_postimage";

struct NewTable {
  duckdb::OnCreateConflict on_conflict;
  DeclaredTable declared;
};

struct WritePlan {
  lake::TableName table;
  std::vector<LakeColumn> columns;
  lake::Schema schema;  // for NOT NULL inside nested types and for statistics
  std::map<std::string, std::string> configuration;
  std::string operation;                // in Delta's words
  std::optional<NewTable> create;       // CREATE TABLE AS
  std::shared_ptr<RowChanges> changes;  // DELETE, UPDATE, MERGE
  bool tracked = false, feed = false;   // rows carry their ids, the kind of change, see above
  NewRows fresh;                        // for an INSERT's rows; those of `changes` come judged
  // Rows of one partition that are put in this order.
  std::shared_ptr<const RowOrdering> order;
};
WritePlan write_plan_of(const TableState& state, std::string operation);

// Refuses by name, before any row is written, what a table asks of its writers and weir does not do.
void refuse_unwritable(duckdb::ClientContext& context, const TableState& state, bool removes_rows);

// The rows of `child` with the kind of change behind their columns; nullptr: NULL.
duckdb::PhysicalOperator& with_kind(duckdb::PhysicalPlanGenerator& planner, duckdb::PhysicalOperator& child,
                                    const char* kind);

// Puts LakeWrite (and the sort a partitioned table needs) on top of `child`, whose columns are the table's.
duckdb::PhysicalOperator& plan_write(duckdb::PhysicalPlanGenerator& planner, LakeCatalog& catalog,
                                     duckdb::ClientContext& context, WritePlan plan, duckdb::PhysicalOperator& child);

}  // namespace weir::engine::duck
