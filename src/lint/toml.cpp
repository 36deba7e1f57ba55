#include "lint/toml.h"

#include <algorithm>
#include <cstdint>

#include "base/error.h"
#include "base/text.h"

namespace weir::lint {

namespace {

bool is_key_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

void append_utf8(std::string& out, uint32_t code) {
  const auto tail = [&](int shift) { out += static_cast<char>(0x80 | ((code >> shift) & 0x3F)); };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | (code >> 6));
    tail(0);
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | (code >> 12));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xF0 | (code >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

class TomlReader {
 public:
  TomlReader(std::string_view text, const std::string& label) : text_(text), label_(label) {
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
  }

  std::vector<TomlEntry> read() {
    while (skip_lines(), at_ < text_.size()) {
      if (peek() == '[')
        table();
      else
        key_value(table_);
      skip_blanks();
      comment();
      if (at_ < text_.size() && !newline()) refuse("something stands behind the value", "Begin a new line there.");
    }
    return std::move(entries_);
  }

 private:
  using Path = std::vector<std::string>;

  char peek(size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  bool begins(std::string_view word) const { return text_.substr(at_).starts_with(word); }

  [[noreturn]] void refuse(const std::string& what, const std::string& hint) const {
    const std::string_view before = text_.substr(0, at_);
    const size_t start = before.rfind('\n') + 1;  // npos + 1: the first line
    throw Error(ErrorCode::bad_lint_config, "this is no TOML: " + what, hint)
        .with_span({label_, line(), static_cast<int>(at_ - start) + 1, 0, ""});
  }
  int line() const {
    return static_cast<int>(std::count(text_.begin(), text_.begin() + static_cast<int64_t>(at_), '\n')) + 1;
  }

  void skip_blanks() {
    while (peek() == ' ' || peek() == '\t') ++at_;
  }
  void comment() {
    if (peek() == '#') at_ = std::min(text_.find('\n', at_), text_.size());
    if (at_ > 0 && at_ < text_.size() && text_[at_ - 1] == '\r') --at_;
  }
  bool newline() {
    const size_t length = begins("\r\n") ? 2 : peek() == '\n' ? 1 : 0;
    at_ += length;
    return length > 0;
  }
  void skip_lines() {
    do {
      skip_blanks();
      comment();
    } while (newline());
  }

  void table() {
    const bool of_list = begins("[[");
    at_ += of_list ? 2 : 1;
    table_ = key();
    if (!begins(of_list ? "]]" : "]"))
      refuse("the table's name is not closed", "Write [name], or [[name]] for a list.");
    at_ += of_list ? 2 : 1;
  }

  Path key() {
    Path path;
    do {
      if (!path.empty()) ++at_;
      skip_blanks();
      if (peek() == '"' || peek() == '\'') {
        path.push_back(text());
      } else {
        const size_t start = at_;
        while (is_key_character(peek())) ++at_;
        if (at_ == start) refuse("a name is missing", "Write `name = value`; a name with other signs in quotes.");
        path.emplace_back(text_.substr(start, at_ - start));
      }
      skip_blanks();
    } while (peek() == '.');
    return path;
  }

  void key_value(const Path& table) {
    TomlEntry entry;
    entry.line = line();
    entry.path = table;
    for (std::string& part : key()) entry.path.push_back(std::move(part));
    if (peek() != '=') refuse("the line is no `name = value`", "Write `name = value`.");
    ++at_;
    skip_blanks();
    if (peek() == '{') return inline_table(entry.path);
    if (peek() == '[')
      list(entry.values);
    else
      entry.values.push_back(scalar());
    entries_.push_back(std::move(entry));
  }

  void inline_table(const Path& path) {
    const Nested nested(*this);
    ++at_;
    skip_blanks();
    while (peek() != '}') {
      key_value(path);
      skip_blanks();
      if (peek() != '}' && peek() != ',')
        refuse("an inline table is not closed", "Close it with '}' on the same line.");
      if (peek() == ',') ++at_;
      skip_blanks();
    }
    ++at_;
  }

  // Lists in lists give their members; inline tables in lists have no name and are read past.
  void list(std::vector<std::string>& values) {
    const Nested nested(*this);
    ++at_;
    while (skip_lines(), peek() != ']') {
      if (peek() == '[') {
        list(values);
      } else if (peek() == '{') {
        const size_t kept = entries_.size();
        inline_table({});
        entries_.resize(kept);
      } else {
        values.push_back(scalar());
      }
      skip_lines();
      if (peek() != ']' && peek() != ',')
        refuse("a list is not closed", "Write ',' between its members and ']' behind.");
      if (peek() == ',') ++at_;
    }
    ++at_;
  }

  std::string scalar() {
    if (peek() == '"' || peek() == '\'') return text();
    const size_t start = at_;
    while (is_key_character(peek()) || peek() == '+' || peek() == '.' || peek() == ':' ||
           (peek() == ' ' && at_ - start == 10 && hex_digit(peek(1)) >= 0))  // 1979-05-27 07:32:00
      ++at_;
    if (at_ == start) refuse("a value is missing", "Write texts in quotes.");
    return std::string(text_.substr(start, at_ - start));
  }

  std::string text() {
    const char quote = peek();
    const std::string triple(3, quote);
    const bool lines = begins(triple);
    at_ += lines ? 3 : 1;
    if (lines) newline();
    std::string out;
    while (true) {
      if (at_ >= text_.size() || (!lines && peek() == '\n')) refuse("a text is not closed", "Close it with its quote.");
      if (lines ? begins(triple) : peek() == quote) break;
      if (quote == '"' && peek() == '\\')
        escape(out, lines);
      else
        out += text_[at_++];
    }
    at_ += lines ? 3 : 1;
    // Up to two quotes in front of the closing ones are text.
    for (int i = 0; lines && i < 2 && peek() == quote; ++i, ++at_) out += quote;
    return out;
  }

  void escape(std::string& out, bool lines) {
    constexpr std::string_view names = "btnfre\"\\", values = "\b\t\n\f\r\x1B\"\\";
    const char what = peek(1);
    at_ += 2;
    if (const size_t found = names.find(what); found != std::string_view::npos) {
      out += values[found];
    } else if (what == 'u' || what == 'U') {
      uint32_t code = 0;
      for (int i = what == 'u' ? 4 : 8; i > 0; --i, ++at_) {
        if (hex_digit(peek()) < 0) refuse("an escape is not complete", "Write \\uXXXX or \\UXXXXXXXX.");
        code = code * 16 + static_cast<uint32_t>(hex_digit(peek()));
      }
      if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) refuse("an escape is no character", "Mend its number.");
      append_utf8(out, code);
    } else if (lines && (what == '\n' || what == ' ' || what == '\t' || what == '\r')) {
      while (peek() == '\n' || peek() == ' ' || peek() == '\t' || peek() == '\r') ++at_;
    } else {
      --at_;
      refuse("there is no such escape", "Write the text in single quotes, or two backslashes for one.");
    }
  }

  struct Nested {
    explicit Nested(TomlReader& reader) : reader(reader) {
      if (++reader.depth_ > 100) reader.refuse("lists or tables are nested too deep", "Nest them less than 100 deep.");
    }
    ~Nested() { --reader.depth_; }
    TomlReader& reader;
  };

  std::string_view text_;
  const std::string& label_;
  size_t at_ = 0;
  int depth_ = 0;
  Path table_;
  std::vector<TomlEntry> entries_;
};

}  // namespace

std::vector<TomlEntry> read_toml_entries(std::string_view text, const std::string& label) {
  return TomlReader(text, label).read();
}

}  // namespace weir::lint
