// weir table diff: what is different between two versions of a table.
#pragma once

#include "cli/verb.h"

namespace weir::cli {

int show_diff(Call& call);

}  // namespace weir::cli
