// Warnings of ways of writing that only dbt's newest versions call old: a call under dbt's name tells them, weir's own
// name and editors do not.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace weir::dbt {

// `event`: project::Diagnostic::event.
inline bool is_only_dbts(std::string_view event) {
  constexpr std::array<std::string_view, 11> events = {"MissingArgumentsPropertyInGenericTestDeprecation",
                                                       "ArgumentsPropertyInGenericTestDeprecation",
                                                       "PropertyMovedToConfigDeprecation",
                                                       "UnpinnedRefNewVersionAvailable",
                                                       "SourceFreshnessProjectHooksNotRun",
                                                       "ModulesItertoolsUsageDeprecation",
                                                       "ConfigLogPathDeprecation",
                                                       "ConfigTargetPathDeprecation",
                                                       "PackageInstallPathDeprecation",
                                                       "PackageMaterializationOverrideDeprecation",
                                                       "CollectFreshnessReturnSignature"};
  return std::find(events.begin(), events.end(), event) != events.end();
}

}  // namespace weir::dbt
