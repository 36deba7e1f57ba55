// What ref(), source() and function() have in common while templates are evaluated.
#pragma once

#include <functional>
#include <string_view>

#include "base/error.h"
#include "project/host.h"
#include "template/evaluation.h"

namespace weir::project {

// Where the name of the function stands whose call is being evaluated.
Span call_place(tmpl::Evaluation& evaluation, std::string_view name);

// Among what the node depends on; a hook or a text of no node may name anything. Of several that fit the one of the
// package that is looked in first. nullptr: none does. For final renderings.
const Node* among_dependencies(const ProjectHost& host, const std::function<bool(const Node&)>& matches);

}  // namespace weir::project
