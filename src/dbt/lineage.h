// Column lineage of a project's nodes as values, and as JSON.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "engine/column_lineage.h"

namespace weir::dbt {

struct LineageInput {
  std::string node;  // unique_id; of a relation that is no node of the project its name
  std::string column;
  engine::Derivations kinds;
};

struct LineageColumn {
  std::string name, type;
  std::vector<LineageInput> inputs;
};

struct NodeLineage {
  std::string unique_id;
  std::vector<LineageColumn> columns;
  std::vector<LineageInput> rows;  // what decides which rows there are: for every column
};

// {"column", "kinds": ["identity", …], "unique_id"}
Json input_json(const LineageInput& input);
// {"unique_id", "columns": [{"name", "type", "inputs": […]}], "rows": […]}
Json lineage_json(const NodeLineage& lineage);

}  // namespace weir::dbt
