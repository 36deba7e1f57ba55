#include "project/event_time.h"

#include <algorithm>

#include "base/text.h"
#include "base/time.h"
#include "base/yaml.h"
#include "project/python_time_text.h"

namespace weir::project {

namespace {

constexpr int64_t hour_us = 3600 * second_us;

int days_in_month(int64_t year, int month) {
  const int64_t next = month == 12 ? micros_of({.year = year + 1}) : micros_of({.year = year, .month = month + 1});
  return static_cast<int>((next - micros_of({.year = year, .month = month})) / day_us);
}

// `months` later at the same day and time, or at the last day of a month that is too short.
int64_t add_months(int64_t us, int64_t months) {
  TimeParts parts = parts_of(us);
  const int64_t month = parts.year * 12 + (parts.month - 1) + months;
  parts.year = floor_div(month, 12);
  parts.month = static_cast<int>(month - parts.year * 12) + 1;
  parts.day = std::min(parts.day, days_in_month(parts.year, parts.month));
  return micros_of(parts);
}

Error bad_sample(const std::string& text, const std::string& why) {
  return Error(ErrorCode::bad_option_value, "--sample \"" + text + "\": " + why,
               "a length of time back from now, e.g. \"3 days\", or '{start: 2026-01-01, end: 2026-02-01}'");
}

TimeWindow sample_of_mapping(const std::string& text) {
  const Json given = Yaml::parse(text, "--sample").to_json();
  const auto at = [&](const char* key) {
    const auto found = given.get_string(key);
    const auto time = found ? parse_iso_us(*found) : std::nullopt;
    if (!time) throw bad_sample(text, std::string("`") + key + "` is no time");
    return *time;
  };
  return {at("start"), at("end")};
}

}  // namespace

std::optional<BatchSize> parse_batch_size(std::string_view text) {
  if (text == "hour") return BatchSize::hour;
  if (text == "day") return BatchSize::day;
  if (text == "month") return BatchSize::month;
  if (text == "year") return BatchSize::year;
  return std::nullopt;
}

int64_t truncate_time(int64_t us, BatchSize size) {
  if (size == BatchSize::hour) return floor_div(us, hour_us) * hour_us;
  if (size == BatchSize::day) return floor_div(us, day_us) * day_us;
  const TimeParts parts = parts_of(us);
  return micros_of({.year = parts.year, .month = size == BatchSize::month ? parts.month : 1});
}

int64_t offset_batch(int64_t us, BatchSize size, int count) {
  const int64_t from = truncate_time(us, size);
  if (size == BatchSize::hour) return from + count * hour_us;
  if (size == BatchSize::day) return from + count * day_us;
  return add_months(from, size == BatchSize::month ? count : 12 * static_cast<int64_t>(count));
}

int64_t ceil_time(int64_t us, BatchSize size) {
  const int64_t from = truncate_time(us, size);
  return from == us ? us : offset_batch(from, size, 1);
}

std::vector<TimeWindow> batches_between(int64_t start_us, int64_t end_us, BatchSize size) {
  std::vector<TimeWindow> out;
  int64_t at = start_us;
  do {
    const int64_t next = offset_batch(at, size, 1);
    out.push_back({at, next});
    at = next;
  } while (at < end_us);
  out.back().end_us = end_us;
  return out;
}

std::string time_text(int64_t us) {
  return strftime_text(us, floor_div(us, second_us) * second_us == us ? "%Y-%m-%d %H:%M:%S" : "%Y-%m-%d %H:%M:%S.%f",
                       0) +
         "+00:00";
}

std::string time_iso(int64_t us) {
  std::string text = time_text(us);
  text[10] = 'T';
  return text;
}

std::string batch_name(int64_t start_us, BatchSize size) {
  constexpr const char* patterns[] = {"%Y-%m-%dT%H", "%Y-%m-%d", "%Y-%m", "%Y"};
  return strftime_text(start_us, patterns[static_cast<size_t>(size)], 0);
}

std::string batch_id(int64_t start_us, BatchSize size) { return replace_all(batch_name(start_us, size), "-", ""); }

TimeWindow parse_sample(const std::string& text, int64_t now_us) {
  if (trim(text).starts_with("{")) return sample_of_mapping(text);
  const std::vector<std::string> words = split(text, ' ');
  if (words.size() != 2) throw bad_sample(text, "not of the form N UNIT");
  const auto count = parse_int(words[0]);
  if (!count || *count > 1'000'000 || *count < -1'000'000) throw bad_sample(text, words[0] + " is no whole number");
  std::string unit = lower(words[1]);
  while (unit.ends_with("s")) unit.pop_back();
  const auto size = parse_batch_size(unit);
  if (!size) throw bad_sample(text, "the unit is hour, day, month or year, not " + words[1]);
  switch (*size) {
    case BatchSize::hour:
      return {now_us - *count * hour_us, now_us};
    case BatchSize::day:
      return {now_us - *count * day_us, now_us};
    case BatchSize::month:
      return {add_months(now_us, -*count), now_us};
    case BatchSize::year:
      return {add_months(now_us, -12 * *count), now_us};
  }
  return {};
}

int64_t parse_time_option(const std::string& option, const std::string& text) {
  const auto time = parse_iso_us(text);
  if (!time)
    throw Error(ErrorCode::bad_option_value, "--" + option + " \"" + text + "\" is no time",
                "write it as 2026-01-05 or 2026-01-05T09:12:44; it is taken as UTC");
  return *time;
}

}  // namespace weir::project
