// --version and --at: which version of a table.
#pragma once

#include <vector>

#include "cli/verb.h"
#include "lake/snapshot.h"

namespace weir::cli {

std::vector<Flag> version_flags();
Flag limit_flag(int64_t otherwise);

// Throws Error{bad_option_value} for a time that cannot be read, or if both are given.
lake::VersionSpec version_spec(const Options& options);
// "7", "v7" or a time, as behind the @ of a table's name.
lake::VersionSpec version_spec(const std::string& text);
// "7" or "v7". Throws Error{usage}.
int64_t version_number(const std::string& text);

}  // namespace weir::cli
