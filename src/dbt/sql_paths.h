// Where the SQL of a node lies below the target folder, as dbt lays it out. Relative to the project's folder:
// "target/compiled/shop/models/orders.sql". What shares its file with others (generic tests, unit tests, snapshots in
// YAML) lies below that file's name.
#pragma once

#include <string>

#include "project/project.h"

namespace weir::dbt {

// Whether the query of a compiled node is written into a file: dbt writes none of snapshots.
bool has_compiled_file(const project::Node& node);
// The node's query, templates rendered.
std::string compiled_path(const project::Project& project, const project::Node& node);
// The statements that made the node, or that a test asked.
std::string run_path(const project::Project& project, const project::Node& node);

}  // namespace weir::dbt
