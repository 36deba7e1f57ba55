// Jinja without a dbt project: as sqlfluff's own templater, with its stand-ins for dbt's functions.
#pragma once

#include "lint/config.h"
#include "lint/linter.h"

namespace weir::lint {

// Reads a file as [sqlfluff:templater:jinja] says: context, macros, apply_dbt_builtins. The configuration must outlive
// the reader.
Reader jinja_reader(const Config& config, std::string label);
Reader raw_reader();

}  // namespace weir::lint
