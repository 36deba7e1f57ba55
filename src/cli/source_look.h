// What an ingest step would find: listing against ledger, nothing is opened or loaded. For --plan.
#pragma once

#include <string>

#include "cli/workspace.h"

namespace weir::cli {

// "2 new files (1.2 MB), 1 changed"; "" = nothing new. An error of the listing becomes its message.
std::string look_at_source(Workspace& workspace, const project::Node& source);

}  // namespace weir::cli
