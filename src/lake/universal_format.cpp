#include "lake/universal_format.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace weir::lake {

std::optional<std::vector<std::string>> universal_formats(std::string_view value) {
  constexpr std::array<std::string_view, 2> known = {"hudi", "iceberg"};
  std::vector<std::string> formats;
  for (const auto& word : split(std::string(value), ',')) {
    const std::string format = lower(trim(word));
    if (format.empty()) continue;
    if (std::find(known.begin(), known.end(), format) == known.end()) return std::nullopt;
    formats.push_back(format);
  }
  return formats;
}

bool keeps_format(const std::map<std::string, std::string>& configuration, std::string_view format) {
  const auto value = configuration.find(universal_formats_property);
  if (value == configuration.end()) return false;
  const auto formats = universal_formats(value->second);
  return formats && std::find(formats->begin(), formats->end(), format) != formats->end();
}

}  // namespace weir::lake
