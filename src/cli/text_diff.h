// Two texts as a unified diff.
#pragma once

#include <string>

namespace weir::cli {

// The fewest lines that turn one into the other, three around each change. Memory grows with the lines alone. Texts
// that have little in common over more than a thousand lines are divided there: the diff is right, but may not be the
// shortest.
std::string unified_diff(const std::string& before, const std::string& after, const std::string& path);

}  // namespace weir::cli
