// graph_summary.json, as dbt writes it for looking at a graph without the rest of the manifest: each node by a number,
// with its name, its kind and the numbers of what reads it.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "project/project.h"

namespace weir::dbt {

Json graph_summary(const project::Project& project, const std::string& invocation_id);

}  // namespace weir::dbt
