// What dbt's materialisation of functions asks its relation: this.get_function_config(model) and
// this.get_function_macro_name(config).
#pragma once

#include "template/arguments.h"
#include "template/value.h"

namespace weir::project {

// {language, type, runtime_version, entry_point} of a function; None of anything else. Throws Error{bad_config} where a
// Python function lacks what it needs.
tmpl::Value function_config(const tmpl::Arguments& arguments);

// "scalar_function_sql"
tmpl::Value function_macro_name(const tmpl::Arguments& arguments);

}  // namespace weir::project
