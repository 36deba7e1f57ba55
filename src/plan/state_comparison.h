// dbt's state: selectors: what of a node is not as an earlier manifest has it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "plan/previous_state.h"
#include "project/project.h"

namespace weir::plan {

// "new", "old", "modified", "unmodified", "modified.body", "modified.configs", "modified.persisted_descriptions",
// "modified.relation", "modified.macros", "modified.contract".
const std::vector<std::string>& state_words();

// As dbt: a new source, exposure or metric is new but not modified. Configurations are compared as written, so that
// another target or environment is no change; of descriptions only those that are persisted.
bool is_in_state(std::string_view word, const project::Project& project, const project::Node& node,
                 const PreviousState& state);
bool is_in_state(std::string_view word, const project::Declared& item, const PreviousState& state);

// A promise of an enforced contract that is taken back: columns gone or of another type, constraints that a table held
// gone, the contract not enforced any more, the model disabled or gone.
struct ContractBreak {
  std::string unique_id, name, file;
  bool versioned = false;
  std::vector<std::string> changes;
};
std::vector<ContractBreak> contract_breaks(const project::Project& project, const PreviousState& state);

}  // namespace weir::plan
