// What statements may reach beyond the databases that are open and places in stores. A session of a project that nobody
// has confirmed is confined (Session::confine).
#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/error.h"

namespace weir::engine {

struct Reach {
  std::vector<std::string> folders;  // of this machine's files: those below these, links resolved (resolved_path)
  std::set<std::string> kinds;       // and what is allowed besides: "ATTACH", "COPY TO", reach_file, …

  void check_file(const std::string& path) const;  // a path or URI. Throws Error{not_trusted}
};

inline constexpr const char* reach_file = "file outside the project";

// Error{not_trusted} for a statement or file, with what to do about it.
Error not_trusted(const std::string& kind, const std::string& text);

}  // namespace weir::engine
