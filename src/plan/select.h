// dbt's node selection: --select, --exclude, --selector, --resource-type, --indirect-selection, --state.
//
// A criterion is [@][n+]method:value[+n]; a space between criteria is union, a comma intersection. Methods: fqn
// (default, also file or path when it looks like one), path, file, tag, source, config.<key>[.<key>], resource_type,
// test_name, test_type, package, group, access, version, exposure, metric, semantic_model, saved_query, unit_test,
// selector, and with --state: state, result, source_status. Wildcards * ? [] anywhere. "+x" ancestors, "x+"
// descendants, "2+x+1" limited, "@x" x, its descendants and all ancestors of those.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "plan/criterion.h"
#include "plan/previous_state.h"
#include "project/project.h"

namespace weir::plan {

struct Selection {
  std::vector<std::string>
      select;  // each may hold several, space-separated; empty = the default selector, or everything
  std::vector<std::string> exclude;
  std::string selector;           // a name in selectors.yml instead of both
  std::vector<std::string> only;  // unique_ids: if there are some, these and nothing else
  std::vector<project::ResourceType> resource_types, exclude_resource_types;
  std::vector<std::string> declared_kinds, exclude_declared_kinds;  // the same for what nothing is built of: "exposure"
  IndirectSelection indirect = IndirectSelection::eager;
  std::shared_ptr<const PreviousState> state;  // nullptr: no --state
};

struct Selected {
  std::vector<const project::Node*> nodes;         // in topological order
  std::vector<const project::Declared*> declared;  // exposures, metrics, ..., sorted by unique_id
  std::vector<std::string> warnings;               // criteria that match nothing, with the nearest name
  bool contains(const project::Node& node) const;
};

// Throws Error{bad_selector} naming the criterion.
Selected select(const project::Project& project, const Selection& selection);

}  // namespace weir::plan
