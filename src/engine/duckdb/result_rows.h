// An answer of DuckDB's in the form that a session gives it.
#pragma once

#include <duckdb/main/query_result.hpp>
#include <string>
#include <vector>

#include "engine/session.h"

namespace weir::engine::duck {

std::vector<ColumnInfo> columns_of(const duckdb::vector<std::string>& names,
                                   const duckdb::vector<duckdb::LogicalType>& types);

// All rows of a query; of a statement that changes rows how many. What a cell holds: session.h.
Rows rows_of(duckdb::QueryResult& result);

}  // namespace weir::engine::duck
