#include "project/python_datetime.h"

#include <array>
#include <chrono>
#include <cstdio>
#include <optional>
#include <string>

#include "base/text.h"
#include "base/time.h"
#include "project/host.h"
#include "template/arguments.h"
#include "template/evaluation.h"
#include "template/object.h"

namespace weir::project {

using tmpl::Arguments;
using tmpl::Binder;
using tmpl::Evaluation;
using tmpl::Value;

namespace {

constexpr int64_t second_us = 1'000'000, day_us = 86'400 * second_us;
constexpr std::array<const char*, 7> day_names = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                  "Friday", "Saturday", "Sunday"};
constexpr std::array<const char*, 12> month_names = {"January",   "February", "March",    "April",
                                                     "May",       "June",     "July",     "August",
                                                     "September", "October",  "November", "December"};

struct Parts {
  int64_t year = 1970;
  int month = 1, day = 1, hour = 0, minute = 0, second = 0, micro = 0;
  int weekday = 3;  // Monday = 0
  int day_of_year = 1;
};

int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b != 0 && (a % b < 0) != (b < 0)); }

int64_t micros_of(const Parts& parts) {
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(parts.year)),
                                         std::chrono::month(static_cast<unsigned>(parts.month)),
                                         std::chrono::day(static_cast<unsigned>(parts.day))};
  if (!date.ok())
    throw Error(ErrorCode::template_value, "there is no such date: " + std::to_string(parts.year) + "-" +
                                               std::to_string(parts.month) + "-" + std::to_string(parts.day));
  const int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return days * day_us + (parts.hour * 3600LL + parts.minute * 60LL + parts.second) * second_us + parts.micro;
}

Parts parts_of(int64_t micros) {
  Parts out;
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

template <class... Args>
std::string format(const char* pattern, Args... args) {
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, pattern, args...);
  return buffer;
}

std::string zone_text(std::optional<int> offset, bool colon) {
  if (!offset) return "";
  const int minutes = *offset < 0 ? -*offset : *offset;
  return format(colon ? "%c%02d:%02d" : "%c%02d%02d", *offset < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

std::string directive(const Parts& p, char letter, std::optional<int> offset) {
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

std::string strftime_text(int64_t micros, const std::string& pattern, std::optional<int> offset) {
  const Parts parts = parts_of(micros);
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

int64_t strptime_micros(const std::string& text, const std::string& pattern) {
  Parts p;
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

class TimeDelta final : public tmpl::Object {
 public:
  explicit TimeDelta(int64_t micros) : micros(micros) {}
  const int64_t micros;
  std::string type_name() const override { return "timedelta"; }
  std::optional<Value> get_attr(Evaluation&, std::string_view name) override {
    if (name == "days") return Value(floor_div(micros, day_us));
    if (name == "seconds") return Value((micros - floor_div(micros, day_us) * day_us) / second_us);
    return std::nullopt;
  }
  std::optional<Value> call_method(Evaluation&, std::string_view name, const Arguments&) override {
    if (name == "total_seconds") return Value(static_cast<double>(micros) / static_cast<double>(second_us));
    return std::nullopt;
  }
  bool equals(const Object& other) const override {
    const auto* delta = dynamic_cast<const TimeDelta*>(&other);
    return delta && delta->micros == micros;
  }
  std::optional<std::strong_ordering> order(const Object& other) const override {
    const auto* delta = dynamic_cast<const TimeDelta*>(&other);
    return delta ? std::optional(micros <=> delta->micros) : std::nullopt;
  }
};

// A datetime, or with `date_only` a date.
class DateTime final : public tmpl::Object {
 public:
  DateTime(int64_t micros, std::optional<int> offset, bool date_only)
      : micros_(micros), offset_(offset), date_only_(date_only) {}
  std::string type_name() const override { return date_only_ ? "date" : "datetime"; }

  std::optional<Value> get_attr(Evaluation&, std::string_view name) override {
    const Parts p = parts_of(micros_);
    if (name == "year") return Value(p.year);
    if (name == "month") return Value(p.month);
    if (name == "day") return Value(p.day);
    if (date_only_) return std::nullopt;
    if (name == "hour") return Value(p.hour);
    if (name == "minute") return Value(p.minute);
    if (name == "second") return Value(p.second);
    if (name == "microsecond") return Value(p.micro);
    return std::nullopt;
  }

  std::optional<Value> call_method(Evaluation&, std::string_view name, const Arguments& arguments) override {
    if (name == "strftime")
      return Value(strftime_text(micros_, Binder("strftime", arguments, {"format"}, 1)[0].str(), offset_));
    if (name == "isoformat") return Value(text('T'));
    if (name == "date") return make(floor_div(micros_, day_us) * day_us, std::nullopt, true);
    if (name == "weekday") return Value(parts_of(micros_).weekday);
    if (name == "isoweekday") return Value(parts_of(micros_).weekday + 1);
    if (name == "timestamp") return Value(static_cast<double>(micros_) / static_cast<double>(second_us));
    if (name == "replace") return replace(arguments);
    return std::nullopt;
  }

  std::optional<Value> binary(Evaluation&, tmpl::BinaryOp op, const Value& other, bool reflected) override {
    const auto* delta = other.as<TimeDelta>();
    if (op == tmpl::BinaryOp::add && delta) return make(micros_ + delta->micros, offset_, date_only_);
    if (op != tmpl::BinaryOp::subtract || reflected) return std::nullopt;
    if (delta) return make(micros_ - delta->micros, offset_, date_only_);
    if (const auto* time = other.as<DateTime>()) return Value::object(tmpl::make<TimeDelta>(micros_ - time->micros_));
    return std::nullopt;
  }
  std::optional<std::strong_ordering> order(const Object& other) const override {
    const auto* time = dynamic_cast<const DateTime*>(&other);
    return time ? std::optional(micros_ <=> time->micros_) : std::nullopt;
  }
  std::string str() const override { return text(' '); }
  std::string repr() const override { return text(' '); }
  bool equals(const Object& other) const override {
    const auto* time = dynamic_cast<const DateTime*>(&other);
    return time && time->micros_ == micros_ && time->date_only_ == date_only_;
  }

  static Value make(int64_t micros, std::optional<int> offset, bool date_only) {
    return Value::object(tmpl::make<DateTime>(micros, offset, date_only));
  }

 private:
  std::string text(char between) const {
    std::string out = strftime_text(micros_, "%F", offset_);
    if (date_only_) return out;
    out += between + strftime_text(micros_, "%T", offset_);
    if (micros_ % second_us != 0) out += "." + strftime_text(micros_, "%f", offset_);
    return out + zone_text(offset_, true);
  }
  Value replace(const Arguments& arguments) const {
    Parts p = parts_of(micros_);
    std::optional<int> offset = offset_;
    for (const auto& [name, value] : arguments.named) {
      if (name == "tzinfo") {
        offset = value.is_none() ? std::nullopt : std::optional<int>(0);
        continue;
      }
      const int number = static_cast<int>(value.as_int());
      if (name == "year") p.year = number;
      if (name == "month") p.month = number;
      if (name == "day") p.day = number;
      if (name == "hour") p.hour = number;
      if (name == "minute") p.minute = number;
      if (name == "second") p.second = number;
      if (name == "microsecond") p.micro = number;
    }
    return make(micros_of(p), offset, date_only_);
  }
  int64_t micros_;
  std::optional<int> offset_;
  bool date_only_;
};

// The classes datetime.datetime and datetime.date: callable, with constructors as methods.
class DateTimeClass final : public tmpl::Object {
 public:
  explicit DateTimeClass(bool date_only) : date_only_(date_only) {}
  std::string type_name() const override { return "type"; }
  bool callable() const override { return true; }
  Value call(Evaluation&, const Arguments& arguments) override {
    Binder bind("datetime", arguments, {"year", "month", "day", "hour", "minute", "second", "microsecond"}, 3);
    const auto number = [&](size_t i) { return static_cast<int>(bind.or_default(i, Value(0)).as_int()); };
    Parts p;
    p.year = number(0), p.month = number(1), p.day = number(2);
    p.hour = number(3), p.minute = number(4), p.second = number(5), p.micro = number(6);
    return DateTime::make(micros_of(p), std::nullopt, date_only_);
  }
  std::optional<Value> call_method(Evaluation& evaluation, std::string_view name, const Arguments& arguments) override {
    if (name == "now" || name == "utcnow" || name == "today") {
      ProjectHost& host = host_of(evaluation);
      if (host.capture) host.capture->clock = true;
      const int64_t now = host.rendering.started_at_ms * 1000;
      return DateTime::make(date_only_ ? floor_div(now, day_us) * day_us : now, std::nullopt, date_only_);
    }
    if (name == "strptime") {
      Binder bind("strptime", arguments, {"date_string", "format"}, 2);
      return DateTime::make(strptime_micros(bind[0].str(), bind[1].str()), std::nullopt, date_only_);
    }
    if (name == "fromisoformat") {
      const std::string text = Binder("fromisoformat", arguments, {"date_string"}, 1)[0].str();
      const auto micros = parse_iso_us(text);
      if (!micros) throw Error(ErrorCode::template_value, "no ISO date: '" + text + "'");
      return DateTime::make(*micros, std::nullopt, date_only_);
    }
    return std::nullopt;
  }

 private:
  bool date_only_;
};

Value timedelta(Evaluation&, const Arguments& arguments) {
  Binder bind("timedelta", arguments, {"days", "seconds", "microseconds", "milliseconds", "minutes", "hours", "weeks"},
              0);
  constexpr std::array<int64_t, 7> units = {day_us, second_us, 1, 1000, 60 * second_us, 3600 * second_us, 7 * day_us};
  double micros = 0;
  for (size_t i = 0; i < units.size(); i++)
    micros += bind.or_default(i, Value(0)).as_real() * static_cast<double>(units[i]);
  return Value::object(tmpl::make<TimeDelta>(static_cast<int64_t>(micros)));
}

class Modules final : public tmpl::Object {
 public:
  explicit Modules(Value datetime) : datetime_(std::move(datetime)) {}
  std::string type_name() const override { return "modules"; }
  std::optional<Value> get_attr(Evaluation&, std::string_view name) override {
    if (name == "datetime") return datetime_;
    for (const std::string_view known : {"re", "pytz", "itertools"})
      if (name == known)
        throw Error(ErrorCode::not_built, "modules." + std::string(name) + " is not supported (modules.datetime is)");
    return std::nullopt;
  }
  void release_children(std::vector<Value>& out) override { out.push_back(std::move(datetime_)); }

 private:
  Value datetime_;
};

}  // namespace

Value datetime_value(int64_t micros, int offset_minutes) { return DateTime::make(micros, offset_minutes, false); }

Value modules_value() {
  tmpl::Dict datetime;
  datetime.set(Value("datetime"), Value::object(tmpl::make<DateTimeClass>(false)));
  datetime.set(Value("date"), Value::object(tmpl::make<DateTimeClass>(true)));
  datetime.set(Value("timedelta"), Value::function("timedelta", timedelta));
  return Value::object(tmpl::make<Modules>(Value::object(tmpl::make<tmpl::Record>("module", std::move(datetime)))));
}

}  // namespace weir::project
