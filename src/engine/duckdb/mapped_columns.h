// The columns of a table that maps them, as one of its files holds them.
#pragma once

#include <duckdb/common/multi_file/multi_file_data.hpp>

#include "lake/action.h"

namespace weir::engine::duck {

// The table's columns, each with the name as identifier under which it is among `stored`, the file's columns, at every
// depth: found by id or by physical name, as the table's mode says. What the file lacks reads as NULL.
duckdb::vector<duckdb::MultiFileColumnDefinition> columns_in_file(
    const lake::Metadata& metadata, const duckdb::vector<duckdb::MultiFileColumnDefinition>& stored);

}  // namespace weir::engine::duck
