// weir table convert.
#pragma once

#include "cli/verb.h"

namespace weir::cli {

Verb convert_verb();

}  // namespace weir::cli
