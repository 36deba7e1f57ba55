// The order of nodes in dbt's artefacts.
#pragma once

#include <functional>
#include <vector>

#include "project/project.h"

namespace weir::dbt {

// Those that are wanted, by unique_id, and behind them generic tests in the order in which dbt meets them in YAML.
std::vector<const project::Node*> in_order(const project::Project& project,
                                           const std::function<bool(const project::Node&)>& wanted);

}  // namespace weir::dbt
