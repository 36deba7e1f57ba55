// Why a line of a CSV file was rejected, in words for its owner: DuckDB's messages name our reading types
// (read_types.h) and repeat the column.
#pragma once

#include <string>

#include "engine/file_scan.h"

namespace weir::engine::duck {

// {'id': 'BIGINT', …}: an SQL map of what the scan's columns were declared as, by lower-case name.
std::string declared_types_sql(const FileScan& scan);

// The reason as an SQL text, of a row `e` of DuckDB's table of rejects: "1.5" is no BIGINT: …
std::string reject_reason_sql(const std::string& declared_types);

}  // namespace weir::engine::duck
