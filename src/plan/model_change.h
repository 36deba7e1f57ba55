// What a change of the project means to those who read its tables: breaking, other data, or nothing.
//
// Compared is the project as it stands with an earlier manifest (PreviousState), node by node; columns come from
// whoever asks. Breaking is what a reader's query or join may fail or multiply on: a column gone, renamed or of another
// type, a promise taken back (contract, constraint, key, access), a relation that is elsewhere or gone.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "plan/previous_state.h"
#include "project/project.h"
#include "project/render.h"

namespace weir::plan {

enum class Impact { none, data, breaking };
std::string_view impact_text(Impact impact);  // "not breaking", "data may change", "breaking"

struct ChangeFinding {
  Impact impact = Impact::none;
  std::string kind;  // "column_removed", "body", "access", …
  std::string text;  // "column amount is gone"
};

struct ModelChange {
  std::string unique_id;
  std::string change;  // "new", "removed", "changed", "inherited": only what it reads has changed
  std::vector<ChangeFinding> findings;
  std::vector<std::string> consumers;  // unique_ids of all nodes, exposures and the like that read it, directly or not
  Impact impact() const;
};

// Columns of a node, now or then.
struct StatedColumns {
  std::vector<project::RelationColumn> columns;
  bool complete = true;  // false: there may be others
  bool typed = true;     // false: names only
};
struct ColumnSource {
  // nullopt: they could not be told. `why` gets the engine's words if the SQL does not bind any more.
  std::function<std::optional<StatedColumns>(const project::Node& node, std::string& why)> now;
  std::function<std::optional<StatedColumns>(const std::string& unique_id)> then;
};

// Models, seeds and snapshots that are new, gone or other than then, and those whose columns are others since they read
// such; in topological order, those gone last. `only`: of these unique_ids; empty = of all.
std::vector<ModelChange> model_changes(const project::Project& project, const PreviousState& state,
                                       const ColumnSource& columns, const std::vector<std::string>& only);

// Differences of columns as findings: pure.
std::vector<ChangeFinding> column_findings(const StatedColumns& then, const StatedColumns& now);

// Nodes that changed, or read what did, directly or not: whose columns model_changes() asks for. In topological order.
std::vector<const project::Node*> affected_nodes(const project::Project& project, const PreviousState& state);

Json model_changes_json(const std::vector<ModelChange>& changes);

}  // namespace weir::plan
