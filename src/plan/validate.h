// What a project's author wrote for connectors and checks, tried before anything runs: ingest options of sources, names
// and arguments of tests. For `weir parse` over the whole project; make_plan does it for what it plans.
#pragma once

#include <vector>

#include "base/error.h"
#include "project/project.h"

namespace weir::plan {

std::vector<Error> validate(const project::Project& project, const std::vector<const project::Node*>& nodes);
std::vector<Error> validate(const project::Project& project);

}  // namespace weir::plan
