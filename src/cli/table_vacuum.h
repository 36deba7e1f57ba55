// weir table vacuum: removes data files that nobody needs any more.
#pragma once

#include "cli/verb.h"

namespace weir::cli {

Verb vacuum_verb();

}  // namespace weir::cli
