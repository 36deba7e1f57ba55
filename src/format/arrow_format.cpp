#include "format/arrow_format.h"

#include <array>

#include "base/text.h"

namespace weir::format {

namespace {

struct Row {
  std::string_view format;
  ArrowLayout layout;
};
using K = ArrowKind;
constexpr std::array<Row, 35> exact = {{{"n", {K::null}},
                                        {"b", {K::boolean, 0, false, false, 0, 0, 2}},
                                        {"c", {K::integer, 1, false, false, 0, 0, 2}},
                                        {"C", {K::integer, 1, false, false, 0, 0, 2}},
                                        {"s", {K::integer, 2, false, false, 0, 0, 2}},
                                        {"S", {K::integer, 2, false, false, 0, 0, 2}},
                                        {"i", {K::integer, 4, false, false, 0, 0, 2}},
                                        {"I", {K::integer, 4, false, false, 0, 0, 2}},
                                        {"l", {K::integer, 8, false, false, 0, 0, 2}},
                                        {"L", {K::integer, 8, false, false, 0, 0, 2}},
                                        {"f", {K::real, 4, false, false, 0, 0, 2}},
                                        {"g", {K::real, 8, false, false, 0, 0, 2}},
                                        {"u", {K::text, 0, false, false, 0, 0, 3}},
                                        {"U", {K::text, 0, true, false, 0, 0, 3}},
                                        {"vu", {K::text, 0, false, true, 0, 0, 2}},
                                        {"z", {K::binary, 0, false, false, 0, 0, 3}},
                                        {"Z", {K::binary, 0, true, false, 0, 0, 3}},
                                        {"vz", {K::binary, 0, false, true, 0, 0, 2}},
                                        {"tdD", {K::date, 4, false, false, 0, 0, 2}},
                                        {"tdm", {K::date, 8, false, false, 0, 0, 2}},
                                        {"tts", {K::time, 4, false, false, 1'000'000, 0, 2}},
                                        {"ttm", {K::time, 4, false, false, 1'000, 0, 2}},
                                        {"ttu", {K::time, 8, false, false, 1, 0, 2}},
                                        {"ttn", {K::time, 8, false, false, -1'000, 0, 2}},
                                        {"tss:", {K::timestamp, 8, false, false, 1'000'000, 0, 2}},
                                        {"tsm:", {K::timestamp, 8, false, false, 1'000, 0, 2}},
                                        {"tsu:", {K::timestamp, 8, false, false, 1, 0, 2}},
                                        {"tsn:", {K::timestamp, 8, false, false, -1'000, 0, 2}},
                                        {"+s", {K::struct_, 0, false, false, 0, 0, 1}},
                                        {"+m", {K::map, 0, false, false, 0, 0, 2}},
                                        {"+l", {K::list, 0, false, false, 0, 0, 2}},
                                        {"+L", {K::list, 0, true, false, 0, 0, 2}},
                                        {"+vl", {K::list, 0, false, true, 0, 0, 3}},
                                        {"+vL", {K::list, 0, true, true, 0, 0, 3}},
                                        {"", {}}}};

// "d:precision,scale[,bits]"
ArrowLayout decimal_layout(std::string_view format) {
  auto parts = split(format.substr(2), ',');
  int64_t scale = parts.size() > 1 ? parse_int(parts[1]).value_or(-1) : -1;
  int64_t bits = parts.size() > 2 ? parse_int(parts[2]).value_or(0) : 128;
  if (scale < 0 || scale > 38 || (bits != 32 && bits != 64 && bits != 128)) return {};
  return {K::decimal, static_cast<int>(bits / 8), false, false, 0, static_cast<int>(scale), 2};
}

ArrowLayout fixed_layout(std::string_view number, ArrowKind kind, int buffers) {
  auto width = parse_int(number);
  if (!width || *width <= 0 || *width > 1 << 24) return {};
  return {kind, static_cast<int>(*width), false, false, 0, 0, buffers};
}

}  // namespace

ArrowLayout arrow_layout(std::string_view format) {
  if (format.starts_with("ts") && format.size() > 4 && format[3] == ':') format = format.substr(0, 4);
  for (const auto& row : exact)
    if (row.format == format) return row.layout;
  if (format.starts_with("d:")) return decimal_layout(format);
  if (format.starts_with("w:")) return fixed_layout(format.substr(2), K::binary, 2);
  if (format.starts_with("+w:")) return fixed_layout(format.substr(3), K::list, 1);
  return {};
}

}  // namespace weir::format
