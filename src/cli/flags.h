// Flags that several verbs share, with dbt's names where dbt has them.
#pragma once

#include <initializer_list>
#include <vector>

#include "cli/verb.h"

namespace weir::cli {

Flag switch_flag(std::string name, char letter, std::string doc);
Flag value_flag(std::string name, char letter, std::string value_name, std::string doc);

// Where the project and its state are: --project-dir --profiles-dir --target --lake --vars --state-dir.
std::vector<Flag> project_flags();
// Which assets: --select --exclude --selector --indirect-selection --state.
std::vector<Flag> selection_flags();
// Of which kinds: --resource-type --exclude-resource-type.
std::vector<Flag> type_flags();
// How much of the machine: --threads --memory-limit.
std::vector<Flag> engine_flags();
// --output with the forms that rows can take (table, csv, json, ndjson, markdown).
Flag rows_output_flag();

std::vector<Flag> together(std::initializer_list<std::vector<Flag>> lists);

}  // namespace weir::cli
