// FileSniffer by DuckDB's readers, with a search for the delimiter that survives polluted rows.
#pragma once

#include <functional>
#include <memory>

#include "engine/duckdb/instance.h"
#include "engine/file_scan.h"

namespace weir::engine::duck {

std::unique_ptr<FileSniffer> make_sniffer(std::function<std::shared_ptr<Instance>()> instance);

}  // namespace weir::engine::duck
