// What an optimized plan tells of a query without running it.
#pragma once

#include <duckdb/planner/logical_operator.hpp>

#include "engine/query_outline.h"

namespace weir::engine::duck {

QueryOutline outline_of(const duckdb::LogicalOperator& plan);

}  // namespace weir::engine::duck
