// The interpreter that runs Python models.
#pragma once

#include <string>

#include "project/project.h"

namespace weir::run {

// `python` of weir.yml or WEIR_PYTHON (a path is relative to the project), else that of the active virtual environment,
// else "python3".
std::string python_interpreter(const project::Project& project);

// Whether the project itself names it, so that it is code of the project's (project/foreign_code.h).
bool is_interpreter_of_project(const project::Project& project);

// "cpython 3.11.2", by asking it; "" if it cannot be started.
std::string python_version(const std::string& interpreter);

}  // namespace weir::run
