// Numbers and times in the forms that nearly every file has, read in a few instructions inside the loop over a column.
// The empty optional says only that a text has another form: exact_texts.h, which knows them all, decides then.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace weir::engine::duck::plain {

inline constexpr size_t most_digits = 18;  // so many fit 64 bits, whatever they are

inline unsigned digit(char c) { return static_cast<unsigned>(static_cast<unsigned char>(c)) - '0'; }  // > 9: none

// "-12".
inline std::optional<int64_t> whole(std::string_view text) {
  const bool negative = !text.empty() && text.front() == '-';
  if (negative) text.remove_prefix(1);
  if (text.empty() || text.size() > most_digits) return std::nullopt;
  int64_t value = 0;
  for (char c : text) {
    const unsigned d = digit(c);
    if (d > 9) return std::nullopt;
    value = value * 10 + d;
  }
  return negative ? -value : value;
}

// "-12.5" times ten to the power of `scale`.
inline std::optional<int64_t> decimal(std::string_view text, int precision, int scale, char point) {
  const bool negative = !text.empty() && text.front() == '-';
  const char *at = text.data() + (negative ? 1 : 0), *const end = text.data() + text.size();
  const char* const start = at;
  int64_t value = 0;
  if (text.size() > most_digits) return std::nullopt;
  for (unsigned d; at < end && (d = digit(*at)) <= 9; ++at) value = value * 10 + d;
  if (at == start || at - start > precision - scale) return std::nullopt;
  int missing = scale;
  if (at < end) {
    if (*at++ != point) return std::nullopt;
    for (unsigned d; at < end && (d = digit(*at)) <= 9 && missing > 0; ++at, --missing) value = value * 10 + d;
    if (at < end) return std::nullopt;
  }
  if (static_cast<size_t>(at - start + missing) > most_digits) return std::nullopt;
  for (; missing > 0; --missing) value *= 10;
  return negative ? -value : value;
}

// Two digits; above 99 where they are none.
inline unsigned two(const char* at) {
  const unsigned high = digit(at[0]), low = digit(at[1]);
  return high > 9 || low > 9 ? 100 : high * 10 + low;
}

// "2024-01-31" as days since 1970.
inline std::optional<int64_t> day(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const unsigned century = two(text.data()), year = two(text.data() + 2), month = two(text.data() + 5),
                 day = two(text.data() + 8);
  if (century > 99 || year > 99) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(century * 100 + year)),
                                         std::chrono::month(month), std::chrono::day(day)};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch().count();
}

// "2024-01-31 10:00:00" and up to six digits of a fraction, as microseconds since 1970.
inline std::optional<int64_t> time_us(std::string_view text) {
  constexpr size_t seconds_end = 19, finest_end = 26;
  if (text.size() < seconds_end || text.size() > finest_end) return std::nullopt;
  const char* const at = text.data();
  if ((at[10] != ' ' && at[10] != 'T') || at[13] != ':' || at[16] != ':') return std::nullopt;
  const unsigned hour = two(at + 11), minute = two(at + 14), second = two(at + 17);
  if (hour > 23 || minute > 59 || second > 59) return std::nullopt;
  int64_t fraction = 0;
  if (text.size() > seconds_end) {
    if (at[seconds_end] != '.' || text.size() == seconds_end + 1) return std::nullopt;
    for (size_t i = seconds_end + 1; i < finest_end; ++i) {
      const unsigned d = i < text.size() ? digit(at[i]) : 0;
      if (d > 9) return std::nullopt;
      fraction = fraction * 10 + d;
    }
  }
  const auto date = day(text.substr(0, 10));
  if (!date) return std::nullopt;
  return ((*date * 24 + hour) * 3600 + minute * 60 + second) * 1'000'000 + fraction;
}

}  // namespace weir::engine::duck::plain
