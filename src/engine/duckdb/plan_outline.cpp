#include "engine/duckdb/plan_outline.h"

#include <duckdb/planner/operator/logical_aggregate.hpp>
#include <duckdb/planner/operator/logical_get.hpp>

namespace weir::engine::duck {

using namespace duckdb;

namespace {

// Does a step of a plan give no row where what it reads gives none, and change nothing about what the scan reads?
bool hands_rows_on(const LogicalOperator& step) {
  if (step.type == LogicalOperatorType::LOGICAL_AGGREGATE_AND_GROUP_BY) {
    const auto& aggregate = step.Cast<LogicalAggregate>();
    return !aggregate.groups.empty() && aggregate.grouping_sets.size() <= 1;
  }
  return step.type == LogicalOperatorType::LOGICAL_PROJECTION || step.type == LogicalOperatorType::LOGICAL_FILTER;
}

}  // namespace

QueryOutline outline_of(const LogicalOperator& plan) {
  const LogicalOperator* step = &plan;
  while (hands_rows_on(*step) && step->children.size() == 1) step = step->children[0].get();
  QueryOutline outline;
  outline.no_rows = step->type == LogicalOperatorType::LOGICAL_EMPTY_RESULT;
  if (step->type == LogicalOperatorType::LOGICAL_GET)
    outline.columns_scanned = step->Cast<LogicalGet>().GetColumnIds().size();
  return outline;
}

}  // namespace weir::engine::duck
