// The text of a function as the macro that makes it gets it.
#pragma once

#include <string>

#include "project/node.h"

namespace weir::run {

// With its arguments cast to the types that YAML gives them: files of DuckDB keep no types of a macro's parameters
// before storage version 1.4, which they have only where somebody asks for it. A program, and what takes no arguments,
// stays as it is. Throws Error{sql_syntax} naming the function.
std::string function_text(const project::Node& node, const std::string& sql);

}  // namespace weir::run
