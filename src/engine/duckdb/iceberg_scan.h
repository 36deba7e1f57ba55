// iceberg_scan('path' [, version := …] [, snapshot_from_id := …] [, snapshot_from_timestamp := …] [, ref := …]): the
// rows of an Iceberg table of any writer (lake/iceberg/table_read.h). `path` is its folder or its metadata file, local
// or a URI; `version` names the metadata file in the folder. The names are those of DuckDB's own function.
//
// It is scanned like a table of the lake. Rows that a deletion vector or position deletes take away are left out by the
// scan; equality deletes make the call a query in which the scan of the files is joined with that of the deletes.
#pragma once

#include <duckdb/main/connection.hpp>

namespace weir::engine::duck {

// Once per database, before the first statement.
void register_iceberg_scan(duckdb::Connection& connection);

}  // namespace weir::engine::duck
