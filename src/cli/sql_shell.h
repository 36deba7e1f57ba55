// The interactive shell of `weir sql`.
#pragma once

#include "cli/sql_runner.h"
#include "cli/workspace.h"

namespace weir::cli {

// Reads statements until Ctrl-D or .quit; an error ends a statement, not the shell. Returns the exit code (0).
int sql_shell(const Call& call, Workspace& workspace, SqlRunner& runner);

}  // namespace weir::cli
