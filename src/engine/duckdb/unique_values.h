// weir_all_differ(x): do the values differ from each other? Whole numbers, dates and timestamps are places in a sparse
// bitmap, which takes a tenth of the time of a hash table where they lie close together, as keys do that are counted
// up.
#pragma once

#include <duckdb/main/extension/extension_loader.hpp>

namespace weir::engine::duck {

// An aggregate: true = no value occurs twice (NULLs are left out); false = one does; NULL = not known, since the values
// lie too far apart. Its memory is the engine's: at most 32 bytes for a value, or 16 MiB for each thread.
void register_unique_values(duckdb::ExtensionLoader& loader);

}  // namespace weir::engine::duck
