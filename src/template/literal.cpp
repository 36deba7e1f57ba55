// Python's literals as text: what ast.literal_eval accepts, but for complex numbers and bytes.
#include <algorithm>
#include <array>

#include "template/cells.h"
#include "template/text.h"
#include "template/unicode.h"

namespace weir::tmpl {

namespace {

// Thrown inside this file when the text is no literal.
struct NoLiteral {};

class LiteralReader {
 public:
  explicit LiteralReader(std::string_view text) : text_(text) {}

  Value read() {
    Value value = tuple_or_value();
    if (at_ < text_.size()) throw NoLiteral();
    return value;
  }

 private:
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  void skip_blanks() {
    while (at_ < text_.size()) {
      char c = text_[at_];
      if (c == '#')
        at_ = std::min(text_.find('\n', at_), text_.size());
      else if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f')
        ++at_;
      else
        return;
    }
  }

  bool take(char c) {
    skip_blanks();
    if (peek() != c) return false;
    ++at_;
    skip_blanks();
    return true;
  }

  void expect(char c) {
    if (!take(c)) throw NoLiteral();
  }

  // Values with commas between them up to `end`; whether a comma stood among or after them is noted.
  std::vector<Value> items(char end, bool& comma) {
    std::vector<Value> values;
    comma = false;
    while (!take(end)) {
      if (!values.empty() && !comma) throw NoLiteral();
      values.push_back(value());
      comma = take(',');
      if (!comma && peek() != end) throw NoLiteral();
      if (!comma) {
        take(end);
        comma = values.size() > 1;
        return values;
      }
    }
    return values;
  }

  Value tuple_or_value() {
    skip_blanks();
    Value first = value();
    if (!take(',')) return first;
    std::vector<Value> values{first};
    while (at_ < text_.size()) {
      values.push_back(value());
      if (!take(',')) break;
    }
    return Value::tuple(std::move(values));
  }

  Value value() {
    if (++depth_ > 100) throw NoLiteral();
    skip_blanks();
    Value result = primary();
    skip_blanks();
    --depth_;
    return result;
  }

  Value primary() {
    char c = peek();
    bool comma = false;
    if (take('[')) return Value::list(items(']', comma));
    if (take('(')) {
      std::vector<Value> values = items(')', comma);
      return values.size() == 1 && !comma ? values[0] : Value::tuple(std::move(values));
    }
    if (take('{')) return braces();
    if (c == '\'' || c == '"') return text();
    if (c == '+' || c == '-') {
      ++at_;
      skip_blanks();
      Value number = primary();
      if (!number.is_int() && !number.is_real()) throw NoLiteral();
      if (c == '+') return number;
      return number.is_real() ? Value(-number.as_real()) : Value(-number.as_big());
    }
    if ((c >= '0' && c <= '9') || c == '.') return number();
    return word();
  }

  Value word() {
    for (auto [name, value] :
         {std::pair("True", Value(true)), std::pair("False", Value(false)), std::pair("None", Value())}) {
      std::string_view text = name;
      if (text_.substr(at_, text.size()) != text) continue;
      size_t end = at_ + text.size(), after = end;
      if (end < text_.size() && has_flag(next_char(text_, after), char_id_continue)) throw NoLiteral();
      at_ = end;
      return value;
    }
    throw NoLiteral();
  }

  Value braces() {
    if (take('}')) return Value::dict();
    Dict dict;
    std::vector<Value> members;
    bool is_dict = false;
    for (bool first = true; first || peek() != '}'; first = false) {
      Value key = value();
      if (first) is_dict = peek() == ':';
      if (Raw::is_container(key) && !key.is_tuple()) throw NoLiteral();
      if (is_dict) {
        expect(':');
        dict.set(std::move(key), value());
      } else {
        members.push_back(std::move(key));
      }
      if (!take(',')) break;
    }
    expect('}');
    return is_dict ? Value::dict(std::move(dict)) : Value::set(std::move(members));
  }

  Value number() {
    size_t end = at_;
    auto run = [&](std::string_view more) {
      while (end < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[end])) ||
                                    more.find(text_[end]) != std::string_view::npos)) {
        bool exponent =
            (text_[end] == 'e' || text_[end] == 'E') && text_.substr(at_, 2) != "0x" && text_.substr(at_, 2) != "0X";
        ++end;
        if (exponent && end < text_.size() && (text_[end] == '+' || text_[end] == '-')) ++end;
      }
    };
    run("_.");
    std::string_view digits = text_.substr(at_, end - at_);
    at_ = end;
    bool hex = digits.size() > 1 && digits[0] == '0' && (digits[1] | 0x20) == 'x';
    bool real = !hex && digits.find_first_of(".eE") != std::string_view::npos;
    if (digits.back() == '_') throw NoLiteral();
    if (!real) {
      auto value = parse_int(digits, 0);
      if (!value) throw NoLiteral();
      return *value;
    }
    // "inf" and "nan" are names, not numbers.
    if (digits.find_first_not_of("0123456789.eE+-_") != std::string_view::npos) throw NoLiteral();
    auto value = parse_real(digits);
    if (!value) throw NoLiteral();
    return *value;
  }

  // Adjacent texts are one.
  Value text() {
    std::string out;
    do {
      out += one_text();
      skip_blanks();
    } while (peek() == '\'' || peek() == '"');
    return out;
  }

  std::string one_text() {
    char quote = peek();
    bool triple = text_.substr(at_, 3) == std::string(3, quote);
    std::string_view close = text_.substr(at_, triple ? 3 : 1);
    at_ += close.size();
    std::string out;
    while (text_.substr(at_, close.size()) != close) {
      if (at_ >= text_.size() || (!triple && peek() == '\n')) throw NoLiteral();
      if (peek() != '\\')
        out.push_back(text_[at_++]);
      else
        escape(out);
    }
    at_ += close.size();
    return out;
  }

  void escape(std::string& out) {
    static constexpr std::string_view kPlain = "\\'\"abfnrtv", kMeaning = "\\'\"\a\b\f\n\r\t\v";
    ++at_;
    if (at_ >= text_.size()) throw NoLiteral();
    char c = text_[at_++];
    if (size_t known = kPlain.find(c); known != std::string_view::npos) {
      out.push_back(kMeaning[known]);
    } else if (c == '\n') {
      return;
    } else if (c >= '0' && c <= '7') {
      char32_t value = static_cast<char32_t>(c - '0');
      for (int i = 0; i < 2 && peek() >= '0' && peek() <= '7'; ++i)
        value = value * 8 + static_cast<char32_t>(text_[at_++] - '0');
      append_char(out, value);
    } else if (c == 'x' || c == 'u' || c == 'U') {
      size_t length = c == 'x' ? 2 : c == 'u' ? 4 : 8;
      std::string_view digits = text_.substr(at_, length);
      if (digits.size() < length || digits.find_first_not_of("0123456789abcdefABCDEF") != std::string_view::npos)
        throw NoLiteral();
      auto point = parse_int(digits, 16)->as_int();
      if (point > 0x10FFFF) throw NoLiteral();
      append_char(out, static_cast<char32_t>(point));
      at_ += length;
    } else if (c == 'N') {
      throw NoLiteral();
    } else {
      out.push_back('\\');
      out.push_back(c);
    }
  }

  std::string_view text_;
  size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

std::optional<Value> parse_python_literal(std::string_view text) {
  try {
    return LiteralReader(text).read();
  } catch (const NoLiteral&) {
    return std::nullopt;
  } catch (const Error&) {
    return std::nullopt;  // an integer beyond all limits, an unhashable member
  }
}

}  // namespace weir::tmpl
