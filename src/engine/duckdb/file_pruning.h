// What the statistics of a file say of a filter.
#pragma once

#include <duckdb/main/client_context.hpp>
#include <duckdb/planner/table_filter.hpp>
#include <string>

#include "engine/duckdb/lake_table.h"

namespace weir::engine::duck {

// True if no row of a file with these bounds can pass.
bool excludes(duckdb::ClientContext& context, const duckdb::TableFilter& filter, const FileBounds& bounds);

// Adds the filter of a column to the transaction's read set; what cannot be said as conditions narrows nothing.
void narrow(lake::Predicate& predicate, const duckdb::TableFilter& filter, const std::string& column);

}  // namespace weir::engine::duck
