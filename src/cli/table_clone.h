// weir table clone.
#pragma once

#include "cli/verb.h"

namespace weir::cli {

Verb clone_verb();

}  // namespace weir::cli
