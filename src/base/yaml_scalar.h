// What a plain YAML scalar means, by the rules of PyYAML's safe loader (YAML 1.1 with its known departures: "1e3" and
// "0o14" are texts, "014" is 12, "1:30" is 90). The one departure of ours: dates and times stay text.
#pragma once

#include <string_view>

#include "base/json.h"

namespace weir {

// "bool", "int", "float", "null" or "str".
std::string_view yaml_scalar_tag(std::string_view text);
// Throws Error{bad_yaml} for an integer that does not fit 64 bits or has no digits ("0b_").
Json resolve_yaml_scalar(std::string_view text);

}  // namespace weir
