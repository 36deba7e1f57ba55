// "%s of %(name)d" % values.
#include <cmath>

#include "template/cells.h"
#include "template/failure.h"
#include "template/format.h"
#include "template/operators.h"
#include "template/text.h"
#include "template/unicode.h"

namespace weir::tmpl {

namespace {

struct Directive {
  bool left = false, plus = false, blank = false, alternate = false, zero = false;
  int64_t width = 0, precision = -1;
  char32_t conversion = 0;
};

class PercentFormatter {
 public:
  PercentFormatter(Evaluation& evaluation, const Value& text, const Value& value)
      : evaluation_(evaluation), text_(text.as_string()), markup_(text.is_markup()), value_(value), current_(value) {
    if (value.is_tuple()) positional_ = &value.items();
    mapping_ = value.is_dict() || value.is_list() || value.is_undefined() ||
               (value.is_object() && (value.as_object()->is_mapping() || value.as_object()->is_sequence()));
  }

  std::string run() {
    while (position_ < text_.size()) {
      size_t mark = text_.find('%', position_);
      out_ += text_.substr(position_, mark - position_);
      if (mark == std::string_view::npos) break;
      position_ = mark + 1;
      directive();
    }
    bool left_over = positional_ ? next_ < positional_->size() : !used_;
    if (left_over && !mapping_) type_error("not all arguments converted during string formatting");
    return std::move(out_);
  }

 private:
  char32_t peek() const {
    if (position_ >= text_.size()) value_error("incomplete format");
    size_t at = position_;
    return next_char(text_, at);
  }
  char32_t take() {
    char32_t c = peek();
    next_char(text_, position_);
    return c;
  }

  const Value& argument() {
    if (positional_ ? next_ >= positional_->size() : used_) type_error("not enough arguments for format string");
    used_ = true;
    return positional_ ? (*positional_)[next_++] : current_;
  }

  void read_key() {
    if (!mapping_) type_error("format requires a mapping");
    size_t start = position_, depth = 1;
    while (depth > 0) {
      if (position_ >= text_.size()) value_error("incomplete format key");
      char c = text_[position_++];
      depth += c == '(' ? 1 : 0;
      depth -= c == ')' ? 1 : 0;
    }
    Value key{text_.substr(start, position_ - 1 - start)};
    if (value_.is_undefined()) throw_undefined(value_);
    auto found = subscript(evaluation_, value_, key);
    if (!found && !value_.is_dict()) type_error("list indices must be integers or slices, not str");
    if (!found) value_error("no such key: " + key.repr());
    current_ = *found;
    used_ = false;
  }

  int64_t read_number() {
    if (peek() == '*') {
      take();
      const Value& number = argument();
      if (!number.is_int() && !number.is_bool()) type_error("* wants int");
      return number.as_int();
    }
    int64_t number = 0;
    while (peek() >= '0' && peek() <= '9') {
      number = number * 10 + static_cast<int64_t>(take() - '0');
      if (number > INT32_MAX) value_error("width or precision too big");
    }
    return number;
  }

  void read_flags(Directive& d) {
    for (;;) {
      switch (peek()) {
        case '-':
          d.left = true;
          break;
        case '+':
          d.plus = true;
          break;
        case ' ':
          d.blank = true;
          break;
        case '#':
          d.alternate = true;
          break;
        case '0':
          d.zero = true;
          break;
        default:
          return;
      }
      take();
    }
  }

  void directive() {
    if (peek() == '%') {
      out_.push_back('%');
      take();
      return;
    }
    Directive d;
    if (peek() == '(') {
      take();
      read_key();
    }
    read_flags(d);
    d.width = read_number();
    if (d.width < 0) {
      d.left = true;
      d.width = -d.width;
    }
    if (peek() == '.') {
      take();
      d.precision = std::max<int64_t>(read_number(), 0);
    }
    if (peek() == 'h' || peek() == 'l' || peek() == 'L') take();
    size_t at = position_;
    d.conversion = take();
    convert(d, at);
  }

  void convert(const Directive& d, size_t at) {
    switch (d.conversion) {
      case 's':
      case 'r':
      case 'a':
        return put_text(d, printed(d));
      case 'c':
        return put_text(d, character());
      case 'd':
      case 'i':
      case 'u':
      case 'x':
      case 'X':
      case 'o':
        return put_number(d, integer(d));
      case 'e':
      case 'E':
      case 'f':
      case 'F':
      case 'g':
      case 'G':
        return put_number(d, real(d));
      default: {
        std::string name;
        append_char(name, d.conversion);
        value_error("unsupported format character '" + name + "' at index " +
                    std::to_string(count_chars(text_.substr(0, at))));
      }
    }
  }

  std::string printed(const Directive& d) {
    const Value& value = argument();
    std::string text;
    if (d.conversion == 's')
      text = markup_ ? escape_value(value).as_string() : value.str();
    else if (d.conversion == 'a' && value.is_string())
      append_repr(text, value.as_string(), true);
    else
      text = markup_ ? escape_value(value.repr()).as_string() : value.repr();
    if (d.precision >= 0) text.resize(char_offset(text, static_cast<size_t>(d.precision)));
    return text;
  }

  std::string character() {
    const Value& value = argument();
    if (value.is_string() && count_chars(value.as_string()) == 1) return value.as_string();
    if (!value.is_int() && !value.is_bool()) type_error("%c requires int or char");
    if (value.as_int() < 0 || value.as_int() > 0x10FFFF) value_error("%c arg not in range(0x110000)");
    std::string text;
    append_char(text, static_cast<char32_t>(value.as_int()));
    return text;
  }

  std::string integer(const Directive& d) {
    Value value = argument();
    bool decimal = d.conversion == 'd' || d.conversion == 'i' || d.conversion == 'u';
    std::string name = std::string("%") + static_cast<char>(d.conversion) + " format: ";
    if (value.is_undefined()) throw_undefined(value);
    if (value.is_real() && decimal) {
      if (!std::isfinite(value.as_real())) value_error("cannot convert float " + value.repr() + " to integer");
      value = Value(BigInt::from_double(value.as_real()));
    }
    if (!value.is_int() && !value.is_bool())
      type_error(name + (decimal ? "a real number" : "an integer") + " is required, not " + value.type_name());
    BigInt big = value.as_big();
    std::string digits = (big.negative() ? -big : big).text(decimal ? 10 : d.conversion == 'o' ? 8 : 16);
    evaluation_.charge_bytes(static_cast<size_t>(std::max<int64_t>(d.precision, 0)));
    if (d.precision > static_cast<int64_t>(digits.size()))
      digits.insert(0, static_cast<size_t>(d.precision) - digits.size(), '0');
    prefix_ = big.negative() ? "-" : d.plus ? "+" : d.blank ? " " : "";
    if (d.alternate && !decimal) prefix_ += d.conversion == 'o' ? "0o" : "0x";
    if (d.conversion == 'X') {
      digits = to_upper(digits);
      prefix_ = to_upper(prefix_);
    }
    return digits;
  }

  std::string real(const Directive& d) {
    const Value& value = argument();
    if (value.is_undefined()) throw_undefined(value);
    if (!value.is_number()) type_error("must be real number, not " + value.type_name());
    double number = value.as_real();
    if (d.precision > 1000) limit_error("a precision of more than 1000 digits");
    std::string text = real_format(std::fabs(number), static_cast<char>(d.conversion),
                                   d.precision < 0 ? 6 : static_cast<int>(d.precision), d.alternate);
    bool minus = std::signbit(number) && !std::isnan(number);
    prefix_ = minus ? "-" : d.plus ? "+" : d.blank ? " " : "";
    return text;
  }

  void put_text(const Directive& d, std::string text) {
    out_ += pad_text(evaluation_, std::move(text), static_cast<size_t>(d.width), ' ', d.left ? '<' : '>');
  }

  void put_number(const Directive& d, std::string digits) {
    if (d.zero && !d.left) {
      size_t used = prefix_.size();
      size_t rest = static_cast<size_t>(d.width) > used ? static_cast<size_t>(d.width) - used : 0;
      out_ += prefix_ + pad_text(evaluation_, std::move(digits), rest, '0', '>');
    } else {
      put_text(d, prefix_ + digits);
    }
  }

  Evaluation& evaluation_;
  std::string_view text_;
  bool markup_, mapping_ = false;
  const Value& value_;
  const std::vector<Value>* positional_ = nullptr;
  size_t next_ = 0, position_ = 0;
  Value current_;  // what one directive takes if the values are no tuple
  bool used_ = false;
  std::string prefix_, out_;
};

}  // namespace

Value format_percent(Evaluation& evaluation, const Value& text, const Value& value) {
  std::string out = PercentFormatter(evaluation, text, value).run();
  evaluation.charge_bytes(out.size());
  return text_like(text, std::move(out));
}

}  // namespace weir::tmpl
