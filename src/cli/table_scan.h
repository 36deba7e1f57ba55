// weir table scan.
#pragma once

#include "cli/verb.h"

namespace weir::cli {

Verb scan_verb();

}  // namespace weir::cli
