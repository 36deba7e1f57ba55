// Section "Verify": are the files that an attempt added really there?
#pragma once

#include <string>
#include <vector>

#include "lake/publish/foreign.h"
#include "lake/publish/manifest.h"

namespace weir::lake::publish {

// Keys of those of `actions`' added files that the store does not have (an answer 404; errors are thrown on), or have
// another size. Files in `gone_since` (file keys) are not asked for: others have removed them from the table since.
std::vector<std::string> missing_files(const TableLocation& table, const std::vector<Action>& actions,
                                       const std::set<std::string>& gone_since = {});

}  // namespace weir::lake::publish
