// Bloom filters of a join's keys for DELETE, UPDATE and MERGE: the smaller side's keys are noted while its hash table
// is built, and the scan of the other side leaves out rows that meet no partner before it decodes their other columns
// and looks them up. DuckDB does so itself only where a join has one equality and its smaller side a filter.
#pragma once

#include <duckdb/execution/physical_plan_generator.hpp>

namespace weir::engine::duck {

// For every hash join below `plan` (and that itself) whose scan may be filtered by its other side.
void filter_scans_by_keys(duckdb::PhysicalPlanGenerator& planner, duckdb::PhysicalOperator& plan);

}  // namespace weir::engine::duck
