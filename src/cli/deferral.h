// --defer: what of the project is read from the environment that a state's manifest tells of.
#pragma once

#include <vector>

#include "cli/verb.h"
#include "cli/workspace.h"

namespace weir::cli {

// Before a plan is made or a node rendered. A node that the state knows too is read there if nothing has its name in
// the target; with --favor-state also if it is not among `selected`, the nodes that the verb works on. What the verb
// builds is never read elsewhere. Throws Error{usage} without a state.
void defer_inputs(const Call& call, Workspace& workspace, const std::vector<const project::Node*>& selected,
                  bool builds);

}  // namespace weir::cli
