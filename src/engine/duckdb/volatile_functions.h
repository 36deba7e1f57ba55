// Functions of a bound plan that do not give the same answer each time.
#pragma once

#include <duckdb/planner/logical_operator.hpp>
#include <set>
#include <string>

namespace weir::engine::duck {

// Names as they are called: random, now, read_csv (what it reads may change).
std::set<std::string> volatile_functions(duckdb::LogicalOperator& plan);

}  // namespace weir::engine::duck
