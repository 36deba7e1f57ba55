// Filters about numbers.
#include <cmath>

#include "template/builtins.h"
#include "template/cells.h"
#include "template/failure.h"
#include "template/operators.h"
#include "template/text.h"

namespace weir::tmpl {

namespace {

// int(real): nullopt for nan, Error for infinity.
std::optional<Value> truncated(double real) {
  if (std::isnan(real)) return std::nullopt;
  if (std::isinf(real)) value_error("cannot convert float infinity to integer");
  return Value(BigInt::from_double(real));
}

Value to_int(Evaluation&, const Arguments& arguments) {
  Binder bind("int", arguments, {"value", "default", "base"}, 1);
  const Value& value = bind[0];
  Value fallback = bind.or_default(1, 0);
  if (value.is_undefined()) throw_undefined(value);
  if (value.is_int()) return value;
  if (value.is_bool()) return value.as_int();
  if (value.is_real()) return truncated(value.as_real()).value_or(fallback);
  if (!value.is_string()) return fallback;
  int64_t base = bind.or_default(2, 10).as_int();
  if (base == 0 || (base >= 2 && base <= 36))
    if (auto number = parse_int(value.as_string(), static_cast<int>(base))) return *number;
  auto real = parse_real(value.as_string());
  if (!real || !std::isfinite(*real)) return fallback;
  return Value(BigInt::from_double(*real));
}

Value to_float(Evaluation&, const Arguments& arguments) {
  Binder bind("float", arguments, {"value", "default"}, 1);
  const Value& value = bind[0];
  if (value.is_undefined()) throw_undefined(value);
  if (value.is_number()) {
    double real = value.as_real();
    if (std::isinf(real) && !value.is_real()) value_error("int too large to convert to float");
    return real;
  }
  if (value.is_string())
    if (auto real = parse_real(value.as_string())) return *real;
  return bind.or_default(1, 0.0);
}

Value absolute(Evaluation&, const Arguments& arguments) {
  Binder bind("abs", arguments, {"x"}, 1);
  const Value& value = bind[0];
  if (!value.is_number()) type_error("bad operand type for abs(): '" + value.type_name() + "'");
  if (value.is_real()) return std::fabs(value.as_real());
  BigInt big = value.as_big();
  return Value(big.negative() ? -big : big);
}

// round(integer, digits) for negative digits: to tens, half to even.
Value round_int(const BigInt& value, int64_t digits) {
  if (digits >= 0) return Value(value);
  if (digits < -5000) return 0;
  BigInt unit = BigInt(10).power(static_cast<uint64_t>(-digits));
  auto [quotient, rest] = value.divide(unit);
  BigInt twice = rest + rest;
  if (twice > unit || (twice == unit && quotient.odd())) quotient = quotient + BigInt(1);
  return Value(quotient * unit);
}

Value round_common(const Value& value, const Value& precision) {
  if (!value.is_number()) type_error("type " + value.type_name() + " doesn't define __round__ method");
  if (!precision.is_int() && !precision.is_bool())
    type_error("'" + precision.type_name() + "' object cannot be interpreted as an integer");
  int64_t digits = precision.as_int();
  if (!value.is_real()) return round_int(value.as_big(), digits);
  double rounded =
      round_real(value.as_real(), static_cast<int>(std::min<int64_t>(std::max<int64_t>(digits, -400), 400)));
  if (std::isinf(rounded) && std::isfinite(value.as_real())) value_error("rounded value too large to represent");
  return rounded;
}

Value round(Evaluation& evaluation, const Arguments& arguments) {
  Binder bind("round", arguments, {"value", "precision", "method"}, 1);
  Value precision = bind.or_default(1, 0);
  std::string method = bind.given(2) ? bind[2].str() : "common";
  if (method != "common" && method != "ceil" && method != "floor") call_error("method must be common, ceil or floor");
  if (method == "common") return round_common(bind[0], precision);
  Value unit = number_binary(BinaryOp::power, 10, precision.is_number() ? precision : precision.as_int());
  Value scaled = binary(evaluation, BinaryOp::multiply, bind[0], unit);
  if (!scaled.is_number()) type_error("must be real number, not " + scaled.type_name());
  if (scaled.is_real()) {
    double real = method == "ceil" ? std::ceil(scaled.as_real()) : std::floor(scaled.as_real());
    auto whole = truncated(real);
    if (!whole) value_error("cannot convert float NaN to integer");
    scaled = *whole;
  }
  return number_binary(BinaryOp::divide, scaled, unit);
}

double size_number(const Value& value) {
  if (value.is_undefined()) throw_undefined(value);
  if (value.is_number()) return value.as_real();
  if (!value.is_string())
    type_error("float() argument must be a string or a real number, not '" + value.type_name() + "'");
  auto real = parse_real(value.as_string());
  if (!real) value_error("could not convert string to float: " + Value(value.as_string()).repr());
  return *real;
}

Value file_size(Evaluation&, const Arguments& arguments) {
  Binder bind("filesizeformat", arguments, {"value", "binary"}, 1);
  double bytes = size_number(bind[0]), base = bind[1].truth() ? 1024 : 1000;
  if (bytes == 1) return "1 Byte";
  if (bytes < base) {
    auto whole = truncated(bytes);
    return int_text(*whole) + " Bytes";
  }
  static constexpr char kUnits[] = "KMGTPEZY";
  double unit = base;
  for (size_t i = 0; i < 8; ++i) {
    unit *= base;
    if (!(bytes < unit) && i < 7) continue;
    std::string name =
        bind[1].truth() ? std::string(1, kUnits[i]) + "iB" : std::string(1, i == 0 ? 'k' : kUnits[i]) + "B";
    return real_format(base * bytes / unit, 'f', 1) + " " + name;
  }
  return {};
}

}  // namespace

void add_number_filters(Environment& environment) {
  environment.add_filter("int", to_int);
  environment.add_filter("float", to_float);
  environment.add_filter("abs", absolute);
  environment.add_filter("round", round);
  environment.add_filter("filesizeformat", file_size);
}

}  // namespace weir::tmpl
