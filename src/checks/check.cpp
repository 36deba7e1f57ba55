#include "checks/check.h"

#include <array>
#include <utility>

#include "base/text.h"

namespace weir::checks {

std::string_view status_text(CheckStatus status) {
  constexpr std::array<std::string_view, 4> kNames = {"pass", "warn", "fail", "error"};
  return kNames[static_cast<size_t>(status)];
}

std::optional<bool> holds(const std::string& condition, double value) {
  std::string_view text = trim(condition);
  size_t length = text.find_first_not_of("<>=!");
  if (length == 0 || length == std::string_view::npos) return std::nullopt;
  std::string_view comparison = text.substr(0, length);
  std::optional<double> bound = parse_double(trim(text.substr(length)));
  if (!bound) return std::nullopt;
  if (comparison == "=" || comparison == "==") return value == *bound;
  if (comparison == "!=" || comparison == "<>") return value != *bound;
  if (comparison == ">") return value > *bound;
  if (comparison == ">=") return value >= *bound;
  if (comparison == "<") return value < *bound;
  if (comparison == "<=") return value <= *bound;
  return std::nullopt;
}

}  // namespace weir::checks
