// format(value, spec): Python's format specification mini-language.
#include <algorithm>
#include <cmath>

#include "template/cells.h"
#include "template/failure.h"
#include "template/format.h"
#include "template/text.h"
#include "template/unicode.h"

namespace weir::tmpl {

namespace {

struct Spec {
  char32_t fill = ' ';
  char align = 0, sign = '-', grouping = 0;
  bool signed_spec = false;
  bool alternate = false, zero = false;
  int64_t width = 0, precision = -1;
  char32_t type = 0;
};

bool is_align(char32_t c) { return c == '<' || c == '>' || c == '=' || c == '^'; }

class SpecReader {
 public:
  SpecReader(std::string_view text, const Value& value) : chars_(to_chars(text)), text_(text), value_(value) {}

  Spec read() {
    Spec spec;
    if (chars_.size() >= 2 && is_align(chars_[1])) {
      spec.fill = chars_[0];
      spec.align = static_cast<char>(chars_[1]);
      at_ = 2;
    } else if (is_align(peek())) {
      spec.align = static_cast<char>(chars_[at_++]);
    }
    bool filled = at_ == 2;
    spec.signed_spec = peek() == '+' || peek() == '-' || peek() == ' ';
    if (spec.signed_spec) spec.sign = static_cast<char>(chars_[at_++]);
    if (peek() == '#') spec.alternate = ++at_ > 0;
    if (!filled && peek() == '0') {
      spec.zero = true;
      spec.fill = '0';
      if (!spec.align) spec.align = value_.is_string() ? '<' : '=';
      ++at_;
    }
    spec.width = number("Too many decimal digits in format string");
    if (peek() == ',' || peek() == '_') spec.grouping = static_cast<char>(chars_[at_++]);
    if (spec.grouping && (peek() == ',' || peek() == '_')) value_error("Cannot specify both ',' and '_'.");
    if (peek() == '.') {
      ++at_;
      if (peek() < '0' || peek() > '9') value_error("Format specifier missing precision");
      spec.precision = number("Too many decimal digits in format string");
    }
    if (at_ + 1 < chars_.size()) invalid();
    if (at_ < chars_.size()) spec.type = chars_[at_];
    if (spec.grouping && spec.type == 'n') value_error(std::string("Cannot specify '") + spec.grouping + "' with 'n'.");
    return spec;
  }

  [[noreturn]] void invalid() const {
    value_error("Invalid format specifier '" + std::string(text_) + "' for object of type '" + value_.type_name() +
                "'");
  }

 private:
  char32_t peek() const { return at_ < chars_.size() ? chars_[at_] : 0; }
  int64_t number(const char* too_big) {
    int64_t n = 0;
    while (peek() >= '0' && peek() <= '9') {
      n = n * 10 + static_cast<int64_t>(chars_[at_++] - '0');
      if (n > INT32_MAX) value_error(too_big);
    }
    return n;
  }
  std::vector<char32_t> chars_;
  std::string_view text_;
  const Value& value_;
  size_t at_ = 0;
};

[[noreturn]] void unknown_type(char32_t type, const Value& value) {
  std::string name;
  append_char(name, type);
  value_error("Unknown format code '" + name + "' for object of type '" + value.type_name() + "'");
}

// Puts separators between groups of digits, after enough zeros in front to reach `width`.
std::string grouped(std::string digits, char separator, size_t group, size_t width) {
  auto shown = [&](size_t count) { return count + (separator && count ? (count - 1) / group : 0); };
  while (shown(digits.size()) < width) digits.insert(0, 1, '0');
  if (!separator) return digits;
  std::string out;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i && (digits.size() - i) % group == 0) out.push_back(separator);
    out.push_back(digits[i]);
  }
  return out;
}

std::string sign_text(bool negative, char sign) { return negative ? "-" : sign == '-' ? "" : std::string(1, sign); }

// sign + prefix + digits (with what follows a decimal point in `tail`), grouped, filled.
std::string laid_out(Evaluation& evaluation, const Spec& spec, std::string head, std::string digits, std::string tail,
                     size_t group) {
  evaluation.charge_bytes(static_cast<size_t>(spec.width));
  size_t used = head.size() + tail.size();
  bool pad_digits = spec.fill == '0' && spec.align == '=';
  size_t wanted = pad_digits && static_cast<size_t>(spec.width) > used ? static_cast<size_t>(spec.width) - used : 0;
  std::string body = grouped(std::move(digits), spec.grouping, group, wanted) + tail;
  char align = spec.align ? spec.align : '>';
  if (align != '=') return pad_text(evaluation, head + body, static_cast<size_t>(spec.width), spec.fill, align);
  size_t rest = static_cast<size_t>(spec.width) > head.size() ? static_cast<size_t>(spec.width) - head.size() : 0;
  return head + pad_text(evaluation, std::move(body), rest, spec.fill, '>');
}

// The text of a real without type letter but with a precision: %g, but always with a point or an exponent.
std::string short_real(double value, int precision) {
  int digits = std::max(precision, 1);
  std::string scientific = real_format(value, 'e', digits - 1);
  int exponent = std::atoi(scientific.substr(scientific.find('e') + 1).c_str());
  if (exponent < -4 || exponent >= digits - 1) {
    size_t mark = scientific.find('e');
    std::string mantissa = scientific.substr(0, mark);
    if (mantissa.find('.') != std::string::npos) {
      mantissa.erase(mantissa.find_last_not_of('0') + 1);
      if (mantissa.back() == '.') mantissa.pop_back();
    }
    return mantissa + scientific.substr(mark);
  }
  std::string text = real_format(value, 'g', digits);
  return text.find('.') == std::string::npos ? text + ".0" : text;
}

std::string format_real(Evaluation& evaluation, Spec spec, double value, const Value& original) {
  if (spec.precision > 1000) limit_error("a precision of more than 1000 digits");
  int precision = spec.precision < 0 ? 6 : static_cast<int>(spec.precision);
  double magnitude = std::fabs(value);
  std::string text, percent;
  switch (spec.type) {
    case 0:
      if (!std::isfinite(value))
        text = real_repr(magnitude);
      else
        text = spec.precision < 0 ? real_repr(magnitude) : short_real(magnitude, precision);
      break;
    case 'e':
    case 'E':
    case 'f':
    case 'F':
    case 'g':
    case 'G':
      text = real_format(magnitude, static_cast<char>(spec.type), precision, spec.alternate);
      break;
    case 'n':
      text = real_format(magnitude, 'g', precision, spec.alternate);
      break;
    case '%':
      text = real_format(magnitude * 100, 'f', precision, spec.alternate);
      percent = "%";
      break;
    default:
      unknown_type(spec.type, original);
  }
  size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  bool negative = std::signbit(value) && !std::isnan(value);
  return laid_out(evaluation, spec, sign_text(negative, spec.sign), text.substr(0, digits),
                  text.substr(digits) + percent, 3);
}

std::string format_int(Evaluation& evaluation, Spec spec, const Value& value) {
  static constexpr std::string_view kRealTypes = "eEfFgG%";
  if (spec.type && spec.type < 0x80 && kRealTypes.find(static_cast<char>(spec.type)) != std::string_view::npos)
    return format_real(evaluation, spec, value.as_real(), value);
  if (spec.precision >= 0) value_error("Precision not allowed in integer format specifier");
  BigInt big = value.as_big();
  if (spec.type == 'c') {
    if (big < BigInt(0) || big > BigInt(0x10FFFF)) value_error("%c arg not in range(0x110000)");
    std::string text;
    append_char(text, static_cast<char32_t>(*big.small()));
    return pad_text(evaluation, std::move(text), static_cast<size_t>(spec.width), spec.fill,
                    spec.align ? spec.align : '<');
  }
  int base = spec.type == 'b' ? 2 : spec.type == 'o' ? 8 : spec.type == 'x' || spec.type == 'X' ? 16 : 10;
  if (base == 10 && spec.type && spec.type != 'd' && spec.type != 'n') unknown_type(spec.type, value);
  if (spec.grouping == ',' && base != 10) {
    std::string name;
    append_char(name, spec.type);
    value_error("Cannot specify ',' with '" + name + "'.");
  }
  std::string digits = (big.negative() ? -big : big).text(base), head = sign_text(big.negative(), spec.sign);
  if (spec.alternate && base != 10) head += std::string("0") + static_cast<char>(spec.type);
  if (spec.type == 'X') digits = to_upper(digits);
  return laid_out(evaluation, spec, head, std::move(digits), "", base == 10 ? 3 : 4);
}

std::string format_text(Evaluation& evaluation, const Spec& spec, const Value& value) {
  if (spec.signed_spec)
    value_error(std::string(spec.sign == ' ' ? "Space" : "Sign") + " not allowed in string format specifier");
  if (spec.alternate) value_error("Alternate form (#) not allowed in string format specifier");
  if (spec.align == '=') value_error("'=' alignment not allowed in string format specifier");
  if (spec.grouping) value_error(std::string("Cannot specify '") + spec.grouping + "' with 's'.");
  if (spec.type && spec.type != 's') unknown_type(spec.type, value);
  std::string text = value.as_string();
  if (spec.precision >= 0) text.resize(char_offset(text, static_cast<size_t>(spec.precision)));
  return pad_text(evaluation, std::move(text), static_cast<size_t>(spec.width), spec.fill,
                  spec.align ? spec.align : '<');
}

}  // namespace

std::string pad_text(Evaluation& evaluation, std::string text, size_t width, char32_t fill, char align) {
  size_t length = count_chars(text);
  if (width <= length) return text;
  evaluation.charge_bytes(width);
  size_t before = align == '<' ? 0 : align == '^' ? (width - length) / 2 : width - length;
  std::string left, right;
  for (size_t i = 0; i < before; ++i) append_char(left, fill);
  for (size_t i = before; i < width - length; ++i) append_char(right, fill);
  return left + text + right;
}

std::string format_value(Evaluation& evaluation, const Value& value, std::string_view text) {
  if (text.empty()) return value.str();
  if (!value.is_string() && !value.is_number())
    type_error("unsupported format string passed to " + value.type_name() + ".__format__");
  SpecReader reader(text, value);
  Spec spec = reader.read();
  if (value.is_string()) return format_text(evaluation, spec, value);
  if (value.is_real()) return format_real(evaluation, spec, value.as_real(), value);
  return format_int(evaluation, spec, value);
}

}  // namespace weir::tmpl
