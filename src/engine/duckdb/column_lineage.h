// Column lineage of a bound plan, before any optimizer: each operator says what its columns are made of, and what
// decides its rows.
#pragma once

#include <duckdb/planner/planner.hpp>

#include "engine/duckdb/stand_ins.h"

namespace weir::engine::duck {

ColumnLineage lineage_of(duckdb::Planner& planner, const StandInTables& stand_ins);

// A table function that reads files, or what the engine knows of itself. Others give rows by their arguments alone, or
// by tables, whose versions are known.
bool reads_elsewhere(const std::string& table_function);
// What the query says where the binder has another function.
std::string as_called(const std::string& table_function);

}  // namespace weir::engine::duck
