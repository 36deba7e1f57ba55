// What the target holds of a project's nodes: for catalog.json.
#pragma once

#include <string>
#include <vector>

#include "dbt/catalog.h"
#include "engine/session.h"
#include "lake/lake.h"
#include "project/project.h"

namespace weir::run {

struct RelationCatalog {
  std::vector<dbt::CatalogRelation> relations;
  std::vector<std::string> errors;  // relations that are there and cannot be read, with the reason
};

// Tables and views in the schemas of `nodes`. `session` has the target open (run::TargetSession). On the lake a table
// comes with what its log tells without reading it: rows, files, bytes, version, time of the last change.
RelationCatalog relation_catalog(engine::Session& session, engine::Engine& engine, const lake::Lake& lake,
                                 const project::Target& target, const std::vector<const project::Node*>& nodes);

}  // namespace weir::run
