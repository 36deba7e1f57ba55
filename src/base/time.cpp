#include "base/time.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cmath>
#include <limits>

#include "base/text.h"

namespace weir {

namespace {

using std::chrono::sys_days;
using std::chrono::year_month_day;

constexpr int64_t day_ms = 86'400'000;
constexpr int64_t second_us = 1'000'000;

struct Split {
  int64_t days;
  int64_t ms_of_day;
};

Split split_ms(int64_t ms) {
  int64_t days = ms / day_ms;
  if (ms % day_ms < 0) --days;
  return {days, ms - days * day_ms};
}

std::string clock_text(int64_t ms) {
  const auto [days, of_day] = split_ms(ms);
  const int64_t s = of_day / 1000;
  return fmt::format("{}T{:02}:{:02}:{:02}", iso_date(days), s / 3600, s / 60 % 60, s % 60);
}

// Takes pieces off the front of a text.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}
  bool done() const { return text_.empty(); }
  bool take(char c) {
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  // Exactly `count` digits.
  std::optional<int> digits(size_t count) {
    if (text_.size() < count) return std::nullopt;
    int value = 0;
    for (char c : text_.substr(0, count)) {
      if (c < '0' || c > '9') return std::nullopt;
      value = value * 10 + (c - '0');
    }
    text_.remove_prefix(count);
    return value;
  }
  // ".123456789" as microseconds; digits beyond the sixth are cut.
  std::optional<int64_t> fraction_us() {
    if (!take('.')) return 0;
    int64_t us = 0, scale = second_us;
    size_t count = 0;
    for (; !text_.empty() && text_.front() >= '0' && text_.front() <= '9'; text_.remove_prefix(1), ++count)
      if ((scale /= 10) > 0) us += (text_.front() - '0') * scale;
    return count == 0 ? std::nullopt : std::optional(us);
  }

 private:
  std::string_view text_;
};

std::optional<int64_t> read_days(Reader& in) {
  const auto year = in.digits(4);
  if (!year || !in.take('-')) return std::nullopt;
  const auto month = in.digits(2);
  if (!month || !in.take('-')) return std::nullopt;
  const auto day = in.digits(2);
  if (!day) return std::nullopt;
  const year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                            std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return sys_days(date).time_since_epoch().count();
}

std::optional<int64_t> read_clock_us(Reader& in) {
  const auto hour = in.digits(2);
  if (!hour || *hour > 23 || !in.take(':')) return std::nullopt;
  const auto minute = in.digits(2);
  if (!minute || *minute > 59) return std::nullopt;
  int64_t us = (*hour * 3600 + *minute * 60) * second_us;
  if (!in.take(':')) return us;
  const auto second = in.digits(2);
  if (!second || *second > 59) return std::nullopt;
  const auto fraction = in.fraction_us();
  if (!fraction) return std::nullopt;
  return us + *second * second_us + *fraction;
}

// "Z", "+02", "+0200", "+02:00" or nothing.
std::optional<int64_t> read_offset_us(Reader& in) {
  if (in.done() || in.take('Z') || in.take('z')) return 0;
  const bool minus = in.take('-');
  if (!minus && !in.take('+')) return std::nullopt;
  const auto hour = in.digits(2);
  if (!hour || *hour > 23) return std::nullopt;
  int64_t seconds = *hour * 3600;
  if (!in.done()) {
    in.take(':');
    const auto minute = in.digits(2);
    if (!minute || *minute > 59) return std::nullopt;
    seconds += *minute * 60;
  }
  return (minus ? -seconds : seconds) * second_us;
}

// Milliseconds of one unit; 0 if there is no such unit. Months have no fixed length and are no units here.
double unit_ms(std::string_view name) {
  struct Unit {
    std::string_view name;
    double ms;
  };
  constexpr std::array<Unit, 24> units = {{{"us", 0.001},
                                           {"microsecond", 0.001},
                                           {"microseconds", 0.001},
                                           {"ms", 1},
                                           {"millisecond", 1},
                                           {"milliseconds", 1},
                                           {"s", 1000},
                                           {"sec", 1000},
                                           {"second", 1000},
                                           {"seconds", 1000},
                                           {"m", 60'000},
                                           {"min", 60'000},
                                           {"minute", 60'000},
                                           {"minutes", 60'000},
                                           {"h", 3'600'000},
                                           {"hour", 3'600'000},
                                           {"hours", 3'600'000},
                                           {"d", day_ms},
                                           {"day", day_ms},
                                           {"days", day_ms},
                                           {"w", 7 * day_ms},
                                           {"week", 7 * day_ms},
                                           {"weeks", 7 * day_ms},
                                           {"mins", 60'000}}};
  for (const auto& unit : units)
    if (unit.name == name) return unit.ms;
  return 0;
}

}  // namespace

std::string iso_ms(int64_t ms) { return fmt::format("{}.{:03}Z", clock_text(ms), split_ms(ms).ms_of_day % 1000); }
std::string iso_seconds(int64_t ms) { return clock_text(ms) + "Z"; }

std::string iso_us(int64_t us, char between) {
  int64_t seconds = us / second_us, rest = us % second_us;
  if (rest < 0) --seconds, rest += second_us;
  std::string text = clock_text(seconds * 1000);
  text[text.find('T')] = between;
  return fmt::format("{}.{:06}", text, rest);
}

std::string iso_date(int64_t days) {
  // Civil date from days, 400 years at a time, so that years outside of std::chrono's range are right too.
  constexpr int64_t era_days = 146'097;
  int64_t eras = days / era_days;
  if (days % era_days < 0) --eras;
  const year_month_day date{sys_days(std::chrono::days(days - eras * era_days))};
  const int64_t year = static_cast<int>(date.year()) + eras * 400;
  return fmt::format("{}{:04}-{:02}-{:02}", year < 0 ? "-" : "", std::abs(year), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()));
}

std::optional<int64_t> parse_iso_us(std::string_view text) {
  Reader in(text);
  const auto days = read_days(in);
  if (!days) return std::nullopt;
  const int64_t midnight_us = *days * day_ms * 1000;
  if (in.done()) return midnight_us;
  if (!in.take('T') && !in.take(' ') && !in.take('t')) return std::nullopt;
  const auto clock = read_clock_us(in);
  if (!clock) return std::nullopt;
  const auto offset = read_offset_us(in);
  if (!offset || !in.done()) return std::nullopt;
  return midnight_us + *clock - *offset;
}

std::string iso_basic(int64_t ms) {
  std::string text = iso_seconds(ms);
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text;
}

std::optional<int64_t> parse_http_date_ms(std::string_view text) {
  constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  // "Mon, 05 Jan 2026 09:12:44 GMT"
  if (text.size() != 29 || text.substr(3, 2) != ", " || text.substr(25) != " GMT") return std::nullopt;
  const size_t month = months.find(text.substr(8, 3));
  if (month == std::string_view::npos || month % 3 != 0 || text[7] != ' ' || text[11] != ' ' || text[16] != ' ')
    return std::nullopt;
  const auto us = parse_iso_us(
      fmt::format("{}-{:02}-{} {}", text.substr(12, 4), month / 3 + 1, text.substr(5, 2), text.substr(17, 8)));
  return us ? std::optional(*us / 1000) : std::nullopt;
}

std::optional<int64_t> parse_duration_ms(std::string_view text) {
  const std::string lowered = lower(trim(text));
  std::string_view rest = lowered;
  if (rest.substr(0, 9) == "interval ") rest = trim(rest.substr(9));
  if (rest.empty()) return std::nullopt;
  double total = 0;
  while (!rest.empty()) {
    const size_t number_end = std::min(rest.find_first_not_of("0123456789."), rest.size());
    const auto count = parse_double(rest.substr(0, number_end));
    rest = trim(rest.substr(number_end));
    const size_t unit_end = std::min(rest.find_first_not_of("abcdefghijklmnopqrstuvwxyz"), rest.size());
    const double unit = unit_ms(rest.substr(0, unit_end));
    if (!count || unit == 0) return std::nullopt;
    total += *count * unit;
    rest = trim(rest.substr(unit_end));
  }
  if (total > 4e18) return std::nullopt;
  return std::llround(total);
}

}  // namespace weir
