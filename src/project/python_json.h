// JSON as Python's json.dumps writes it: ", " and ": " between, non-ASCII escaped.
#pragma once

#include <string>

#include "base/json.h"

namespace weir::project {

std::string python_json(const Json& value, bool sort_keys);

}  // namespace weir::project
