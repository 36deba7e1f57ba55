#include "template/text.h"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "template/bigint.h"
#include "template/cells.h"
#include "template/failure.h"
#include "template/unicode.h"

namespace weir::tmpl {

namespace {

void append_escape(std::string& out, char32_t c) {
  char buffer[12];
  const char* pattern = c <= 0xFF ? "\\x%02x" : c <= 0xFFFF ? "\\u%04x" : "\\U%08x";
  std::snprintf(buffer, sizeof buffer, pattern, static_cast<unsigned>(c));
  out += buffer;
}

// The digits of a number text with underscores taken out; nullopt if one stands elsewhere than between digits. Decimal
// digits of other scripts become ASCII.
std::optional<std::string> plain_digits(std::string_view text) {
  std::string out;
  bool digit_before = false;
  for (size_t position = 0; position < text.size();) {
    char32_t c = next_char(text, position);
    if (c == '_') {
      if (!digit_before || position >= text.size()) return std::nullopt;
      size_t ahead = position;
      char32_t following = next_char(text, ahead);
      if (following >= 0x80 ? !decimal_value(following) : !std::isalnum(static_cast<int>(following)))
        return std::nullopt;
      digit_before = false;
      continue;
    }
    if (c >= 0x80) {
      auto value = decimal_value(c);
      if (!value) return std::nullopt;
      c = static_cast<char32_t>('0' + *value);
    }
    digit_before = std::isalnum(static_cast<int>(c)) != 0;
    out.push_back(static_cast<char>(c));
  }
  return out;
}

bool take_prefix(std::string_view& text, char lower, char upper) {
  if (text.size() < 2 || text[0] != '0' || (text[1] != lower && text[1] != upper)) return false;
  text.remove_prefix(2);
  if (!text.empty() && text[0] == '_') text.remove_prefix(1);
  return true;
}

// Python's exponent form: at least two digits, "e-07".
std::string exponent_text(int exponent) {
  std::string out = exponent < 0 ? "e-" : "e+";
  int magnitude = std::abs(exponent);
  if (magnitude < 10) out.push_back('0');
  return out + std::to_string(magnitude);
}

}  // namespace

void append_repr(std::string& out, std::string_view text, bool ascii_only) {
  bool single = text.find('\'') != std::string_view::npos;
  char quote = single && text.find('"') == std::string_view::npos ? '"' : '\'';
  out.push_back(quote);
  for (size_t position = 0; position < text.size();) {
    size_t start = position;
    char32_t c = next_char(text, position);
    if (c == static_cast<char32_t>(quote) || c == '\\') {
      out.push_back('\\');
      out.push_back(static_cast<char>(c));
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else if (!has_flag(c, char_printable) || (ascii_only && c >= 0x80)) {
      append_escape(out, c);
    } else {
      out.append(text.substr(start, position - start));
    }
  }
  out.push_back(quote);
}

std::string real_repr(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  char buffer[40];
  auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific);
  std::string_view text(buffer, static_cast<size_t>(end.ptr - buffer));
  std::string out;
  if (text[0] == '-') {
    out.push_back('-');
    text.remove_prefix(1);
  }
  size_t mark = text.find('e');
  int exponent = std::atoi(std::string(text.substr(mark + 1)).c_str());
  std::string digits(1, text[0]);
  if (mark > 2) digits += text.substr(2, mark - 2);
  auto count = static_cast<int>(digits.size());
  if (exponent < -4 || exponent >= 16) {
    out += digits.substr(0, 1);
    if (count > 1) out += "." + digits.substr(1);
    return out + exponent_text(exponent);
  }
  if (exponent < 0) return out + "0." + std::string(static_cast<size_t>(-exponent - 1), '0') + digits;
  if (count <= exponent + 1) return out + digits + std::string(static_cast<size_t>(exponent + 1 - count), '0') + ".0";
  return out + digits.substr(0, static_cast<size_t>(exponent + 1)) + "." +
         digits.substr(static_cast<size_t>(exponent + 1));
}

std::string real_format(double value, char conversion, int precision, bool alternate) {
  std::string pattern = alternate ? "%#.*" : "%.*";
  pattern.push_back(conversion);
  int size = std::snprintf(nullptr, 0, pattern.c_str(), precision, value);
  std::string out(static_cast<size_t>(size) + 1, '\0');
  std::snprintf(out.data(), out.size(), pattern.c_str(), precision, value);
  out.resize(static_cast<size_t>(size));
  if (std::isnan(value)) out = out.find('N') != std::string::npos ? "NAN" : "nan";
  return out;
}

std::optional<Value> parse_int(std::string_view text, int base) {
  text = strip_spaces(text);
  bool negative = !text.empty() && text[0] == '-';
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  if (!text.empty() && text[0] == '_') return std::nullopt;
  if ((base == 16 || base == 0) && take_prefix(text, 'x', 'X')) {
    base = 16;
  } else if ((base == 8 || base == 0) && take_prefix(text, 'o', 'O')) {
    base = 8;
  } else if ((base == 2 || base == 0) && take_prefix(text, 'b', 'B')) {
    base = 2;
  } else if (base == 0) {
    base = 10;
    if (text.size() > 1 && text[0] == '0' && text.find_first_not_of("0_") != std::string_view::npos)
      return std::nullopt;
  }
  auto digits = plain_digits(text);
  if (!digits || digits->empty()) return std::nullopt;
  int64_t small = 0;
  auto [end, failure] = std::from_chars(digits->data(), digits->data() + digits->size(), small, base);
  if (failure == std::errc{} && end == digits->data() + digits->size() && (*digits)[0] != '-')
    return Value(negative ? -small : small);
  if (base == 10 && digits->size() > 4300)
    value_error("Exceeds the limit (4300 digits) for integer string conversion: value has " +
                std::to_string(digits->size()) + " digits");
  if (digits->size() > 20000) limit_error("an integer of more than 20000 digits");
  auto big = BigInt::parse(*digits, base);
  if (!big) return std::nullopt;
  return Value(negative ? -*big : *big);
}

std::optional<double> parse_real(std::string_view text) {
  text = strip_spaces(text);
  auto plain = plain_digits(text);
  if (!plain || plain->empty()) return std::nullopt;
  std::string_view body = *plain;
  bool negative = body[0] == '-';
  if (body[0] == '-' || body[0] == '+') body.remove_prefix(1);
  std::string lowered = to_lower(body);
  double value = 0;
  if (lowered == "inf" || lowered == "infinity") {
    value = HUGE_VAL;
  } else if (lowered == "nan") {
    value = std::nan("");
  } else {
    if (body.empty() || body.find_first_not_of("0123456789.eE+-") != std::string_view::npos || body[0] == '-')
      return std::nullopt;
    auto [end, failure] = std::from_chars(body.data(), body.data() + body.size(), value);
    if (end != body.data() + body.size()) return std::nullopt;
    if (failure == std::errc::result_out_of_range)
      value = std::strtod(std::string(body).c_str(), nullptr);
    else if (failure != std::errc{})
      return std::nullopt;
  }
  return negative ? -value : value;
}

std::string int_text(const Value& integer) {
  if (integer.is_bool()) return integer.as_bool() ? "1" : "0";
  if (integer.is_small_int()) return std::to_string(integer.as_int());
  std::string text = Raw::big(integer).text();
  if (text.size() > 4301 || (text.size() == 4301 && text[0] != '-'))
    value_error("Exceeds the limit (4300 digits) for integer string conversion");
  return text;
}

double round_real(double value, int digits) {
  if (!std::isfinite(value) || digits > 323) return value;
  if (digits < -308) return std::copysign(0.0, value);
  if (digits >= 0) return std::strtod(real_format(value, 'f', digits).c_str(), nullptr);
  // Exact: the decimal text of the number, cut at the wanted place and rounded half to even.
  std::string text = real_format(std::fabs(value), 'f', 0);
  double rest = std::fabs(value) - std::trunc(std::fabs(value));
  text = real_format(std::trunc(std::fabs(value)), 'f', 0);
  auto cut = static_cast<size_t>(-digits);
  if (text.size() < cut) return std::copysign(0.0, value);
  std::string head = "0" + text.substr(0, text.size() - cut), tail = text.substr(text.size() - cut);
  std::string half = "5" + std::string(cut - 1, '0');
  bool up = tail > half || (tail == half && (rest > 0 || (head.back() - '0') % 2 == 1));
  for (size_t i = head.size(); up && i-- > 0;) {
    up = head[i] == '9';
    head[i] = up ? '0' : static_cast<char>(head[i] + 1);
  }
  return std::copysign(std::strtod((head + std::string(cut, '0')).c_str(), nullptr), value);
}

}  // namespace weir::tmpl
