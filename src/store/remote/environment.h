// Where remote stores find their settings.
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace weir::store::remote {

// The value of an environment variable; nullopt if it is unset or empty.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;
Environment process_environment();

// The first of these variables that is set.
std::optional<std::string> first_of(const Environment& environment, std::initializer_list<const char*> names);

}  // namespace weir::store::remote
