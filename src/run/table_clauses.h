// How a node's table is to be, in the words of CREATE TABLE.
#pragma once

#include <string>

#include "project/node.h"

namespace weir::run {

// " PARTITIONED BY (…) WITH (…)", "" where the configuration says neither.
std::string table_clauses(const project::NodeConfig& config);
// "'delta.appendOnly' = 'true', …"
std::string properties_list(const project::NodeConfig& config);

}  // namespace weir::run
