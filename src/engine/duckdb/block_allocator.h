// Where the engine takes its memory from.
#pragma once

#include <duckdb/common/allocator.hpp>

namespace weir::engine::duck {

// Large blocks (buffers of CSV, pages of Parquet, tables of joins) in huge pages where the system gives them, so that
// few page faults are taken while they are filled; of those that were freed some are kept for the next ones, for which
// nothing need be zeroed then. A huge page of which little is used is resident as a whole: not where memory is scarce.
duckdb::unique_ptr<duckdb::Allocator> block_allocator();

}  // namespace weir::engine::duck
