// From a project's test nodes to checks.
#pragma once

#include <vector>

#include "checks/check.h"
#include "project/project.h"
#include "project/render.h"

namespace weir::checks {

// Built-in tests become data; singular tests, unit tests and tests written as macros are rendered to their SQL. `asset`
// is the one the check gates. Throws what rendering throws, and Error{check_arguments}.
Check check_of(const project::Project& project, const project::Node& test, const std::string& asset,
               const project::RenderState& state);

}  // namespace weir::checks
