// JSON as Python's json.dumps writes it: ", " and ": " between, non-ASCII escaped; and YAML as PyYAML's safe_dump does,
// but that texts with line breaks or outside of ASCII stand in double quotes with JSON's escapes.
#pragma once

#include <string>

#include "base/json.h"

namespace weir::project {

std::string python_json(const Json& value, bool sort_keys);
std::string python_yaml(const Json& value, bool sort_keys);

}  // namespace weir::project
