#include <fmt/format.h>

#include "engine/session.h"

namespace weir::engine {

namespace {

// Shortest text that reads back as the same number, and never mistaken for an integer.
std::string double_text(double number) {
  std::string text = fmt::format("{}", number);
  return text.find_first_of(".enia") == std::string::npos ? text + ".0" : text;
}

}  // namespace

std::string cell_text(const Cell& cell) {
  if (const auto* text = std::get_if<std::string>(&cell)) return *text;
  if (const auto* flag = std::get_if<bool>(&cell)) return *flag ? "true" : "false";
  if (const auto* number = std::get_if<int64_t>(&cell)) return std::to_string(*number);
  if (const auto* number = std::get_if<double>(&cell)) return double_text(*number);
  return {};
}

}  // namespace weir::engine
