// One selection criterion: "[@][n+]method:value[+n]", parsed, and which nodes its method and value match.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "project/project.h"

namespace weir::plan {

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

// Without ancestors and descendants.
bool matches(const Criterion& criterion, const project::Project& project, const project::Node& node);

}  // namespace weir::plan
