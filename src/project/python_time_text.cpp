#include "project/python_time_text.h"

#include <array>
#include <chrono>
#include <cstdio>

#include "base/error.h"
#include "base/text.h"

namespace weir::project {

namespace {

constexpr std::array<const char*, 7> day_names = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                  "Friday", "Saturday", "Sunday"};
constexpr std::array<const char*, 12> month_names = {"January",   "February", "March",    "April",
                                                     "May",       "June",     "July",     "August",
                                                     "September", "October",  "November", "December"};

template <class... Args>
std::string format(const char* pattern, Args... args) {
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, pattern, args...);
  return buffer;
}

std::string directive(const TimeParts& p, char letter, std::optional<int> offset) {
  switch (letter) {
    case 'Y':
      return format("%04lld", static_cast<long long>(p.year));
    case 'y':
      return format("%02d", static_cast<int>(p.year % 100));
    case 'm':
      return format("%02d", p.month);
    case 'd':
      return format("%02d", p.day);
    case 'e':
      return format("%2d", p.day);
    case 'H':
      return format("%02d", p.hour);
    case 'I':
      return format("%02d", p.hour % 12 ? p.hour % 12 : 12);
    case 'M':
      return format("%02d", p.minute);
    case 'S':
      return format("%02d", p.second);
    case 'f':
      return format("%06d", p.micro);
    case 'p':
      return p.hour < 12 ? "AM" : "PM";
    case 'j':
      return format("%03d", p.day_of_year);
    case 'a':
      return std::string(day_names[static_cast<size_t>(p.weekday)]).substr(0, 3);
    case 'A':
      return day_names[static_cast<size_t>(p.weekday)];
    case 'b':
      return std::string(month_names[static_cast<size_t>(p.month - 1)]).substr(0, 3);
    case 'B':
      return month_names[static_cast<size_t>(p.month - 1)];
    case 'w':
      return format("%d", (p.weekday + 1) % 7);
    case 'u':
      return format("%d", p.weekday + 1);
    case 'z':
      return zone_text(offset, false);
    case 'Z':
      return offset ? "UTC" : "";
    case 'F':
      return format("%04lld-%02d-%02d", static_cast<long long>(p.year), p.month, p.day);
    case 'T':
      return format("%02d:%02d:%02d", p.hour, p.minute, p.second);
    case 's':
      return std::to_string(floor_div(micros_of(p), second_us));
    case '%':
      return "%";
    default:
      return std::string("%") + letter;
  }
}

// One number of at most `digits` digits at `at`.
int take_number(const std::string& text, size_t& at, size_t digits) {
  size_t end = at;
  while (end < text.size() && end - at < digits && text[end] >= '0' && text[end] <= '9') end++;
  if (end == at) throw Error(ErrorCode::template_value, "time data '" + text + "' does not fit the format");
  const int value = static_cast<int>(*parse_int(std::string_view(text).substr(at, end - at)));
  at = end;
  return value;
}

int take_month(const std::string& text, size_t& at) {
  for (size_t i = 0; i < month_names.size(); i++)
    for (const std::string& name : {std::string(month_names[i]), std::string(month_names[i]).substr(0, 3)})
      if (iequals(std::string_view(text).substr(at, name.size()), name)) {
        at += name.size();
        return static_cast<int>(i) + 1;
      }
  throw Error(ErrorCode::template_value, "time data '" + text + "' does not fit the format");
}

}  // namespace

int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b != 0 && (a % b < 0) != (b < 0)); }

int64_t micros_of(const TimeParts& parts) {
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(parts.year)),
                                         std::chrono::month(static_cast<unsigned>(parts.month)),
                                         std::chrono::day(static_cast<unsigned>(parts.day))};
  if (!date.ok())
    throw Error(ErrorCode::template_value, "there is no such date: " + std::to_string(parts.year) + "-" +
                                               std::to_string(parts.month) + "-" + std::to_string(parts.day));
  const int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return days * day_us + (parts.hour * 3600LL + parts.minute * 60LL + parts.second) * second_us + parts.micro;
}

TimeParts parts_of(int64_t micros) {
  TimeParts out;
  const int64_t days = floor_div(micros, day_us);
  const std::chrono::sys_days point{std::chrono::days(days)};
  const std::chrono::year_month_day date(point);
  out.year = static_cast<int>(date.year());
  out.month = static_cast<int>(static_cast<unsigned>(date.month()));
  out.day = static_cast<int>(static_cast<unsigned>(date.day()));
  const int64_t rest = micros - days * day_us;
  out.hour = static_cast<int>(rest / (3600 * second_us));
  out.minute = static_cast<int>(rest / (60 * second_us) % 60);
  out.second = static_cast<int>(rest / second_us % 60);
  out.micro = static_cast<int>(rest % second_us);
  out.weekday = static_cast<int>(((days + 3) % 7 + 7) % 7);
  const std::chrono::sys_days new_year{
      std::chrono::year_month_day(date.year(), std::chrono::January, std::chrono::day(1))};
  out.day_of_year = static_cast<int>((point - new_year).count()) + 1;
  return out;
}

std::string zone_text(std::optional<int> offset, bool colon) {
  if (!offset) return "";
  const int minutes = *offset < 0 ? -*offset : *offset;
  return format(colon ? "%c%02d:%02d" : "%c%02d%02d", *offset < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

std::string strftime_text(int64_t micros, const std::string& pattern, std::optional<int> offset) {
  const TimeParts parts = parts_of(micros);
  std::string out;
  for (size_t i = 0; i < pattern.size(); i++) {
    if (pattern[i] != '%' || i + 1 == pattern.size()) {
      out += pattern[i];
      continue;
    }
    i++;
    const bool bare = pattern[i] == '-' && i + 1 < pattern.size();
    if (bare) i++;
    std::string text = directive(parts, pattern[i], offset);
    if (bare)
      while (text.size() > 1 && text.front() == '0') text.erase(0, 1);
    out += text;
  }
  return out;
}

int64_t strptime_micros(const std::string& text, const std::string& pattern) {
  TimeParts p;
  p.year = 1900;
  size_t at = 0;
  for (size_t i = 0; i < pattern.size(); i++) {
    if (pattern[i] != '%' || i + 1 == pattern.size()) {
      if (at >= text.size() || text[at] != pattern[i])
        throw Error(ErrorCode::template_value, "time data '" + text + "' does not fit the format '" + pattern + "'");
      at++;
      continue;
    }
    switch (pattern[++i]) {
      case 'Y':
        p.year = take_number(text, at, 4);
        break;
      case 'y':
        p.year = take_number(text, at, 2), p.year += p.year < 69 ? 2000 : 1900;
        break;
      case 'm':
        p.month = take_number(text, at, 2);
        break;
      case 'd':
        p.day = take_number(text, at, 2);
        break;
      case 'H':
        p.hour = take_number(text, at, 2);
        break;
      case 'M':
        p.minute = take_number(text, at, 2);
        break;
      case 'S':
        p.second = take_number(text, at, 2);
        break;
      case 'b':
      case 'B':
        p.month = take_month(text, at);
        break;
      case 'f': {
        const size_t start = at;
        p.micro = take_number(text, at, 6);
        for (size_t k = at - start; k < 6; k++) p.micro *= 10;
        break;
      }
      default:
        throw Error(ErrorCode::template_value, std::string("strptime knows no %") + pattern[i]);
    }
  }
  if (at != text.size()) throw Error(ErrorCode::template_value, "unconverted data remains: " + text.substr(at));
  return micros_of(p);
}

}  // namespace weir::project
