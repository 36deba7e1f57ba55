// --defer: what of the project is read from the environment that a state's manifest tells of.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/verb.h"
#include "cli/workspace.h"
#include "plan/previous_state.h"

namespace weir::cli {

// Of --defer-state, else of --state. Throws Error{usage} without one; `wish` is what asks for it.
plan::PreviousState open_state(const Call& call, const project::Project& project, const std::string& wish);
// What has a relation that others read: models that are not ephemeral, seeds, snapshots.
bool is_referable(const project::Node& node);
// Where the state has it; nullopt: nowhere. Throws Error{bad_option_value} for a place that this lake's runs do not
// reach.
std::optional<project::Place> place_in(const plan::PreviousState& state, const project::Node& node);
void check_reachable(const project::Project& project, const plan::PreviousState& state, const project::Node& node,
                     const project::Place& place);

// Before a plan is made or a node rendered. A node that the state knows too is read there if nothing has its name in
// the target; with --favor-state also if it is not among `selected`, the nodes that the verb works on. What the verb
// builds is never read elsewhere. Throws Error{usage} without a state.
void defer_inputs(const Call& call, Workspace& workspace, const std::vector<const project::Node*>& selected,
                  bool builds);

}  // namespace weir::cli
