// A line that is told of a node: what a template said while it was rendered, by log(..., info=true), print() or
// exceptions.warn(), or a warning of its build.
#pragma once

#include <string>
#include <vector>

namespace weir::project {

struct LogLine {
  std::string text;
  bool warns = false;      // exceptions.warn()
  std::string event = {};  // the name that dbt gives a warning of its own; "" = a template's
  bool operator==(const LogLine&) const = default;
};

using LogLines = std::vector<LogLine>;

}  // namespace weir::project
