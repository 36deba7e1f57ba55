// The columns that a model's rows are told apart by, as far as its YAML says it.
#pragma once

#include <string>
#include <vector>

#include "project/node.h"

namespace weir::project {

// Sorted. dbt's order of what counts: a constraint primary_key of the table, then of a column; columns that tests say
// are unique and not null; those that an enabled test says are unique; those that a disabled one says. `tests`: the
// generic tests of the model, disabled ones too.
std::vector<std::string> primary_key_of(const Node& model, const std::vector<const Node*>& tests);

}  // namespace weir::project
