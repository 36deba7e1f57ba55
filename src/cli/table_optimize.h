// weir table optimize.
#pragma once

#include "cli/verb.h"

namespace weir::cli {

Verb optimize_verb();

}  // namespace weir::cli
