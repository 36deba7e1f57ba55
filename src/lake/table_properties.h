// The properties of a Delta table that weir honours (docs/delta-support.md lists them for people).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::lake {

// The name as the log spells it, for any spelling of case. Names that have a dot and do not begin with "delta." are the
// user's own and come back as they are. Throws Error{sql_unsupported} for a property of Delta that weir does not
// honour, with the nearest one that it does.
std::string property_name(const std::string& name);

// The value as the log holds it. Throws Error{sql_unsupported} saying which values the property takes.
std::string property_value(const std::string& name, const std::string& value);

// Properties that hold a CHECK constraint: a condition in Spark's dialect, under the constraint's name.
constexpr std::string_view constraint_prefix = "delta.constraints.";
bool is_constraint(std::string_view name);  // in any case

const std::vector<std::string>& property_names();  // those of Delta, for messages and completion

// The size that new files of a table with these properties should have: delta.targetFileSize, else 128 MiB.
uint64_t target_file_bytes(const std::map<std::string, std::string>& configuration);

}  // namespace weir::lake
