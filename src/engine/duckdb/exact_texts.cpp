#include "engine/duckdb/exact_texts.h"

#include <algorithm>
#include <duckdb/common/operator/cast_operators.hpp>
#include <duckdb/common/types/date.hpp>
#include <duckdb/common/types/time.hpp>
#include <duckdb/common/types/timestamp.hpp>
#include <memory>
#include <string>

#include "base/text.h"
#include "engine/duckdb/plain_texts.h"

namespace weir::engine::duck {

using namespace duckdb;

namespace {

constexpr int64_t us_per_day = 86'400'000'000;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool all_digits(std::string_view text) { return std::all_of(text.begin(), text.end(), is_digit); }

bool all_zeros(std::string_view text) { return text.find_first_not_of('0') == std::string_view::npos; }

bool take_sign(std::string_view& text) {
  const bool negative = !text.empty() && text.front() == '-';
  if (negative || (!text.empty() && text.front() == '+')) text.remove_prefix(1);
  return negative;
}

// Of nothing but digits.
std::optional<hugeint_t> number_of(std::string_view digits, bool negative) {
  while (digits.size() > plain::most_digits && digits.front() == '0') digits.remove_prefix(1);
  if (digits.size() <= plain::most_digits) {
    int64_t value = 0;
    for (char c : digits) value = value * 10 + (c - '0');
    return hugeint_t(negative ? -value : value);
  }
  hugeint_t value;
  const auto text = (negative ? "-" : "") + std::string(digits);
  if (!TryCast::Operation<string_t, hugeint_t>(string_t(text), value, true)) return std::nullopt;
  return value;
}

// "1.5e3" as digits before and behind the point; nullopt if it is no number or the exponent is out of all proportion.
std::optional<std::string> without_exponent(std::string_view text, char point) {
  const auto at = text.find_first_of("eE");
  const auto exponent = parse_int(std::string(text.substr(at + 1)));
  if (!exponent || *exponent > 80 || *exponent < -80) return std::nullopt;
  auto mantissa = text.substr(0, at);
  const auto dot = mantissa.find(point);
  const auto whole = mantissa.substr(0, dot);
  const auto fraction = dot == std::string_view::npos ? std::string_view() : mantissa.substr(dot + 1);
  if (whole.empty() && fraction.empty()) return std::nullopt;
  std::string digits = std::string(whole) + std::string(fraction);
  int64_t place = static_cast<int64_t>(whole.size()) + *exponent;
  if (place < 0) {
    digits.insert(0, static_cast<size_t>(-place), '0');
    place = 0;
  }
  if (static_cast<size_t>(place) > digits.size()) digits.resize(static_cast<size_t>(place), '0');
  return digits.insert(static_cast<size_t>(place), 1, point);
}

// "1.234.567" without its points; nullopt where a group has not three digits.
std::optional<std::string> without_groups(std::string_view whole, char group) {
  std::string digits;
  for (bool first = true;; first = false) {
    const auto end = whole.find(group);
    const auto part = whole.substr(0, end);
    const bool lone = first && end == std::string_view::npos;
    if (part.empty() || (!lone && (part.size() > 3 || (!first && part.size() != 3)))) return std::nullopt;
    digits += part;
    if (end == std::string_view::npos) return digits;
    whole.remove_prefix(end + 1);
  }
}

struct Number {
  std::string_view whole, fraction;
  std::shared_ptr<const std::string> kept;  // what `whole` points to where the text itself will not do
};

// nullopt if it is no number.
std::optional<Number> split_at_point(std::string_view text, const NumberMarks& marks) {
  const auto point = text.find(marks.point);
  Number number{text.substr(0, point), {}, nullptr};
  if (point != std::string_view::npos) number.fraction = text.substr(point + 1);
  if (number.whole.empty() && number.fraction.empty()) return std::nullopt;
  if (marks.group != 0 && number.whole.find(marks.group) != std::string_view::npos) {
    auto digits = without_groups(number.whole, marks.group);
    if (!digits) return std::nullopt;
    number.kept = std::make_shared<const std::string>(std::move(*digits));
    number.whole = *number.kept;
  }
  if (!all_digits(number.whole) || !all_digits(number.fraction)) return std::nullopt;
  return number;
}

// Digits of a second below a microsecond that are not zero: DuckDB would cut them off.
bool finer_than_us(std::string_view text) {
  const auto point = text.find('.');
  if (point == std::string_view::npos) return false;
  auto digits = text.substr(point + 1);
  digits = digits.substr(0, std::min(digits.size(), digits.find_first_not_of("0123456789")));
  return digits.size() > 6 && !all_zeros(digits.substr(6));
}

// In any form that DuckDB knows, its offset applied or passed over.
std::optional<int64_t> any_time_us(std::string_view text, bool apply_offset) {
  timestamp_t value;
  bool has_offset = false;
  string_t zone(nullptr, 0);
  if (Timestamp::TryConvertTimestampTZ(text.data(), text.size(), value, apply_offset, has_offset, zone) !=
          TimestampCastResult::SUCCESS ||
      !Timestamp::IsFinite(value) || finer_than_us(text))
    return std::nullopt;
  if (zone.GetSize() != 0 && !iequals(zone.GetString(), "UTC") && !iequals(zone.GetString(), "GMT"))
    return std::nullopt;
  return value.value;
}

}  // namespace

std::optional<hugeint_t> whole_number(std::string_view text, const NumberMarks& marks) {
  text = trim(text);
  const bool negative = take_sign(text);
  auto number = split_at_point(text, marks);
  if (!number || number->whole.empty() || !all_zeros(number->fraction)) return std::nullopt;
  return number_of(number->whole, negative);
}

std::optional<hugeint_t> unscaled_decimal(std::string_view text, int precision, int digits_behind,
                                          const NumberMarks& marks) {
  text = trim(text);
  const bool negative = take_sign(text);
  std::string moved;  // for the rare form
  if (text.find_first_of("eE") != std::string_view::npos) {
    auto digits = without_exponent(text, marks.point);
    if (!digits) return std::nullopt;
    text = moved = std::move(*digits);
  }
  const auto number = split_at_point(text, marks);
  if (!number) return std::nullopt;
  auto [whole, fraction, kept] = *number;
  const auto scale = static_cast<size_t>(digits_behind);
  if (fraction.size() > scale) {
    if (!all_zeros(fraction.substr(scale))) return std::nullopt;
    fraction = fraction.substr(0, scale);
  }
  whole.remove_prefix(std::min(whole.size(), whole.find_first_not_of('0')));
  if (whole.size() + scale > static_cast<size_t>(precision)) return std::nullopt;
  if (whole.size() + scale > plain::most_digits) {
    std::string digits(whole);
    digits.append(fraction).append(scale - fraction.size(), '0');
    return number_of(digits, negative);
  }
  int64_t value = 0;
  for (char c : whole) value = value * 10 + (c - '0');
  for (size_t i = 0; i < scale; ++i) value = value * 10 + (i < fraction.size() ? fraction[i] - '0' : 0);
  return hugeint_t(negative ? -value : value);
}

std::optional<int64_t> instant_us(std::string_view text) {
  text = trim(text);
  if (const auto us = plain::time_us(text)) return us;
  return any_time_us(text, true);
}

std::optional<int64_t> local_time_us(std::string_view text) {
  text = trim(text);
  if (const auto us = plain::time_us(text)) return us;
  const auto us = any_time_us(text, true);
  return us == any_time_us(text, false) ? us : std::nullopt;
}

std::optional<int64_t> day_number(std::string_view text) {
  text = trim(text);
  if (const auto day = plain::day(text)) return day;
  date_t date;
  idx_t end = 0;
  bool special = false;
  if (Date::TryConvertDate(text.data(), text.size(), end, date, special, true) == DateCastResult::SUCCESS)
    return Date::IsFinite(date) ? std::optional<int64_t>(date.days) : std::nullopt;
  const auto us = local_time_us(text);
  return us && *us % us_per_day == 0 ? std::optional(*us / us_per_day) : std::nullopt;
}

std::optional<int64_t> time_of_day_us(std::string_view text) {
  dtime_t time;
  idx_t end = 0;
  if (!Time::TryConvertTime(text.data(), text.size(), end, time, true) || finer_than_us(text)) return std::nullopt;
  return time.micros;
}

}  // namespace weir::engine::duck
