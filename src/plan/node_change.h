// What differs in one node between the project as it stands and an earlier manifest, columns aside (model_change.h).
#pragma once

#include <string_view>
#include <vector>

#include "plan/model_change.h"

namespace weir::plan {

// `then`: the node in that manifest.
std::vector<ChangeFinding> node_findings(const project::Project& project, const project::Node& node, const Json& then,
                                         const PreviousState& state);

// Of an object; null if it has none, or is no object.
const Json& member(const Json& object, std::string_view key);

}  // namespace weir::plan
