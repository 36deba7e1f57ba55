// weir diff --models: what the change of a project means to those who read its tables.
#pragma once

#include "cli/verb.h"

namespace weir::cli {

// Exit code 1: something of it is breaking.
int show_model_changes(Call& call);

}  // namespace weir::cli
