#include "lake/hudi/file_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/text.h"
#include "base/time.h"

namespace weir::lake::hudi {

namespace {

constexpr size_t instant_digits = 17;
constexpr std::string_view extension = ".parquet";

bool all_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c); });
}

}  // namespace

std::string instant_of(int64_t time_ms) {
  std::string digits;
  for (const char c : iso_ms(time_ms))
    if (std::isdigit(static_cast<unsigned char>(c))) digits += c;
  return digits;
}

int64_t time_of(std::string_view instant) {
  const auto part = [&](size_t from, size_t count) { return std::string(instant.substr(from, count)); };
  const std::string text = fmt::format("{}-{}-{}T{}:{}:{}.{}Z", part(0, 4), part(4, 2), part(6, 2), part(8, 2),
                                       part(10, 2), part(12, 2), part(14, 3));
  return parse_iso_us(text).value_or(0) / 1000;
}

std::string name_ending(std::string_view instant) { return "_0-0-0_" + std::string(instant); }

std::optional<DataFileName> parse_data_file_name(std::string_view path) {
  if (!path.ends_with(extension)) return std::nullopt;
  const size_t slash = path.rfind('/');
  DataFileName file;
  if (slash != std::string_view::npos) file.folder = std::string(path.substr(0, slash));
  const std::string name(path.substr(slash == std::string_view::npos ? 0 : slash + 1));
  const auto parts = split(name.substr(0, name.size() - extension.size()), '_');
  if (parts.size() != 3 || parts[0].empty() || parts[2].size() != instant_digits || !all_digits(parts[2]))
    return std::nullopt;
  file.file_id = parts[0];
  file.instant = parts[2];
  return file;
}

}  // namespace weir::lake::hudi
