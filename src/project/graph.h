// The order of a project's nodes.
#pragma once

#include <vector>

#include "project/project.h"

namespace weir::project {

// Edges from depends_on, topological order with ties by unique_id (nodes are sorted by it). `index`: the nodes' places
// by unique_id. If there is a circle, `cycle` gets the nodes on it, beginning with the smallest unique_id, and the
// order is incomplete.
Graph build_graph(const NodeList& nodes, const NodeIndex& index, std::vector<int>& cycle);

}  // namespace weir::project
