// The environment variables of dbt. Each has two names, DBT_X and DBT_ENGINE_X, and some an older one.
#pragma once

#include "cli/verb.h"

namespace weir::cli {

// What one of a variable's names says holds for all. Changes the process's environment; before any thread is started.
void settle_dbt_variables();

// Under dbt's name: names that are old, or that nobody knows.
void warn_of_dbt_variables(const Call& call);

}  // namespace weir::cli
