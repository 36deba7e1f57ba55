// One selection criterion: "[@][n+]method:value[+n]", parsed; and which nodes its method and value match.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "project/project.h"

namespace weir::plan {

class PreviousState;

// What comes along with a selected node: its tests if any parent is selected, if all are, if all are or lie above what
// is selected, or none.
enum class IndirectSelection { eager, cautious, buildable, empty };
std::optional<IndirectSelection> parse_indirect_selection(std::string_view text);

struct Criterion {
  std::string text;                     // as written
  bool with_childrens_parents = false;  // "@": descendants and all their ancestors
  bool ancestors = false, descendants = false;
  std::optional<int> ancestors_depth, descendants_depth;  // nullopt = all
  std::string method;                                     // "fqn", "path", "config", ...
  std::vector<std::string> arguments;                     // of the method: config.meta.owner -> {"meta", "owner"}
  std::string value;
};

// Throws Error{bad_selector} naming what is wrong.
Criterion parse_criterion(std::string_view text);
// That the method is known and the value one it can have: for criteria that were not parsed.
void check_criterion(const Criterion& criterion);

// Without ancestors and descendants. `state` is what --state names, nullptr without.
// Throws Error{bad_selector} for a method that needs a state and has none.
bool matches(const Criterion& criterion, const project::Project& project, const project::Node& node,
             const PreviousState* state);
// The same of exposures, metrics, semantic models and saved queries.
bool matches(const Criterion& criterion, const project::Project& project, const project::Declared& item,
             const PreviousState* state);

}  // namespace weir::plan
