// What a step of the lake makes besides its own relations, by a hook or a macro: nobody would publish it.
#pragma once

#include <vector>

#include "lake/lake.h"
#include "lake/staged.h"
#include "project/node.h"

namespace weir::run {

// Throws Error{not_built} that names the first relation, view or function that is not among `own`. What is dropped is
// no stray.
void refuse_strays(const lake::Staged& staged, const std::vector<lake::TableName>& own, const project::Node& node);

}  // namespace weir::run
