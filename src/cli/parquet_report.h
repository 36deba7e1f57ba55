// A Parquet file's footer as a person reads it.
#pragma once

#include <string>

#include "cli/verb.h"
#include "engine/session.h"

namespace weir::cli {

// Size, writer, rows and row groups, then a line per column: codec, encodings, bytes, nulls, bounds. With --row-groups
// a line per row group and column.
void print_parquet(const Call& call, engine::Session& session, const std::string& path, const std::string& name);

}  // namespace weir::cli
