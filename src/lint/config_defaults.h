// The options that exist.
#pragma once

#include <map>
#include <string>

namespace weir::lint {

extern const char* const default_options;  // as an INI file
extern const char* const foreign_options;  // between blanks
// Allowed values by the option's name, with blanks between them.
const std::map<std::string, std::string>& allowed_values();

}  // namespace weir::lint
