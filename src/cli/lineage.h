// weir show --lineage: where columns come from and where they go.
#pragma once

#include <string>

#include "cli/verb.h"
#include "cli/workspace.h"

namespace weir::cli {

// `what` is a node, or a node and one of its columns: "orders", "orders.amount", "raw.orders.id".
int show_lineage(Call& call, Workspace& workspace, const std::string& what);

}  // namespace weir::cli
