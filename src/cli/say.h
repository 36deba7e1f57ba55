// Words to the person at the terminal, beside the data.
#pragma once

#include <string>

#include "cli/verb.h"

namespace weir::cli {

// A line to standard error unless --quiet. What was printed to standard output before comes before it.
void say(const Call& call, const std::string& text);

}  // namespace weir::cli
