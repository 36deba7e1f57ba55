// What the config() calls of a file say, as it stands there.
#pragma once

#include <string_view>

#include "base/json.h"

namespace weir::project {

// Of keyword arguments that are no plain values (env_var('X'), var('y'), …) the text, as a template: "{{ env_var('X')
// }}". What is given otherwise (**mapping, a positional mapping) is not looked at.
Json written_config_calls(std::string_view text);

}  // namespace weir::project
