// dbt's node selection: --select, --exclude, --resource-type, --indirect-selection.
//
// A criterion is [@][n+]method:value[+n]; a space between criteria is union, a comma intersection. Methods: fqn
// (default, also file or path when it looks like one), path, file, tag, source, config.<key>[.<key>], resource_type,
// test_name, test_type, package, group, materialized through config. Wildcards * ? [] anywhere. "+x" ancestors, "x+"
// descendants, "2+x+1" limited, "@x" x, its descendants and all ancestors of those.
#pragma once

#include <string>
#include <vector>

#include "project/project.h"

namespace weir::plan {

enum class IndirectSelection { eager, cautious, buildable, empty };

struct Selection {
  std::vector<std::string> select;  // each may hold several, space-separated; empty = everything
  std::vector<std::string> exclude;
  std::vector<project::ResourceType> resource_types, exclude_resource_types;
  IndirectSelection indirect = IndirectSelection::eager;
};

struct Selected {
  std::vector<const project::Node*> nodes;  // in topological order
  std::vector<std::string> warnings;        // criteria that match nothing, with the nearest name
  bool contains(const project::Node& node) const;
};

// Throws Error{bad_selector} naming the criterion.
Selected select(const project::Project& project, const Selection& selection);

}  // namespace weir::plan
