// A condition on partitions in the user's SQL.
#pragma once

#include <functional>
#include <string>

#include "cli/workspace.h"
#include "lake/action.h"

namespace weir::cli {

// For which partitions of the table the condition holds now; a partition that is not there yet is none of them. Throws
// Error{usage} if the table has no partitions, and the engine's error if the condition is not one on its partition
// columns alone.
std::function<bool(const lake::PartitionValues&)> partitions_where(Workspace& workspace, const lake::TableName& table,
                                                                   const std::string& condition);

}  // namespace weir::cli
