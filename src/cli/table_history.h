// weir table history: the commits of a table with what weir knows of those it made.
#pragma once

#include "cli/verb.h"

namespace weir::cli {

int show_history(Call& call);

}  // namespace weir::cli
