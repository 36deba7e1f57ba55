// What other warehouses call their own: functions, types and configurations, with what stands for them here. For
// `weir assess`, which looks up only what the engine does not know.
#pragma once

#include <string>
#include <string_view>

namespace weir::cli {

// What to write instead of a function that DuckDB does not have; "" = nothing is known.
std::string remedy_for_function(std::string_view name);
// The same for the name of a type.
std::string remedy_for_type(std::string_view name);
// Is it a part of a date ("day"), as date functions take it in quotes here?
bool is_date_part(std::string_view name);

// A configuration that only another adapter reads.
struct ForeignConfig {
  std::string adapter;  // "snowflake"; "" = none that is known
  std::string instead;  // what does the same here; "" = it means nothing here
};
ForeignConfig foreign_config(std::string_view key);

}  // namespace weir::cli
