// What is told at the end of a call under dbt's name.
#pragma once

#include <chrono>

#include "cli/verb.h"

namespace weir::cli {

// The deprecations that were met, what the process has used (of level debug, or info with DBT_SHOW_RESOURCE_REPORT),
// and that the command is over.
void tell_end(const Call& call, bool success, std::chrono::steady_clock::duration taken);

}  // namespace weir::cli
