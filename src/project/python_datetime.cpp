#include "project/python_datetime.h"

#include <array>
#include <optional>
#include <string>

#include "base/text.h"
#include "base/time.h"
#include "project/host.h"
#include "project/python_time_text.h"
#include "project/time_zone.h"
#include "template/arguments.h"
#include "template/evaluation.h"
#include "template/object.h"
#include "template/python_itertools.h"
#include "template/python_re.h"

namespace weir::project {

using tmpl::Arguments;
using tmpl::Binder;
using tmpl::Evaluation;
using tmpl::Value;

namespace {

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

// tzinfo of an aware datetime: a fixed number of minutes, or what pytz.timezone() gives.
class Zone final : public tmpl::Object {
 public:
  explicit Zone(int minutes) : minutes_(minutes) {}
  explicit Zone(std::shared_ptr<const TimeZone> zone) : zone_(std::move(zone)) {}
  std::string type_name() const override { return "tzinfo"; }
  std::optional<Value> get_attr(Evaluation&, std::string_view name) override {
    return name == "zone" && zone_ ? std::optional(Value(zone_->name())) : std::nullopt;
  }
  std::optional<Value> call_method(Evaluation&, std::string_view name, const Arguments& arguments) override;
  std::string str() const override { return zone_ ? zone_->name() : "UTC" + zone_text(minutes_, true); }
  std::string repr() const override { return "<tzinfo " + str() + ">"; }
  int first_offset() const { return zone_ ? zone_->first_offset() : minutes_; }
  int offset_at(int64_t utc_us) const { return zone_ ? zone_->offset_at(floor_div(utc_us, second_us)) : minutes_; }
  int offset_at_local(int64_t local_us) const {
    return zone_ ? zone_->offset_at_local(floor_div(local_us, second_us)) : minutes_;
  }

 private:
  std::shared_ptr<const TimeZone> zone_;
  int minutes_ = 0;
};

const Zone& zone_argument(const Value& value) {
  const auto* zone = value.as<Zone>();
  if (!zone) throw Error(ErrorCode::template_call, "a time zone is needed, not a " + value.type_name());
  return *zone;
}

// A datetime, or with `date_only` a date. micros_ is what the clock on the wall shows.
class DateTime final : public tmpl::Object {
 public:
  DateTime(int64_t micros, std::optional<int> offset, bool date_only)
      : micros_(micros), offset_(offset), date_only_(date_only) {}
  std::string type_name() const override { return date_only_ ? "date" : "datetime"; }

  std::optional<Value> get_attr(Evaluation&, std::string_view name) override {
    const TimeParts p = parts_of(micros_);
    if (name == "year") return Value(p.year);
    if (name == "month") return Value(p.month);
    if (name == "day") return Value(p.day);
    if (date_only_) return std::nullopt;
    if (name == "hour") return Value(p.hour);
    if (name == "minute") return Value(p.minute);
    if (name == "second") return Value(p.second);
    if (name == "microsecond") return Value(p.micro);
    if (name == "tzinfo") return offset_ ? Value::object(tmpl::make<Zone>(*offset_)) : Value();
    return std::nullopt;
  }

  std::optional<Value> call_method(Evaluation&, std::string_view name, const Arguments& arguments) override {
    if (name == "strftime")
      return Value(strftime_text(micros_, Binder("strftime", arguments, {"format"}, 1)[0].str(), offset_));
    if (name == "isoformat") return Value(text('T'));
    if (name == "date") return make(floor_div(micros_, day_us) * day_us, std::nullopt, true);
    if (name == "weekday") return Value(parts_of(micros_).weekday);
    if (name == "isoweekday") return Value(parts_of(micros_).weekday + 1);
    if (name == "timestamp") return Value(static_cast<double>(utc_us()) / static_cast<double>(second_us));
    if (name == "astimezone") return in_zone(zone_argument(Binder("astimezone", arguments, {"tz"}, 1)[0]));
    if (name == "replace") return replace(arguments);
    return std::nullopt;
  }

  std::optional<Value> binary(Evaluation&, tmpl::BinaryOp op, const Value& other, bool reflected) override {
    const auto* delta = other.as<TimeDelta>();
    if (op == tmpl::BinaryOp::add && delta) return make(micros_ + delta->micros, offset_, date_only_);
    if (op != tmpl::BinaryOp::subtract || reflected) return std::nullopt;
    if (delta) return make(micros_ - delta->micros, offset_, date_only_);
    if (const auto* time = other.as<DateTime>()) return Value::object(tmpl::make<TimeDelta>(utc_us() - time->utc_us()));
    return std::nullopt;
  }
  std::optional<std::strong_ordering> order(const Object& other) const override {
    const auto* time = dynamic_cast<const DateTime*>(&other);
    return time ? std::optional(utc_us() <=> time->utc_us()) : std::nullopt;
  }
  std::string str() const override { return text(' '); }
  std::string repr() const override { return text(' '); }
  bool equals(const Object& other) const override {
    const auto* time = dynamic_cast<const DateTime*>(&other);
    return time && time->utc_us() == utc_us() && time->date_only_ == date_only_;
  }

  static Value make(int64_t micros, std::optional<int> offset, bool date_only) {
    return Value::object(tmpl::make<DateTime>(micros, offset, date_only));
  }
  int64_t utc_us() const { return micros_ - offset_.value_or(0) * 60 * second_us; }
  Value in_zone(const Zone& zone) const {
    const int offset = zone.offset_at(utc_us());
    return make(utc_us() + offset * 60 * second_us, offset, false);
  }
  Value localized(const Zone& zone) const { return make(micros_, zone.offset_at_local(micros_), false); }

 private:
  std::string text(char between) const {
    std::string out = strftime_text(micros_, "%F", offset_);
    if (date_only_) return out;
    out += between + strftime_text(micros_, "%T", offset_);
    if (micros_ % second_us != 0) out += "." + strftime_text(micros_, "%f", offset_);
    return out + zone_text(offset_, true);
  }
  Value replace(const Arguments& arguments) const {
    TimeParts p = parts_of(micros_);
    std::optional<int> offset = offset_;
    for (const auto& [name, value] : arguments.named) {
      if (name == "tzinfo") {
        offset = value.is_none() ? std::nullopt : std::optional<int>(zone_argument(value).first_offset());
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

std::optional<Value> Zone::call_method(Evaluation&, std::string_view name, const Arguments& arguments) {
  if (name != "localize" && name != "normalize") return std::nullopt;
  Binder bind(name, arguments, {"dt", "is_dst"}, 1);
  const auto* time = bind[0].as<DateTime>();
  if (!time) throw Error(ErrorCode::template_call, std::string(name) + "() needs a datetime");
  return name == "localize" ? time->localized(*this) : time->in_zone(*this);
}

// An ISO text with a zone, Z or ±hh:mm, is aware of it.
std::optional<int> iso_offset(const std::string& text) {
  if (text.ends_with("Z")) return 0;
  const size_t sign = text.find_first_of("+-", std::min<size_t>(text.size(), 11));
  if (sign == std::string::npos) return std::nullopt;
  const auto hours = parse_int(std::string_view(text).substr(sign + 1, 2));
  const auto minutes = text.size() > sign + 5 ? parse_int(std::string_view(text).substr(sign + 4, 2)) : std::nullopt;
  const int size = static_cast<int>(hours.value_or(0) * 60 + minutes.value_or(0));
  return text[sign] == '-' ? -size : size;
}

Value timezone(Evaluation&, const Arguments& arguments) {
  return Value::object(tmpl::make<Zone>(TimeZone::load(Binder("timezone", arguments, {"zone"}, 1)[0].as_string())));
}

// The classes datetime.datetime and datetime.date: callable, with constructors as methods.
class DateTimeClass final : public tmpl::Object {
 public:
  explicit DateTimeClass(bool date_only) : date_only_(date_only) {}
  std::string type_name() const override { return "type"; }
  bool callable() const override { return true; }
  Value call(Evaluation&, const Arguments& arguments) override {
    Binder bind("datetime", arguments, {"year", "month", "day", "hour", "minute", "second", "microsecond", "tzinfo"},
                3);
    const auto number = [&](size_t i) { return static_cast<int>(bind.or_default(i, Value(0)).as_int()); };
    TimeParts p;
    p.year = number(0), p.month = number(1), p.day = number(2);
    p.hour = number(3), p.minute = number(4), p.second = number(5), p.micro = number(6);
    const bool aware = bind.given(7) && !bind[7].is_none();
    return DateTime::make(micros_of(p), aware ? std::optional(zone_argument(bind[7]).first_offset()) : std::nullopt,
                          date_only_);
  }
  std::optional<Value> call_method(Evaluation& evaluation, std::string_view name, const Arguments& arguments) override {
    if (name == "now" || name == "utcnow" || name == "today") {
      ProjectHost& host = host_of(evaluation);
      if (host.capture) host.capture->clock = true;
      const int64_t now = host.rendering.started_at_ms * 1000;
      if (!arguments.positional.empty() || !arguments.named.empty()) {
        Binder bind("now", arguments, {"tz"}, 0);
        const Zone& zone = zone_argument(bind[0]);
        const int offset = zone.offset_at(now);
        return DateTime::make(now + offset * 60 * second_us, offset, false);
      }
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
      const std::optional<int> offset = iso_offset(text);
      return DateTime::make(*micros + offset.value_or(0) * 60 * second_us, offset, date_only_);
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
  Modules(Value datetime, Value pytz) : datetime_(std::move(datetime)), pytz_(std::move(pytz)) {}
  std::string type_name() const override { return "modules"; }
  std::optional<Value> get_attr(Evaluation&, std::string_view name) override {
    if (name == "datetime") return datetime_;
    if (name == "re") return tmpl::re_module();
    if (name == "itertools") return tmpl::itertools_module();
    if (name == "pytz") return pytz_;
    return std::nullopt;
  }
  void release_children(std::vector<Value>& out) override {
    out.push_back(std::move(datetime_));
    out.push_back(std::move(pytz_));
  }

 private:
  Value datetime_, pytz_;
};

}  // namespace

Value datetime_value(int64_t micros, int offset_minutes) { return DateTime::make(micros, offset_minutes, false); }

Value modules_value() {
  tmpl::Dict datetime;
  datetime.set(Value("datetime"), Value::object(tmpl::make<DateTimeClass>(false)));
  datetime.set(Value("date"), Value::object(tmpl::make<DateTimeClass>(true)));
  datetime.set(Value("timedelta"), Value::function("timedelta", timedelta));
  tmpl::Dict pytz;
  pytz.set(Value("timezone"), Value::function("timezone", timezone));
  pytz.set(Value("utc"), Value::object(tmpl::make<Zone>(0)));
  return Value::object(tmpl::make<Modules>(Value::object(tmpl::make<tmpl::Record>("module", std::move(datetime))),
                                           Value::object(tmpl::make<tmpl::Record>("module pytz", std::move(pytz)))));
}

}  // namespace weir::project
