// What dbt's command line knows and weir's does not, for calls under the name `dbt`.
#pragma once

#include <string>
#include <vector>

#include "cli/verb.h"

namespace weir::cli {

// Options that turn at parts of dbt which weir does not have: its parse cache, its cache of relations, its log files,
// its other parsers. They are understood and change nothing.
const std::vector<Flag>& dbt_flags();

// dbt's other spellings of options that weir has: --models for --select and the like.
std::vector<std::string> in_weirs_spelling(std::vector<std::string> words);

}  // namespace weir::cli
