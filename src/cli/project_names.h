// Names for completion: assets of the project around the current folder.
#pragma once

#include <string>
#include <vector>

#include "cli/verb.h"

namespace weir::cli {

// Empty when there is no project or it has mistakes: completion never complains.
std::vector<std::string> names_in_project(Completes what);

}  // namespace weir::cli
