// Nodes as templates see them: `model`, `graph.nodes[...]`, the `node` argument of generate_schema_name.
#pragma once

#include "project/project.h"
#include "template/value.h"

namespace weir::project {

tmpl::Value node_value(const Node& node);
tmpl::Value graph_value(const Project& project);  // {"nodes": {...}, "sources": {...}}
tmpl::Value hooks_value(const std::vector<Hook>& hooks);

}  // namespace weir::project
