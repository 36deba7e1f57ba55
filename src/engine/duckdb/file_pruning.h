// What the statistics of a file say of a filter.
#pragma once

#include <duckdb/main/client_context.hpp>
#include <duckdb/planner/table_filter.hpp>
#include <string>

#include "engine/duckdb/lake_table.h"

namespace weir::engine::duck {

// True if no row of a file with these bounds can pass.
bool excludes(duckdb::ClientContext& context, const duckdb::TableFilter& filter, const FileBounds& bounds);

// Whether statistics can say anything of a filter of this form, and now: the filters of joins and Top-N come to hold
// values only while the query runs.
bool asks_statistics(const duckdb::TableFilter& filter);

// Adds the filter of a column as conditions. What cannot be said that way narrows nothing; false if there was such a
// part.
bool narrow(lake::Predicate& predicate, const duckdb::TableFilter& filter, const std::string& column);

}  // namespace weir::engine::duck
