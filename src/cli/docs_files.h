// What the documentation takes from the project's folders, and what of them it puts beside the page.
#pragma once

#include <vector>

#include "base/json.h"
#include "dbt/run_results.h"
#include "project/project.h"

namespace weir::cli {

// The SQL that an earlier run or compile left in target/compiled.
std::vector<dbt::NodeResult> compiled_before(const project::Project& project);

// run_results.json of the last run; null: there is none that can be read.
Json last_results(const project::Project& project);

// The folders of asset-paths, copied into the target folder anew, as in dbt: pictures that descriptions show.
void copy_assets(const project::Project& project);

}  // namespace weir::cli
