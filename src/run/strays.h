// What a step of the lake makes besides its own relations, by a hook or a macro: nobody would publish it.
#pragma once

#include <vector>

#include "lake/lake.h"
#include "lake/staged.h"
#include "project/node.h"

namespace weir::run {

// What the node may publish: tables, or the view or function of its name.
struct OwnNames {
  std::vector<lake::TableName> tables, views;
};

// Throws Error{not_built} that names the first relation, view or function that is not the node's own. What is dropped
// is no stray.
void refuse_strays(const lake::Staged& staged, const OwnNames& own, const project::Node& node);

}  // namespace weir::run
