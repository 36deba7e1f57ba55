// The target of a run: from --target, weir.yml, profiles.yml or the built-in `lake`.
#pragma once

#include <string>

#include "base/options.h"
#include "project/load.h"
#include "project/rendering.h"

namespace weir::project {

// `project_profile` is the profile that dbt_project.yml names. profiles.yml is looked for in --profiles-dir,
// DBT_PROFILES_DIR, the project's folder and ~/.dbt. An output of type duckdb is the file of a database, one of type
// lake the lake. `rendering` gives variables and environment. Throws
// Error{profile_not_found} and Error{adapter_refused}.
Target choose_target(const std::string& root, const std::string& project_profile, const LoadFlags& flags,
                     const Options& settings, const Rendering& rendering);

}  // namespace weir::project
