// --select, --exclude, --resource-type and positional selectors as a plan::Selection.
#pragma once

#include <functional>
#include <string>

#include "cli/verb.h"
#include "cli/workspace.h"
#include "plan/select.h"

namespace weir::cli {

// Verbs whose positional arguments are selectors (SELECTOR) count those too.
plan::Selection selection_of(const Call& call);

}  // namespace weir::cli
