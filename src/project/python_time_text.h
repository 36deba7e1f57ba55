// Calendar arithmetic and texts of times as Python's datetime has them: what python_datetime.cpp is made of.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace weir::project {

inline constexpr int64_t second_us = 1'000'000, day_us = 86'400 * second_us;

// A time on the wall; the last two are filled by parts_of only.
struct TimeParts {
  int64_t year = 1970;
  int month = 1, day = 1, hour = 0, minute = 0, second = 0, micro = 0;
  int weekday = 3;  // Monday = 0
  int day_of_year = 1;
};

int64_t floor_div(int64_t a, int64_t b);
// Microseconds since 1970. micros_of throws Error{template_value} for a date that is none.
int64_t micros_of(const TimeParts& parts);
TimeParts parts_of(int64_t micros);

// "+02:00" or "+0200"; "" without an offset (minutes east of UTC).
std::string zone_text(std::optional<int> offset, bool colon);
std::string strftime_text(int64_t micros, const std::string& pattern, std::optional<int> offset);
// Throws Error{template_value} for what does not fit.
int64_t strptime_micros(const std::string& text, const std::string& pattern);

}  // namespace weir::project
