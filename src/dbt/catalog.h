// catalog.json in the form that dbt writes and other tools read (schema v1): what the target holds of the project's
// nodes and sources, with the columns' real types.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "dbt/run_results.h"
#include "project/project.h"

namespace weir::dbt {

struct CatalogColumn {
  std::string name, type;
  std::optional<std::string> comment;
};

struct CatalogStat {
  std::string id, label;
  Json value;  // a boolean, text or number
  std::string description;
};

// A table or view as the target has it.
struct CatalogRelation {
  std::string database, schema, name;
  std::string type;  // "BASE TABLE" or "VIEW"
  std::optional<std::string> comment;
  std::vector<CatalogColumn> columns;
  std::vector<CatalogStat> stats;
};

// Those of `relations` that are one of `nodes`, under their unique_ids; names are compared without case. `errors` are
// what could not be asked. Several sources may be the same relation.
Json catalog(const Invocation& invocation, const std::vector<const project::Node*>& nodes,
             const std::vector<CatalogRelation>& relations, const std::vector<std::string>& errors);

}  // namespace weir::dbt
