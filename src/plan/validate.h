// What a project's author wrote for connectors and checks, tried before anything runs: ingest options of sources, names
// and arguments of tests. For `weir parse` over the whole project; make_plan does it for what it plans. On a database,
// where a test is a step of its own, it fails that step.
#pragma once

#include <vector>

#include "base/error.h"
#include "project/project.h"

namespace weir::plan {

std::vector<Error> validate(const project::Project& project, const std::vector<const project::Node*>& nodes);
std::vector<Error> validate(const project::Project& project);
// Of one test. Throws Error{unknown_test}, Error{check_arguments} and Error{bad_config}.
void check_test(const project::Project& project, const project::Node& node);

}  // namespace weir::plan
