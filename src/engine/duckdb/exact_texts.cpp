#include "engine/duckdb/exact_texts.h"

#include <algorithm>
#include <duckdb/common/operator/cast_operators.hpp>
#include <duckdb/common/types/date.hpp>
#include <duckdb/common/types/timestamp.hpp>
#include <memory>
#include <string>

#include "base/text.h"

namespace weir::engine::duck {

using namespace duckdb;

namespace {

constexpr size_t digits_of_64_bits = 18;  // so many surely fit
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
  while (digits.size() > digits_of_64_bits && digits.front() == '0') digits.remove_prefix(1);
  if (digits.size() <= digits_of_64_bits) {
    int64_t value = 0;
    for (char c : digits) value = value * 10 + (c - '0');
    return hugeint_t(negative ? -value : value);
  }
  hugeint_t value;
  const auto text = (negative ? "-" : "") + std::string(digits);
  if (!TryCast::Operation<string_t, hugeint_t>(string_t(text), value, true)) return std::nullopt;
  return value;
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

int two(const char* at) { return (at[0] - '0') * 10 + (at[1] - '0'); }

// "2024-01-31" at the beginning of a text that has ten characters.
std::optional<int64_t> plain_date(std::string_view text) {
  if (text[4] != '-' || text[7] != '-' || !all_digits(text.substr(0, 4)) || !all_digits(text.substr(5, 2)) ||
      !all_digits(text.substr(8, 2)))
    return std::nullopt;
  date_t date;
  if (!Date::TryFromDate(two(text.data()) * 100 + two(text.data() + 2), two(text.data() + 5), two(text.data() + 8),
                         date))
    return std::nullopt;
  return date.days;
}

// "2024-01-31 10:00:00" and up to six digits of a fraction, as files of the world write it: many times quicker than
// reading every form there is.
std::optional<int64_t> plain_time_us(std::string_view text) {
  constexpr size_t length = 19;
  if (text.size() < length || (text[10] != ' ' && text[10] != 'T') || text[13] != ':' || text[16] != ':')
    return std::nullopt;
  const char* at = text.data();
  for (size_t i : {11u, 12u, 14u, 15u, 17u, 18u})
    if (!is_digit(at[i])) return std::nullopt;
  int64_t fraction = 0;
  if (text.size() > length) {
    const auto digits = text.substr(length + 1);
    if (text[length] != '.' || digits.empty() || digits.size() > 6 || !all_digits(digits)) return std::nullopt;
    for (size_t i = 0; i < 6; ++i) fraction = fraction * 10 + (i < digits.size() ? digits[i] - '0' : 0);
  }
  const int hour = two(at + 11), minute = two(at + 14), second = two(at + 17);
  if (hour > 23 || minute > 59 || second > 59) return std::nullopt;
  const auto day = plain_date(text);
  if (!day) return std::nullopt;
  return *day * us_per_day + ((hour * 60 + minute) * int64_t{60} + second) * 1'000'000 + fraction;
}

std::optional<int64_t> any_time_us(std::string_view text) {
  timestamp_t value;
  bool has_offset = false;
  string_t zone(nullptr, 0);
  if (Timestamp::TryConvertTimestampTZ(text.data(), text.size(), value, true, has_offset, zone) !=
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

std::optional<hugeint_t> instant_us(std::string_view text) {
  text = trim(text);
  if (const auto plain = plain_time_us(text)) return hugeint_t(*plain);
  const auto us = any_time_us(text);
  if (!us) return std::nullopt;
  return hugeint_t(*us);
}

}  // namespace weir::engine::duck
