// Join keys as filters for DELETE, UPDATE and MERGE: the smaller side's keys are noted while its hash table is built,
// and the other side leaves out rows that meet no partner. Where that side is a large table of which more than the keys
// is read, these are scanned first, and then those rows alone that have such keys; else its scan gets a Bloom filter
// for each key. DuckDB itself gives a Bloom filter only where a join has one equality and its smaller side a filter.
#pragma once

#include <duckdb/execution/physical_plan_generator.hpp>

namespace weir::engine::duck {

// For every hash join below `plan` (and that itself) whose scan may be filtered by its other side.
void filter_scans_by_keys(duckdb::PhysicalPlanGenerator& planner, duckdb::PhysicalOperator& plan);

}  // namespace weir::engine::duck
