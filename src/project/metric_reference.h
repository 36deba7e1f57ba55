// metric() of templates.
#pragma once

#include "template/arguments.h"
#include "template/evaluation.h"

namespace weir::project {

// A metric by its name, or by a package and its name. Printed it is its name. It has metric_name and package_name, and
// where nodes are rendered what the manifest tells of it: label, type, type_params, …
tmpl::Value metric_reference(tmpl::Evaluation& evaluation, const tmpl::Arguments& arguments);

}  // namespace weir::project
