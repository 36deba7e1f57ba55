// function() of templates.
#pragma once

#include "template/arguments.h"
#include "template/evaluation.h"

namespace weir::project {

// A function of the project by its name, or by a package and its name: the relation that it is, to be called in SQL,
// {{ function('double_it') }}(amount).
tmpl::Value function_reference(tmpl::Evaluation& evaluation, const tmpl::Arguments& arguments);

}  // namespace weir::project
