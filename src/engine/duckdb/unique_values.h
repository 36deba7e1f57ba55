// Values that are places in a sparse bitmap: whole numbers, dates and timestamps. Where they lie close together, as
// keys do that are counted up, that takes a tenth of the time of a hash table.
//
//   weir_all_differ(x)          does no value occur twice?
//   weir_all_found(x, listed)   does each value of a row that is not listed occur in one that is?
//
// Aggregates: true, false, or NULL where that is not known since the values lie too far apart. NULLs are left out.
// Their memory is the engine's: for each bitmap and thread at most 32 bytes for a value beyond the first 16 MiB, and
// never more than a small share of what the engine may use.
#pragma once

#include <duckdb/main/extension/extension_loader.hpp>

namespace weir::engine::duck {

void register_unique_values(duckdb::ExtensionLoader& loader);

}  // namespace weir::engine::duck
