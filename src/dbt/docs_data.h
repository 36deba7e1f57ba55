// What the documentation page shows, as one value made of the artefacts: compact, with only what the page reads.
#pragma once

#include <vector>

#include "base/json.h"
#include "dbt/lineage.h"

namespace weir::dbt {

// {"project", "adapter", "generated_at", "overview", "nodes": [{"id", "type", "name", …, "columns": [{"name", "type",
// …}], "parents": [id], "children": [id], "tests": [id]}]}. Empty members are left out. `run_results` may be null; of
// catalog.json, nodes that the target does not hold are missing. A column with lineage has "from": [[id, column,
// "identity filter"], …], a node "rows" of the same form.
Json docs_data(const Json& manifest, const Json& catalog, const Json& run_results,
               const std::vector<NodeLineage>& lineage = {});

}  // namespace weir::dbt
