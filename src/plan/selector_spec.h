// A selection as a tree: criteria put together by union, intersection and difference. Comes from the command line
// ("a b,c": a space unites, a comma intersects) or from selectors.yml.
#pragma once

#include <string>
#include <vector>

#include "base/yaml.h"
#include "plan/criterion.h"

namespace weir::plan {

struct Spec {
  enum class Kind { criterion, any_of, all_of, without };  // without: the first part less all the others
  Kind kind = Kind::any_of;
  Criterion criterion;
  std::vector<Spec> parts;
  IndirectSelection indirect = IndirectSelection::eager;
  std::string told;  // text to be told of when it selects nothing; "" = it is not told
};

// A selector of selectors.yml.
struct NamedSelector {
  std::string name;
  Spec spec;
  bool is_default = false;
};

// Each text may hold several criteria. Throws Error{bad_selector}.
Spec parse_selection(const std::vector<std::string>& texts, IndirectSelection indirect,
                     const std::vector<NamedSelector>& named);

// `document` is selectors.yml. A selector may name those above it (method: selector). Throws Error{bad_selector} with
// the place.
std::vector<NamedSelector> read_selectors(const Yaml& document, IndirectSelection indirect);

// Throws Error{bad_selector} with the nearest name.
const NamedSelector& find_selector(const std::vector<NamedSelector>& named, const std::string& name);

}  // namespace weir::plan
