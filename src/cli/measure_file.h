// What a data file really holds, by a query of the engine: rows, nulls, least and greatest values.
#pragma once

#include "engine/session.h"
#include "lake/table_check.h"

namespace weir::cli {

// Reads the whole file, without the rows that its deletion vector takes away. Throws the engine's Error for a file that
// cannot be read.
lake::MeasuredFile measure_file(engine::Engine& engine, const lake::Snapshot& snapshot, const lake::Add& add);

}  // namespace weir::cli
