// From what a project asks for to packages in one version each, with all that these need in turn, as dbt resolves: each
// name is decided when it is met, narrowed by what was asked of it so far.
#pragma once

#include <string>
#include <vector>

#include "deps/source.h"

namespace weir::deps {

struct Resolution {
  Pinned pinned;
  std::string project;  // the package's own name
};

// `dbt_version`: versions on the hub must fit it; "" = they need not. `project_name` is that of the root, which no
// package may have. Throws Error{package_conflict | package_not_found | package_fetch | bad_packages}.
std::vector<Resolution> resolve(const std::vector<PackageSpec>& packages, const std::string& project_name,
                                const std::string& dbt_version, PackageSource& source);

// Packages as a lock names them: nothing more is looked for.
std::vector<Pinned> pin(const std::vector<PackageSpec>& packages, const std::string& dbt_version,
                        PackageSource& source);

}  // namespace weir::deps
