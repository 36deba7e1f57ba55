// Exposures, metrics, semantic models and saved queries: their configuration, and what they depend on.
#pragma once

#include <string>
#include <vector>

#include "project/node_names.h"
#include "project/project.h"
#include "project/project_file.h"
#include "project/rendering.h"

namespace weir::project {

class DeclaredResolver {
 public:
  // `packages`: the project itself first.
  DeclaredResolver(const Rendering& rendering, const std::vector<ProjectFile>& packages, const Project& project,
                   std::vector<Error>& errors)
      : rendering_(rendering), packages_(packages), names_(rendering), errors_(errors) {
    for (const Node& node : project.nodes) names_.add(node);
  }

  // Sets Declared::config, refs, sources, metrics, and depends_on as far as nodes are meant. Throws
  // Error{bad_schema_yaml} for what is declared wrongly. False: it is not enabled.
  bool settle(Declared& item) const;
  // Adds what items depend on among each other: metrics on semantic models and metrics, the rest on metrics.
  void connect(std::vector<Declared>& items, const std::vector<Declared>& disabled) const;

 private:
  void configure(Declared& item) const;
  void read_calls(Declared& item) const;

  const Rendering& rendering_;
  const std::vector<ProjectFile>& packages_;
  NodeNames names_;
  std::vector<Error>& errors_;
};

// What dbt's semantic layer would not know apart: measures of the project, entities and dimensions of a semantic model
// that have the same name. As in dbt nobody minds where there is no metric.
std::vector<Error> repeated_elements(const std::vector<Declared>& items);

}  // namespace weir::project
