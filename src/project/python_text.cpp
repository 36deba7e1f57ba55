#include "project/python_text.h"

#include <cctype>
#include <cstdint>

#include "base/text.h"

namespace weir::project {

namespace {

bool starts_python_name(char c) { return std::isalpha(static_cast<unsigned char>(c)) || c == '_' || (c & 0x80) != 0; }
bool in_python_name(char c) { return starts_python_name(c) || std::isdigit(static_cast<unsigned char>(c)); }

void append_python_utf8(std::string& out, uint32_t code) {
  const auto byte = [&out](uint32_t value) { out += static_cast<char>(static_cast<unsigned char>(value)); };
  if (code < 0x80) {
    byte(code);
  } else if (code < 0x800) {
    byte(0xC0 | (code >> 6)), byte(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    byte(0xE0 | (code >> 12)), byte(0x80 | ((code >> 6) & 0x3F)), byte(0x80 | (code & 0x3F));
  } else {
    byte(0xF0 | (code >> 18)), byte(0x80 | ((code >> 12) & 0x3F));
    byte(0x80 | ((code >> 6) & 0x3F)), byte(0x80 | (code & 0x3F));
  }
}

// What stands before a text's quote: r, b, u, f and what of them may be joined.
struct Prefix {
  bool raw = false, bytes = false, formatted = false;
};

class PythonLexer {
 public:
  PythonLexer(std::string_view text, const std::string& file) : text_(text) {
    out_.file = file;
    out_.lines = split(text, '\n');
  }

  PythonWords all() {
    while (at_ < text_.size()) word();
    if (!open_.empty()) throw fail("the bracket is never closed", open_.back());
    end_line();
    return std::move(out_);
  }

 private:
  char here(size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

  void step() {
    if (text_[at_] == '\n') line_++, line_start_ = at_ + 1;
    at_++;
  }

  PythonWord begin(PythonWord::Kind kind) {
    PythonWord word;
    word.kind = kind;
    word.line = line_;
    word.column = static_cast<int>(at_ - line_start_) + 1;
    word.depth = static_cast<int>(open_.size());
    if (fresh_ && open_.empty()) word.indent = indent_;
    fresh_ = fresh_ && !open_.empty();
    return word;
  }

  Error fail(const std::string& message, const PythonWord& word) const {
    return Error(ErrorCode::bad_python_model, message).with_span(out_.span_of(word));
  }

  void end_line() {
    if (!out_.words.empty() && !fresh_) {
      PythonWord word = begin(PythonWord::Kind::line_end);
      word.indent = -1;
      out_.words.push_back(std::move(word));
    }
    fresh_ = true;
    indent_ = 0;
  }

  void word() {
    const char c = here();
    if (c == '\n') {
      if (open_.empty()) end_line();
      step();
    } else if (c == ' ' || c == '\t' || c == '\r' || c == '\f') {
      if (fresh_) indent_ = c == '\t' ? (indent_ / 8 + 1) * 8 : c == ' ' ? indent_ + 1 : indent_;
      step();
    } else if (c == '#') {
      while (at_ < text_.size() && here() != '\n') step();
    } else if (c == '\\' && (here(1) == '\n' || (here(1) == '\r' && here(2) == '\n'))) {
      while (here() != '\n') step();
      step();
    } else if (const size_t quote = prefix_length(); quote != std::string_view::npos) {
      string(quote);
    } else if (starts_python_name(c)) {
      run(PythonWord::Kind::name, in_python_name);
    } else if (std::isdigit(static_cast<unsigned char>(c)) ||
               (c == '.' && std::isdigit(static_cast<unsigned char>(here(1))))) {
      number();
    } else {
      sign();
    }
  }

  template <class Belongs>
  void run(PythonWord::Kind kind, const Belongs& belongs) {
    PythonWord word = begin(kind);
    while (at_ < text_.size() && belongs(here())) word.text += here(), step();
    out_.words.push_back(std::move(word));
  }

  void number() {
    PythonWord word = begin(PythonWord::Kind::number);
    while (at_ < text_.size()) {
      const char c = here(), last = word.text.empty() ? '\0' : word.text.back();
      const bool exponent = (c == '+' || c == '-') && (last == 'e' || last == 'E') && !word.text.starts_with("0x");
      if (!in_python_name(c) && c != '.' && !exponent) break;
      if (c != '_') word.text += c;
      step();
    }
    out_.words.push_back(std::move(word));
  }

  void sign() {
    PythonWord word = begin(PythonWord::Kind::sign);
    static constexpr std::string_view longer[] = {
        "**=", "//=", ">>=", "<<=", "...", "->", ":=", "==", "!=", "<=", ">=", "**",
        "//",  ">>",  "<<",  "+=",  "-=",  "*=", "/=", "%=", "&=", "|=", "^=", "@="};
    word.text = std::string(1, here());
    for (const std::string_view known : longer)
      if (text_.substr(at_).starts_with(known)) {
        word.text = known;
        break;
      }
    for (size_t i = 0; i < word.text.size(); i++) step();
    if (word.is("(") || word.is("[") || word.is("{")) open_.push_back(word);
    if (word.is(")") || word.is("]") || word.is("}")) close(word);
    out_.words.push_back(std::move(word));
  }

  void close(PythonWord& word) {
    if (open_.empty()) throw fail("the bracket was never opened", word);
    open_.pop_back();
    word.depth--;
  }

  // Length of a text's prefix if one begins here, else npos.
  size_t prefix_length() const {
    for (size_t i = 0; i <= 2; i++) {
      const char c = here(i);
      if (c == '\'' || c == '"') return i;
      if (std::string_view("rRbBuUfFtT").find(c) == std::string_view::npos || c == '\0') break;
    }
    return std::string_view::npos;
  }

  void string(size_t prefix_length) {
    PythonWord word = begin(PythonWord::Kind::text);
    Prefix prefix;
    for (; prefix_length > 0; prefix_length--, step()) {
      const char c = static_cast<char>(std::tolower(static_cast<unsigned char>(here())));
      prefix.raw = prefix.raw || c == 'r';
      prefix.bytes = prefix.bytes || c == 'b';
      prefix.formatted = prefix.formatted || c == 'f' || c == 't';
    }
    word.formatted = prefix.formatted;
    word.bytes = prefix.bytes;
    const char quote = here();
    const bool triple = here(1) == quote && here(2) == quote;
    for (int i = 0; i < (triple ? 3 : 1); i++) step();
    const size_t place = out_.words.size();
    out_.words.push_back(word);
    for (;;) {
      if (at_ >= text_.size() || (!triple && here() == '\n')) throw fail("the text is never closed", word);
      if (here() == quote && (!triple || (here(1) == quote && here(2) == quote))) break;
      if (prefix.formatted && (here() == '{' || here() == '}') && here(1) == here()) {
        word.text += here();
        step(), step();
      } else if (prefix.formatted && here() == '{') {
        expression(word);
      } else if (here() == '\\') {
        escape(prefix.raw, word.text);
      } else {
        word.text += here();
        step();
      }
    }
    for (int i = 0; i < (triple ? 3 : 1); i++) step();
    out_.words[place].text = std::move(word.text);
  }

  // {expression!r:form} in a formatted text; the form may hold more of them.
  void expression(const PythonWord& within) {
    struct Level {
      int& depth;
      ~Level() { depth--; }
    } level{expressions_};
    if (++expressions_ > deepest) throw fail("the expressions in this text are nested too deep", within);
    sign();
    const size_t depth = open_.size();
    while (open_.size() >= depth) {
      if (at_ >= text_.size()) throw fail("the text is never closed", within);
      const bool own = open_.size() == depth;
      if (own && here() == ':' && here(1) != '=') {
        form(within);
      } else if (own && here() == '!' && here(1) != '=') {
        step();
      } else {
        word();
      }
    }
  }

  void form(const PythonWord& within) {
    while (here() != '}') {
      if (at_ >= text_.size()) throw fail("the text is never closed", within);
      if (here() == '{')
        expression(within);
      else
        step();
    }
  }

  void escape(bool raw, std::string& into) {
    const char c = here(1);
    if (at_ + 1 >= text_.size()) return step();
    if (raw) {
      into += '\\';
      into += c;
      step(), step();
      return;
    }
    step(), step();
    static constexpr std::string_view names = "\\'\"abfnrtv", values = "\\'\"\a\b\f\n\r\t\v";
    const auto hex_digits = [&](int count) {
      uint32_t code = 0;
      for (; count > 0 && std::isxdigit(static_cast<unsigned char>(here())); count--, step())
        code = code * 16 + static_cast<uint32_t>(std::stoi(std::string(1, here()), nullptr, 16));
      append_python_utf8(into, code);
    };
    if (const size_t known = names.find(c); known != std::string_view::npos) {
      into += values[known];
    } else if (c == 'x' || c == 'u' || c == 'U') {
      hex_digits(c == 'x' ? 2 : c == 'u' ? 4 : 8);
    } else if (c >= '0' && c <= '7') {
      auto code = static_cast<uint32_t>(c - '0');
      for (int i = 0; i < 2 && here() >= '0' && here() <= '7'; i++, step())
        code = code * 8 + static_cast<uint32_t>(here() - '0');
      append_python_utf8(into, code);
    } else if (c != '\n') {
      into += '\\';
      into += c;
    }
  }

  std::string_view text_;
  PythonWords out_;
  size_t at_ = 0, line_start_ = 0;
  int line_ = 1, indent_ = 0;
  bool fresh_ = true;  // no word of the statement yet
  static constexpr int deepest = 50;
  int expressions_ = 0;
  std::vector<PythonWord> open_;
};

}  // namespace

Span PythonWords::span_of(const PythonWord& word) const {
  Span span;
  span.file = file;
  span.line = word.line;
  span.column = word.column;
  span.length = word.kind == PythonWord::Kind::text ? 0 : static_cast<int>(word.text.size());
  if (static_cast<size_t>(word.line) <= lines.size()) span.line_text = lines[static_cast<size_t>(word.line) - 1];
  return span;
}

PythonWords python_words(std::string_view text, const std::string& file) { return PythonLexer(text, file).all(); }

}  // namespace weir::project
