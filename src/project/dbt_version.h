// What dbt weir says it is: dbt_version of templates and artefacts.
#pragma once

namespace weir::project {

inline constexpr const char* dbt_version = "1.11.16";

}  // namespace weir::project
