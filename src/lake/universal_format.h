// Other table formats whose metadata is kept beside the log, over the same data files.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::lake {

inline constexpr const char* universal_formats_property = "delta.universalFormat.enabledFormats";

// The formats that a value of the property names, in lower case: "iceberg", "hudi". nullopt if one is unknown.
std::optional<std::vector<std::string>> universal_formats(std::string_view value);

bool keeps_format(const std::map<std::string, std::string>& configuration, std::string_view format);

}  // namespace weir::lake
