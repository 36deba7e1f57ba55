#include <algorithm>
#include <array>
#include <cctype>

#include "lint/tree.h"

namespace weir::lint {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool is_line_space(char c) { return c == ' ' || c == '\t' || c == '\f' || c == '\v'; }

struct Sign {
  std::string_view text;
  K kind;
};
// Longest first where one begins another.
constexpr std::array duckdb_signs = {
    Sign{"->>", K::json_operator},  Sign{"->", K::json_operator},       Sign{"~~~", K::glob_operator},
    Sign{"!~~*", K::like_operator}, Sign{"!~~", K::like_operator},      Sign{"!~*", K::like_operator},
    Sign{"!~", K::like_operator},   Sign{"~~*", K::like_operator},      Sign{"~~", K::like_operator},
    Sign{"~*", K::like_operator},   Sign{"~", K::like_operator},        Sign{"**", K::binary_operator},
    Sign{"//", K::binary_operator}, Sign{"::", K::casting_operator},    Sign{":=", K::assigner},
    Sign{"=>", K::assigner},        Sign{"==", K::comparison_operator}, Sign{"&&", K::binary_operator},
    Sign{"@>", K::binary_operator}, Sign{"<@", K::binary_operator},     Sign{"^@", K::binary_operator},
};
constexpr std::array ansi_signs = {
    Sign{"~~~", K::glob_operator},   Sign{"!~~*", K::like_operator}, Sign{"!~~", K::like_operator},
    Sign{"!~*", K::like_operator},   Sign{"!~", K::like_operator},   Sign{"~~*", K::like_operator},
    Sign{"~~", K::like_operator},    Sign{"~*", K::like_operator},   Sign{"~", K::like_operator},
    Sign{"::", K::casting_operator},
};

class Lexer {
 public:
  Lexer(std::string_view text, Dialect dialect, bool national_texts)
      : text_(text), dialect_(dialect), national_texts_(national_texts) {}

  std::vector<Word> read() {
    while (at_ < text_.size()) take();
    return std::move(words_);
  }

 private:
  char peek(size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  void add(K kind, size_t stop) {
    words_.push_back({kind, at_, stop});
    at_ = stop;
  }

  void take() {
    const char c = peek();
    if (is_line_space(c)) return run(K::whitespace, is_line_space);
    if (c == '\n') return add(K::newline, at_ + 1);
    if (c == '\r' && peek(1) == '\n') return add(K::newline, at_ + 2);
    if (c == '-' && peek(1) == '-') return line_comment();
    if (c == '#' && dialect_ == Dialect::ansi) return line_comment();
    if (c == '/' && peek(1) == '*' && text_.find("*/", at_ + 2) != std::string_view::npos) return block_comment();
    if (c == '\'' && quoted(0, dialect_ == Dialect::ansi)) return;
    if (c == '"' && quoted(0, dialect_ == Dialect::ansi)) return;
    if (prefixed()) return;
    if (c == '$' && dollar_quoted()) return;
    if ((is_digit(c) || (c == '.' && is_digit(peek(1)))) && number()) return;
    if (sign()) return;
    if (is_word(c)) return run(K::word, [](char each) { return is_word(each) || each == '$'; });
    if (c == '#' && is_digit(peek(1))) {
      size_t stop = at_ + 1;
      while (stop < text_.size() && is_digit(text_[stop])) ++stop;
      return add(K::column_index_raw, stop);
    }
    if (std::string_view("=><!.,+-/%?&|^*()[]{}:;@$").find(c) != std::string_view::npos) return add(K::symbol, at_ + 1);
    size_t stop = at_ + 1;
    while (stop < text_.size() && !is_line_space(text_[stop]) && text_[stop] != '\n') ++stop;
    add(K::unlexable, stop);
  }

  template <class Is>
  void run(K kind, Is is) {
    size_t stop = at_;
    while (stop < text_.size() && is(text_[stop])) ++stop;
    add(kind, stop);
  }

  void line_comment() {
    size_t stop = text_.find('\n', at_);
    if (stop == std::string_view::npos) stop = text_.size();
    if (stop > at_ && stop < text_.size() && text_[stop - 1] == '\r') --stop;
    add(K::inline_comment, stop);
  }

  // One segment a line, without the blanks at its ends.
  void block_comment() {
    const size_t end = text_.find("*/", at_ + 2) + 2;
    while (at_ < end) {
      const size_t newline = std::min(text_.find('\n', at_), end);
      size_t line_end = newline;
      if (line_end < end && line_end > at_ && text_[line_end - 1] == '\r') --line_end;
      size_t from = at_;
      while (from < line_end && is_line_space(text_[from])) ++from;
      if (from > at_) add(K::whitespace, from);
      size_t to = line_end;
      while (to > at_ && is_line_space(text_[to - 1])) --to;
      if (to > at_) add(K::block_comment, to);
      if (line_end > at_) add(K::whitespace, line_end);
      if (newline < end) add(K::newline, newline + 1);
    }
  }

  // A text or a quoted name with its quote `ahead` characters from here. `escapes`: a backslash takes what follows.
  bool quoted(size_t ahead, bool escapes) {
    const char quote = peek(ahead);
    for (size_t i = at_ + ahead + 1; i < text_.size(); ++i) {
      if (text_[i] == '\\' && escapes) {
        ++i;
      } else if (text_[i] == quote) {
        if (i + 1 < text_.size() && text_[i + 1] == quote) {
          ++i;
          continue;
        }
        add(quote == '"' ? K::double_quote : K::single_quote, i + 1);
        return true;
      }
    }
    return false;
  }

  // E'…' (with backslashes), X'…', B'…', N'…', U&'…' and U&"…": the prefix belongs to its text.
  bool prefixed() {
    const char prefix = static_cast<char>(std::tolower(static_cast<unsigned char>(peek())));
    if (prefix == 'u' && peek(1) == '&' && (peek(2) == '\'' || peek(2) == '"'))
      return national_texts_ && quoted(2, dialect_ == Dialect::ansi);
    if (peek(1) != '\'') return false;
    if (prefix == 'n') return national_texts_ && quoted(1, dialect_ == Dialect::ansi);
    return (prefix == 'e' || prefix == 'x' || prefix == 'b') && quoted(1, prefix == 'e' || dialect_ == Dialect::ansi);
  }

  bool dollar_quoted() {
    size_t tag = at_ + 1;
    while (tag < text_.size() && is_word(text_[tag])) ++tag;
    if (tag >= text_.size() || text_[tag] != '$') return false;
    const std::string_view delimiter = text_.substr(at_, tag + 1 - at_);
    const size_t end = text_.find(delimiter, tag + 1);
    if (end == std::string_view::npos) return false;
    add(K::dollar_quote, end + delimiter.size());
    return true;
  }

  bool number() {
    size_t stop = at_;
    const auto digits = [&] {
      while (stop < text_.size() && (is_digit(text_[stop]) || (text_[stop] == '_' && dialect_ == Dialect::duckdb &&
                                                               stop + 1 < text_.size() && is_digit(text_[stop + 1]))))
        ++stop;
    };
    digits();
    if (stop < text_.size() && text_[stop] == '.') {
      const char behind = stop + 1 < text_.size() ? text_[stop + 1] : '\0';
      if (is_digit(behind)) {
        ++stop;
        digits();
      } else if (behind != '.' && !is_word(behind)) {
        ++stop;
      }
    }
    if (stop < text_.size() && (text_[stop] == 'e' || text_[stop] == 'E')) {
      size_t exponent = stop + 1;
      if (exponent < text_.size() && (text_[exponent] == '+' || text_[exponent] == '-')) ++exponent;
      if (exponent < text_.size() && is_digit(text_[exponent])) {
        stop = exponent;
        digits();
      }
    }
    if (stop < text_.size() && is_word(text_[stop]) && text_[stop - 1] != '.') return false;  // a word such as 1st
    add(K::numeric_literal, stop);
    return true;
  }

  bool sign() {
    const auto match = [&](const Sign& each) {
      if (text_.substr(at_, each.text.size()) != each.text) return false;
      add(each.kind, at_ + each.text.size());
      return true;
    };
    if (dialect_ == Dialect::ansi) return std::any_of(ansi_signs.begin(), ansi_signs.end(), match);
    return std::any_of(duckdb_signs.begin(), duckdb_signs.end(), match);
  }

  std::string_view text_;
  Dialect dialect_;
  bool national_texts_;
  size_t at_ = 0;
  std::vector<Word> words_;
};

}  // namespace

std::vector<Word> lex(std::string_view text, Dialect dialect) { return lex(text, dialect, dialect == Dialect::duckdb); }

std::vector<Word> lex(std::string_view text, Dialect dialect, bool national_texts) {
  return Lexer(text, dialect, national_texts).read();
}

}  // namespace weir::lint
