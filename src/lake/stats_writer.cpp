#include "lake/stats_writer.h"

#include <fmt/format.h>

#include <cmath>

#include "base/json.h"
#include "base/text.h"
#include "base/time.h"
#include "lake/stats_columns.h"

namespace weir::lake {

namespace {

enum class Bound { lower, upper };

constexpr size_t max_text_characters = 32;

// Byte length of the first `count` characters of valid UTF-8, and whether that is all of it.
size_t prefix_length(std::string_view text, size_t count) {
  size_t i = 0;
  for (; i < text.size(); ++i) {
    bool starts_character = (static_cast<unsigned char>(text[i]) & 0xC0) != 0x80;
    if (starts_character && count-- == 0) break;
  }
  return i;
}

// Cut to 32 characters. An upper bound gets a character after the cut that is above the one cut off: DEL after ASCII,
// the highest code point after the rest; none is above the highest itself.
std::optional<Json> text_bound(const std::string& text, Bound bound) {
  size_t length = prefix_length(text, max_text_characters);
  std::string cut = text.substr(0, length);
  if (!is_valid_utf8(cut)) return std::nullopt;
  if (length == text.size()) return Json(std::move(cut));
  if (bound == Bound::lower) return Json(std::move(cut));
  constexpr std::string_view highest = "\xF4\x8F\xBF\xBF";
  if (std::string_view(text).substr(length).starts_with(highest)) return std::nullopt;
  bool ascii = static_cast<unsigned char>(text[length]) < 0x7F;
  return Json(cut + (ascii ? std::string("\x7F") : std::string(highest)));
}

// Milliseconds: a lower bound rounds down, an upper bound up.
std::optional<Json> timestamp_bound(const std::string& text, Bound bound, bool zone) {
  auto us = parse_iso_us(text);
  if (!us) return std::nullopt;
  int64_t ms = *us / 1000;
  if (*us % 1000 < 0) --ms;
  if (bound == Bound::upper && *us % 1000 != 0) ++ms;
  std::string iso = iso_ms(ms);
  // Years beyond four digits are written with a sign that other readers do not know.
  if (iso.size() != std::string_view("2026-01-05T09:12:44.123Z").size()) return std::nullopt;
  if (!zone) iso.pop_back();
  return Json(std::move(iso));
}

std::optional<Json> date_bound(const std::string& text) {
  auto us = parse_iso_us(text);
  constexpr size_t date_length = 10;
  if (!us || text.size() < date_length) return std::nullopt;
  return Json(text.substr(0, date_length));
}

std::optional<Json> integer_bound(const std::string& text) {
  auto value = parse_int(text);
  if (!value) return std::nullopt;
  return Json(*value);
}

std::optional<Json> real_bound(const std::string& text) {
  auto value = parse_double(text);
  if (!value || !std::isfinite(*value)) return std::nullopt;
  // Whole numbers keep a fraction so that they stay what they are.
  std::string shortest = fmt::format("{}", *value);
  return Json(Json::Real{*value, shortest.find_first_of(".e") == std::string::npos ? shortest + ".0" : shortest});
}

std::optional<Json> decimal_bound(const std::string& text) {
  bool digits = !text.empty() && text.find_first_not_of("0123456789.-") == std::string::npos;
  auto value = digits ? parse_double(text) : std::nullopt;
  if (!value) return std::nullopt;
  std::string json = text;
  if (json.starts_with('.')) json.insert(0, "0");
  if (json.starts_with("-.")) json.insert(1, "0");
  if (json.ends_with('.')) json.pop_back();
  if (auto whole = parse_int(json)) return Json(*whole);
  return Json(Json::Real{*value, std::move(json)});
}

// nullopt where Delta has no bound for the type or the value.
std::optional<Json> bound_of(const DataType& type, const std::optional<std::string>& text, Bound bound) {
  if (!text) return std::nullopt;
  switch (type.kind) {
    case TypeKind::string:
      return text_bound(*text, bound);
    case TypeKind::long_:
    case TypeKind::integer:
    case TypeKind::short_:
    case TypeKind::byte:
      return integer_bound(*text);
    case TypeKind::float_:
    case TypeKind::double_:
      return real_bound(*text);
    case TypeKind::decimal:
      return decimal_bound(*text);
    case TypeKind::date:
      return date_bound(*text);
    case TypeKind::timestamp:
      return timestamp_bound(*text, bound, true);
    case TypeKind::timestamp_ntz:
      return timestamp_bound(*text, bound, false);
    default:
      return std::nullopt;
  }
}

void set_nested(Json& object, const std::vector<std::string>& path, Json value) {
  Json* level = &object;
  for (size_t i = 0; i + 1 < path.size(); ++i) {
    if (!level->find(path[i])) level->set(path[i], Json::object());
    level = level->find(path[i]);
  }
  level->set(path.back(), std::move(value));
}

}  // namespace

std::string write_stats(const Schema& schema, const std::vector<std::string>& partition_columns,
                        const std::map<std::string, std::string>& configuration, int64_t num_records,
                        const std::map<std::string, LeafStats>& leaves) {
  Json min = Json::object(), max = Json::object(), nulls = Json::object();
  for (const auto& column : stats_columns(schema, partition_columns, configuration)) {
    auto found = leaves.find(column.dotted());
    if (found == leaves.end()) continue;
    const LeafStats& leaf = found->second;
    const DataType& type = column.field->type;
    if (auto value = bound_of(type, leaf.min, Bound::lower)) set_nested(min, column.physical, std::move(*value));
    // NaN is above every number, so no number bounds a column that has one.
    if (auto value = leaf.has_nan ? std::nullopt : bound_of(type, leaf.max, Bound::upper))
      set_nested(max, column.physical, std::move(*value));
    if (leaf.null_count) set_nested(nulls, column.physical, Json(*leaf.null_count));
  }
  Json stats = Json::object();
  stats.set("numRecords", num_records).set("minValues", std::move(min)).set("maxValues", std::move(max));
  return stats.set("nullCount", std::move(nulls)).dump();
}

std::string with_wide_bounds(const std::string& stats) { return Json::parse(stats).set("tightBounds", false).dump(); }

}  // namespace weir::lake
