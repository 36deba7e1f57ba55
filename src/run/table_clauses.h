// How a node's table is to be, in the words of CREATE TABLE.
#pragma once

#include <string>

#include "project/node.h"

namespace weir::run {

// " PARTITIONED BY (…) SORTED BY (…) WITH (…)", those of them that the configuration asks for.
std::string table_clauses(const project::NodeConfig& config);
// "SORTED BY (…)", which clusters a lake's table; "" where the configuration does not.
std::string clustering_clause(const project::NodeConfig& config);
// "'delta.appendOnly' = 'true', …"
std::string properties_list(const project::NodeConfig& config);

}  // namespace weir::run
