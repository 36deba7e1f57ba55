// Relations of a database that are made beside those whose place they take, under the names that dbt-duckdb gives them:
// orders__dbt_tmp becomes orders. All in the step's transaction: whoever reads meanwhile sees the old one.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/session.h"
#include "project/node.h"

namespace weir::run {

// "shop"."dev"."orders__dbt_tmp", quoted as the node's own name is.
std::string relation_beside(const project::Node& node, const std::string& suffix);

struct NodeRelations {
  std::optional<std::string> own;  // the kind of what has the node's name: "table" or "view"
  // What a run that was broken off has left under the names that dbt makes of the node's: the name, and its kind.
  std::vector<std::pair<std::string, std::string>> left_behind;
};
NodeRelations relations_of(engine::Session& session, const project::Node& node);
void drop_left_behind(engine::Session& session, const project::Node& node, const NodeRelations& relations);

// What is beside the node's name under `suffix` gets it. `own`: the kind of what has it now, and goes.
void take_place(engine::Session& session, const project::Node& node, const std::string& suffix, const std::string& kind,
                const std::optional<std::string>& own);

}  // namespace weir::run
