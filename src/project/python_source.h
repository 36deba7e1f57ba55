// What a Python model says to dbt, found in its text without Python: calls of dbt.ref, dbt.source, dbt.config,
// dbt.config.get and dbt.config.meta_get, whose arguments must be literals, and the form of its function. The rules are
// dbt's.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/json.h"

namespace weir::project {

struct PythonCall {
  std::string function;  // "ref", "source", "config", "config.get", "config.meta_get"
  std::vector<Json> arguments;
  std::vector<std::pair<std::string, Json>> named;
  Span span;
};

struct PythonSource {
  std::vector<PythonCall> calls;  // in the order of the text
  Span model;                     // where `def model` stands
  bool reads_this = false;        // names dbt.this
  std::vector<Error> errors;      // all that is wrong, each with its line
};

PythonSource read_python_source(std::string_view text, const std::string& file);

}  // namespace weir::project
