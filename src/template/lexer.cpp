#include <algorithm>

#include "template/failure.h"
#include "template/text.h"
#include "template/token.h"
#include "template/unicode.h"

namespace weir::tmpl {

namespace {

struct Operator {
  std::string_view text;
  TokenKind kind;
};
constexpr Operator kOperators[] = {
    {"//", TokenKind::floordiv}, {"**", TokenKind::pow},      {"==", TokenKind::eq},      {"!=", TokenKind::ne},
    {">=", TokenKind::gteq},     {"<=", TokenKind::lteq},     {"+", TokenKind::add},      {"-", TokenKind::sub},
    {"*", TokenKind::mul},       {"/", TokenKind::div},       {"%", TokenKind::mod},      {"~", TokenKind::tilde},
    {"(", TokenKind::lparen},    {")", TokenKind::rparen},    {"[", TokenKind::lbracket}, {"]", TokenKind::rbracket},
    {"{", TokenKind::lbrace},    {"}", TokenKind::rbrace},    {">", TokenKind::gt},       {"<", TokenKind::lt},
    {"=", TokenKind::assign},    {".", TokenKind::dot},       {":", TokenKind::colon},    {"|", TokenKind::pipe},
    {",", TokenKind::comma},     {";", TokenKind::semicolon},
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

class Lexer {
 public:
  Lexer(std::string_view source, const EnvironmentOptions& options, const std::string& name, int first_line)
      : source_(source), text_(source), options_(options), name_(name), first_line_(first_line) {
    if (!options.keep_trailing_newline && !text_.empty() && text_.back() == '\n') text_.remove_suffix(1);
    line_ = static_cast<uint32_t>(first_line);
  }

  Tokens run() {
    std::optional<Error> failure;
    try {
      while (at_ < text_.size()) root();
    } catch (Error& error) {
      failure = std::move(error);
    }
    Token end;
    if (failure) end.kind = TokenKind::failure;
    end.place = tokens_.empty() ? Place{static_cast<uint32_t>(first_line_), 1} : tokens_.back().place;
    end.begin = end.end = text_.size();
    tokens_.push_back(std::move(end));
    return {std::move(tokens_), std::move(failure)};
  }

 private:
  [[noreturn]] void fail(std::string message, size_t offset) const {
    syntax_error(std::move(message), span_at(source_, name_, place_of(source_, offset, first_line_), first_line_));
  }

  bool starts(std::string_view what, size_t at) const { return text_.substr(at, what.size()) == what; }

  size_t skip_blanks(size_t at) const {
    while (at < text_.size()) {
      size_t next = at;
      if (!has_flag(next_char(text_, next), char_space)) break;
      at = next;
    }
    return at;
  }

  // Offsets only grow, so lines are counted along.
  Place place(size_t offset) {
    while (counted_ < offset) {
      size_t newline = text_.find('\n', counted_);
      if (newline == std::string_view::npos || newline >= offset) break;
      ++line_;
      line_start_ = newline + 1;
      counted_ = newline + 1;
    }
    counted_ = std::max(counted_, offset);
    return {line_, static_cast<uint32_t>(offset - line_start_ + 1)};
  }

  Token& put(TokenKind kind, size_t begin, size_t end) {
    Token token;
    token.kind = kind;
    token.place = place(begin);
    token.begin = begin;
    token.end = end;
    tokens_.push_back(std::move(token));
    return tokens_.back();
  }

  // The end of `{% [sign] word [sign]%}` at `at`, or npos; `end` texts as the tag's closing rules allow.
  size_t match_tag(size_t at, std::string_view word, bool trims) const {
    at += 2;
    if (at < text_.size() && (text_[at] == '-' || text_[at] == '+')) ++at;
    at = skip_blanks(at);
    if (!starts(word, at)) return std::string_view::npos;
    return match_end(skip_blanks(at + word.size()), "%}", trims);
  }

  // The end of a closing delimiter with its signs and what they swallow, or npos.
  size_t match_end(size_t at, std::string_view delimiter, bool trims) const {
    if (starts("-", at) && starts(delimiter, at + 1)) return skip_blanks(at + 3);
    if (trims && starts("+", at) && starts(delimiter, at + 1)) return at + 3;
    if (!starts(delimiter, at)) return std::string_view::npos;
    at += 2;
    return trims && options_.trim_blocks && starts("\n", at) ? at + 1 : at;
  }

  // Emits the text before a tag whose sign and kind decide how much of its blanks stay.
  void put_data(size_t begin, size_t end, char sign, bool variable) {
    std::string_view data = text_.substr(begin, end - begin);
    if (sign == '-') {
      while (!data.empty()) {
        size_t before = previous_start(data, data.size()), position = before;
        if (!has_flag(next_char(data, position), char_space)) break;
        data = data.substr(0, before);
      }
    } else if (sign != '+' && options_.lstrip_blocks && !variable) {
      size_t line = data.rfind('\n') + 1;  // npos + 1 == 0
      if ((line > 0 || line_starting_) && line < data.size() && strip_spaces(data.substr(line)).empty())
        data = data.substr(0, line);
    }
    if (!data.empty()) put(TokenKind::data, begin, end).text = std::string(data);
  }

  void root() {
    size_t begin = at_, tag = begin;
    for (;; ++tag) {
      tag = text_.find('{', tag);
      if (tag == std::string_view::npos || tag + 1 >= text_.size()) {
        put(TokenKind::data, begin, text_.size()).text = std::string(text_.substr(begin));
        at_ = text_.size();
        return;
      }
      char second = text_[tag + 1];
      if (second == '%' || second == '{' || second == '#') break;
    }
    char sign = tag + 2 < text_.size() ? text_[tag + 2] : '\0';
    bool signed_tag = sign == '-' || sign == '+';
    char kind = text_[tag + 1];
    size_t raw_end = kind == '%' ? match_tag(tag, "raw", false) : std::string_view::npos;
    put_data(begin, tag, signed_tag ? sign : '\0', kind == '{');
    at_ = tag + (signed_tag ? 3 : 2);
    if (raw_end != std::string_view::npos) {
      line_starting_ = text_[raw_end - 1] == '\n';
      at_ = raw_end;
      raw("endraw", "raw directive");
    } else if (kind == '#') {
      comment();
    } else if (kind == '%') {
      block(tag);
    } else {
      put(TokenKind::variable_begin, tag, at_);
      inside(false);
    }
  }

  void comment() {
    if (at_ >= text_.size()) return;
    size_t end = text_.find("#}", at_);
    if (end == std::string_view::npos) fail("Missing end of comment tag", at_);
    size_t start = end > at_ && (text_[end - 1] == '-' || text_[end - 1] == '+') ? end - 1 : end;
    at_ = match_end(start, "#}", true);
    line_starting_ = text_[at_ - 1] == '\n';
  }

  // Text up to {% word %}, kept as it is.
  void raw(std::string_view word, const char* what) {
    if (at_ >= text_.size()) return;
    for (size_t tag = at_;; ++tag) {
      tag = text_.find("{%", tag);
      if (tag == std::string_view::npos) fail(std::string("Missing end of ") + what, at_);
      size_t end = match_tag(tag, word, true);
      if (end == std::string_view::npos) continue;
      char sign = text_[tag + 2];
      put_data(at_, tag, sign == '-' || sign == '+' ? sign : '\0', false);
      at_ = end;
      line_starting_ = text_[at_ - 1] == '\n';
      return;
    }
  }

  void block(size_t tag) {
    size_t first = tokens_.size() + 1;
    put(TokenKind::block_begin, tag, at_);
    inside(true);
    bool docs = options_.dbt_blocks && tokens_.size() > first && tokens_[first].kind == TokenKind::name &&
                tokens_[first].text == "docs";
    if (docs) documentation();
  }

  void documentation() {
    for (size_t tag = at_;; ++tag) {
      tag = text_.find("{%", tag);
      if (tag == std::string_view::npos) fail("Missing end of docs block", at_);
      if (match_tag(tag, "enddocs", true) == std::string_view::npos) continue;
      if (tag > at_) put(TokenKind::data, at_, tag).text = std::string(text_.substr(at_, tag - at_));
      at_ = tag;
      return;
    }
  }

  // The tokens of a tag, up to and with its end.
  void inside(bool block) {
    std::vector<char> open;
    while (at_ < text_.size()) {
      size_t begin = at_;
      if (open.empty()) {
        size_t end = match_end(at_, block ? "%}" : "}}", block);
        if (end != std::string_view::npos) {
          put(block ? TokenKind::block_end : TokenKind::variable_end, begin, end);
          at_ = end;
          line_starting_ = text_[at_ - 1] == '\n';
          return;
        }
      }
      size_t blanks = skip_blanks(at_);
      if (blanks > at_) {
        at_ = blanks;
      } else if (!number() && !word() && !string()) {
        sign(open);
      }
      line_starting_ = text_[at_ - 1] == '\n';
    }
  }

  // Digits with single underscores between them, from `at`; the end.
  size_t digits(size_t at) const {
    if (at >= text_.size() || !is_digit(text_[at])) return at;
    while (at < text_.size()) {
      if (is_digit(text_[at]) || (text_[at] == '_' && at + 1 < text_.size() && is_digit(text_[at + 1])))
        ++at;
      else
        break;
    }
    return at;
  }

  bool number() {
    if (!is_digit(text_[at_])) return false;
    size_t begin = at_, end = at_;
    bool after_dot = at_ > 0 && text_[at_ - 1] == '.';
    if (!after_dot && (end = real_end(begin)) > begin) {
      std::string plain(text_.substr(begin, end - begin));
      plain.erase(std::remove(plain.begin(), plain.end(), '_'), plain.end());
      put(TokenKind::real, begin, end).number = *parse_real(plain);
    } else {
      end = integer_end(begin);
      auto value = parse_int(text_.substr(begin, end - begin), 0);
      if (!value) fail("invalid number", begin);
      put(TokenKind::integer, begin, end).number = *value;
    }
    at_ = end;
    return true;
  }

  size_t real_end(size_t begin) const {
    size_t whole = digits(begin), end = whole;
    if (starts(".", whole)) {
      size_t fraction = digits(whole + 1);
      if (fraction > whole + 1) end = fraction;
    }
    if (end < text_.size() && (text_[end] == 'e' || text_[end] == 'E')) {
      size_t exponent = end + 1;
      if (exponent < text_.size() && (text_[exponent] == '+' || text_[exponent] == '-')) ++exponent;
      size_t stop = digits(exponent);
      if (stop > exponent) return stop;
    }
    return end > whole ? end : begin;
  }

  size_t integer_end(size_t begin) const {
    auto run = [&](size_t at, std::string_view allowed) {
      for (;;) {
        size_t next = at < text_.size() && text_[at] == '_' ? at + 1 : at;
        if (next >= text_.size() || allowed.find(text_[next]) == std::string_view::npos) return at;
        at = next + 1;
      }
    };
    if (text_[begin] != '0') return digits(begin);
    char prefix = begin + 1 < text_.size() ? static_cast<char>(text_[begin + 1] | 0x20) : '\0';
    std::string_view allowed = prefix == 'x'   ? "0123456789abcdefABCDEF"
                               : prefix == 'o' ? "01234567"
                               : prefix == 'b' ? "01"
                                               : "";
    if (!allowed.empty()) {
      size_t end = run(begin + 2, allowed);
      if (end > begin + 2) return end;
    }
    return run(begin + 1, "0");
  }

  bool word() {
    size_t end = at_;
    while (end < text_.size()) {
      size_t next = end;
      char32_t c = next_char(text_, next);
      if (c != '_' && !has_flag(c, char_word | char_id_continue)) break;
      end = next;
    }
    if (end == at_) return false;
    std::string_view name = text_.substr(at_, end - at_);
    if (!is_identifier(name)) fail("Invalid character in identifier", at_);
    put(TokenKind::name, at_, end).text = std::string(name);
    at_ = end;
    return true;
  }

  bool string() {
    char quote = text_[at_];
    if (quote != '\'' && quote != '"') return false;
    size_t end = at_ + 1;
    while (end < text_.size() && text_[end] != quote) end += text_[end] == '\\' ? 2 : 1;
    if (end >= text_.size()) return false;
    size_t begin = at_;
    at_ = end + 1;
    std::string value = unescape(text_.substr(begin + 1, end - begin - 1), begin);
    put(TokenKind::string, begin, at_).text = std::move(value);
    return true;
  }

  void sign(std::vector<char>& open) {
    for (const Operator& candidate : kOperators) {
      if (!starts(candidate.text, at_)) continue;
      char c = candidate.text[0];
      if (c == '(' || c == '[' || c == '{') open.push_back(c == '(' ? ')' : c == '[' ? ']' : '}');
      if (c == ')' || c == ']' || c == '}') {
        if (open.empty()) fail(std::string("unexpected '") + c + "'", at_);
        if (open.back() != c) fail(std::string("unexpected '") + c + "', expected '" + open.back() + "'", at_);
        open.pop_back();
      }
      put(candidate.kind, at_, at_ + candidate.text.size());
      at_ += candidate.text.size();
      return;
    }
    size_t end = at_;
    next_char(text_, end);
    fail("unexpected char " + in_quotes(text_.substr(at_, end - at_)) + " at " +
             std::to_string(count_chars(text_.substr(0, at_))),
         at_);
  }

  // Python's unicode-escape; a character beyond ASCII after a backslash reads as its own escape's text.
  std::string unescape(std::string_view raw, size_t begin) const {
    std::string out;
    for (size_t i = 0; i < raw.size();) {
      if (raw[i] != '\\') {
        out.push_back(raw[i++]);
        continue;
      }
      char c = raw[++i];
      static constexpr std::string_view kPlain = "\\'\"abfnrtv", kMeaning = "\\'\"\a\b\f\n\r\t\v";
      if (size_t known = kPlain.find(c); known != std::string_view::npos) {
        out.push_back(kMeaning[known]);
        ++i;
      } else if (c == '\n') {
        ++i;
      } else if (c >= '0' && c <= '7') {
        char32_t value = 0;
        for (int n = 0; n < 3 && i < raw.size() && raw[i] >= '0' && raw[i] <= '7'; ++n)
          value = value * 8 + static_cast<char32_t>(raw[i++] - '0');
        append_char(out, value);
      } else if (c == 'x' || c == 'u' || c == 'U') {
        size_t length = c == 'x' ? 2 : c == 'u' ? 4 : 8;
        append_char(out, hex_escape(raw, ++i, length, c, begin));
        i += length;
      } else if (c == 'N') {
        fail("\\N{...} escapes are not supported; write the character or its \\u escape", begin);
      } else if (static_cast<unsigned char>(c) >= 0x80) {
        std::string shown;
        size_t start = i;
        next_char(raw, i);
        append_repr(shown, raw.substr(start, i - start), true);
        out += shown.substr(1, shown.size() - 2);
      } else {
        out.push_back('\\');
      }
    }
    return out;
  }

  char32_t hex_escape(std::string_view raw, size_t at, size_t length, char kind, size_t begin) const {
    char32_t value = 0;
    for (size_t i = at; i < at + length; ++i) {
      char c = i < raw.size() ? static_cast<char>(raw[i] | 0x20) : 'z';
      bool decimal = i < raw.size() && is_digit(raw[i]);
      if (!decimal && (c < 'a' || c > 'f')) {
        std::string pattern(length, 'X');
        fail(std::string("truncated \\") + kind + pattern + " escape", begin);
      }
      value = value * 16 + static_cast<char32_t>(decimal ? raw[i] - '0' : c - 'a' + 10);
    }
    if (value > 0x10FFFF) fail("illegal Unicode character", begin);
    return value;
  }

  std::string_view source_, text_;
  const EnvironmentOptions& options_;
  const std::string& name_;
  int first_line_;
  size_t at_ = 0, counted_ = 0, line_start_ = 0;
  uint32_t line_ = 1;
  bool line_starting_ = true;
  std::vector<Token> tokens_;
};

}  // namespace

Tokens tokenize(std::string_view source, const EnvironmentOptions& options, const std::string& name, int first_line) {
  return Lexer(source, options, name, first_line).run();
}

}  // namespace weir::tmpl
