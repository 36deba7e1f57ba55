// What a template said while it was rendered: by log(..., info=true), print() or exceptions.warn().
#pragma once

#include <string>
#include <vector>

namespace weir::project {

struct LogLine {
  std::string text;
  bool warns = false;  // exceptions.warn()
  bool operator==(const LogLine&) const = default;
};

using LogLines = std::vector<LogLine>;

}  // namespace weir::project
