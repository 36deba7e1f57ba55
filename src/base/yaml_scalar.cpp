#include "base/yaml_scalar.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/text.h"

namespace weir {

namespace {

constexpr std::string_view digits = "0123456789";
constexpr std::string_view digits_underscore = "0123456789_";

bool one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

// Takes matching pieces off the front of a text.
struct Scan {
  std::string_view rest;
  bool done() const { return rest.empty(); }
  bool take(char c) {
    if (rest.empty() || rest.front() != c) return false;
    rest.remove_prefix(1);
    return true;
  }
  bool sign() { return take('-') || take('+'); }
  size_t take_all(std::string_view set) {
    const size_t count = std::min(rest.find_first_not_of(set), rest.size());
    rest.remove_prefix(count);
    return count;
  }
  // [0-9][0-9_]*
  bool number() {
    return !rest.empty() && digits.find(rest.front()) != std::string_view::npos && take_all(digits_underscore) > 0;
  }
  // (:[0-5]?[0-9])+
  bool sixties() {
    bool any = false;
    for (; take(':'); any = true) {
      const size_t count = std::min(rest.find_first_not_of(digits), rest.size());
      if (count == 0 || count > 2 || (count == 2 && rest.front() > '5')) return false;
      rest.remove_prefix(count);
    }
    return any;
  }
  // ([eE][-+][0-9]+)?
  bool exponent() {
    if (!take('e') && !take('E')) return true;
    return sign() && take_all(digits) > 0;
  }
};

bool is_bool_true(std::string_view text) {
  return one_of(text, {"yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"});
}
bool is_bool_false(std::string_view text) {
  return one_of(text, {"no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"});
}

bool is_float(std::string_view text) {
  if (one_of(text, {".nan", ".NaN", ".NAN"})) return true;
  Scan scan{text};
  if (scan.take('.') && scan.number() && scan.exponent() && scan.done()) return true;
  scan.rest = text;
  scan.sign();
  if (one_of(scan.rest, {".inf", ".Inf", ".INF"})) return true;
  if (!scan.number()) return false;
  const bool sixties = scan.rest.starts_with(':');
  if (sixties && !scan.sixties()) return false;
  if (!scan.take('.')) return false;
  scan.take_all(digits_underscore);
  return (sixties || scan.exponent()) && scan.done();
}

bool is_int(std::string_view text) {
  Scan scan{text};
  scan.sign();
  const Scan start = scan;
  if (scan.take('0')) {
    if (scan.done()) return true;
    if (scan.take('b')) return scan.take_all("01_") > 0 && scan.done();
    if (scan.take('x')) return scan.take_all("0123456789abcdefABCDEF_") > 0 && scan.done();
    return scan.take_all("01234567_") > 0 && scan.done();
  }
  scan = start;
  if (!scan.number() || start.rest.front() == '0') return false;
  return scan.done() || (scan.sixties() && scan.done());
}

[[noreturn]] void not_an_integer(std::string_view text) {
  throw Error(ErrorCode::bad_yaml, "the integer " + std::string(text) + " has no digits or does not fit 64 bits",
              "put it in quotes if it is a text");
}

// The whole of `text` in the base; more than int64's positive range is an error, except the most negative number's
// size.
uint64_t magnitude(std::string_view text, int base, std::string_view whole) {
  uint64_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (failed != std::errc{} || end != text.data() + text.size()) not_an_integer(whole);
  return value;
}

uint64_t sexagesimal(std::string_view text, std::string_view whole) {
  uint64_t value = 0;
  for (const auto& part : split(text, ':')) {
    uint64_t shifted = 0;
    if (__builtin_mul_overflow(value, uint64_t{60}, &shifted) ||
        __builtin_add_overflow(shifted, magnitude(part, 10, whole), &value))
      not_an_integer(whole);
  }
  return value;
}

Json int_value(std::string_view whole) {
  const std::string plain = replace_all(std::string(whole), "_", "");
  std::string_view text = plain;
  const bool negative = text.front() == '-';
  if (negative || text.front() == '+') text.remove_prefix(1);
  uint64_t value = 0;
  if (text == "0")
    value = 0;
  else if (text.starts_with("0b"))
    value = magnitude(text.substr(2), 2, whole);
  else if (text.starts_with("0x"))
    value = magnitude(text.substr(2), 16, whole);
  else if (text.starts_with("0"))
    value = magnitude(text, 8, whole);
  else
    value = text.find(':') == std::string_view::npos ? magnitude(text, 10, whole) : sexagesimal(text, whole);
  constexpr uint64_t most = std::numeric_limits<int64_t>::max();
  if (value <= most) return negative ? -static_cast<int64_t>(value) : static_cast<int64_t>(value);
  if (negative && value == most + 1) return std::numeric_limits<int64_t>::min();
  not_an_integer(whole);
}

Json float_value(std::string_view whole) {
  const std::string plain = lower(replace_all(std::string(whole), "_", ""));
  std::string_view text = plain;
  const double sign = text.front() == '-' ? -1 : 1;
  if (text.front() == '-' || text.front() == '+') text.remove_prefix(1);
  if (text == ".inf") return sign * std::numeric_limits<double>::infinity();
  if (text == ".nan") return std::numeric_limits<double>::quiet_NaN();
  double value = 0;
  for (const auto& part : split(text, ':')) {
    double piece = 0;
    const auto [end, failed] = std::from_chars(part.data(), part.data() + part.size(), piece);
    if (end != part.data() + part.size() || failed == std::errc::invalid_argument)
      throw Error(ErrorCode::bad_yaml, "not a number: " + std::string(whole), "put it in quotes if it is a text");
    // Too large or too small for a double: infinity or zero, as Python has it.
    if (failed == std::errc::result_out_of_range) piece = part.find("e-") == std::string::npos ? HUGE_VAL : 0;
    value = value * 60 + piece;
  }
  return sign * value;
}

}  // namespace

std::string_view yaml_scalar_tag(std::string_view text) {
  if (one_of(text, {"", "~", "null", "Null", "NULL"})) return "null";
  if (is_bool_true(text) || is_bool_false(text)) return "bool";
  if (is_int(text)) return "int";
  return is_float(text) ? "float" : "str";
}

Json resolve_yaml_scalar(std::string_view text) {
  const std::string_view tag = yaml_scalar_tag(text);
  if (tag == "null") return {};
  if (tag == "bool") return is_bool_true(text);
  if (tag == "int") return int_value(text);
  return tag == "float" ? float_value(text) : Json(text);
}

}  // namespace weir
