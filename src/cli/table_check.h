// weir table check: whether a table is what its log says.
#pragma once

#include "cli/verb.h"

namespace weir::cli {

Verb check_verb();

}  // namespace weir::cli
