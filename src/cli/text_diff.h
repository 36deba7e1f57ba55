// Two texts as a unified diff.
#pragma once

#include <string>

namespace weir::cli {

std::string unified_diff(const std::string& before, const std::string& after, const std::string& path);

}  // namespace weir::cli
