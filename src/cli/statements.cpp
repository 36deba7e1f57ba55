#include "cli/statements.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/text.h"

namespace weir::cli {

namespace {

bool word_character(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '$'; }

// End of the quoted text, comment or dollar quote that starts at `at`; `at` itself if none starts there. An unclosed
// one reaches to the end and sets `open`.
size_t skip_quoted(std::string_view text, size_t at, bool& open) {
  const auto until = [&](std::string_view end, size_t from) {
    const size_t found = text.find(end, from);
    open = found == std::string_view::npos;
    return open ? text.size() : found + end.size();
  };
  const char c = text[at];
  const std::string_view two = text.substr(at, 2);
  if (two == "--") {
    const size_t end = text.find('\n', at);
    return end == std::string_view::npos ? text.size() : end;
  }
  if (two == "/*") return until("*/", at + 2);
  if (c == '\'' || c == '"') return until(std::string_view(&text[at], 1), at + 1);  // '' is two texts side by side
  if (c != '$' || (at > 0 && word_character(text[at - 1]))) return at;
  size_t end = at + 1;
  while (end < text.size() && (std::isalnum(static_cast<unsigned char>(text[end])) || text[end] == '_')) ++end;
  const bool tag = end < text.size() && text[end] == '$' &&
                   !(end > at + 1 && std::isdigit(static_cast<unsigned char>(text[at + 1])));
  return tag ? until(text.substr(at, end - at + 1), end + 1) : at;
}

bool is_comment(std::string_view text, size_t at) {
  const std::string_view two = text.substr(at, 2);
  return two == "--" || two == "/*";
}

// Words outside quotes and comments with their depth in parentheses, lower case, at most `limit`.
struct Word {
  std::string text;
  int depth = 0;
};
std::vector<Word> words_of(std::string_view text, size_t limit) {
  std::vector<Word> words;
  int depth = 0;
  bool open = false;
  for (size_t i = 0; i < text.size() && words.size() < limit;) {
    if (const size_t end = skip_quoted(text, i, open); end != i) {
      i = end;
      continue;
    }
    if (text[i] == '(') ++depth;
    if (text[i] == ')') --depth;
    if (!word_character(text[i])) {
      ++i;
      continue;
    }
    const size_t start = i;
    while (i < text.size() && word_character(text[i])) ++i;
    words.push_back({lower(text.substr(start, i - start)), depth});
  }
  return words;
}

template <size_t N>
bool among(const std::array<std::string_view, N>& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

}  // namespace

Statements split_statements(std::string_view text) {
  Statements result;
  size_t start = 0;
  bool blank = true, open = false;
  int line = 1, first_line = 1;
  const auto add = [&](size_t end) {
    const std::string_view piece = trim(text.substr(start, end - start));
    if (!blank) result.complete.push_back({std::string(piece), first_line});
  };
  for (size_t i = 0; i < text.size();) {
    const size_t end = skip_quoted(text, i, open);
    if (end != i) {
      if (!is_comment(text, i) && blank) blank = false, first_line = line;
      line += static_cast<int>(
          std::count(text.begin() + static_cast<ptrdiff_t>(i), text.begin() + static_cast<ptrdiff_t>(end), '\n'));
      if (open) blank = false;  // an unclosed comment or quote waits for more
      i = end;
      continue;
    }
    if (text[i] == ';') {
      add(i);
      start = i + 1;
      blank = true;
    } else if (text[i] == '\n') {
      ++line;
    } else if (blank && !std::isspace(static_cast<unsigned char>(text[i]))) {
      blank = false;
      first_line = line;
    }
    ++i;
  }
  result.rest = std::string(trim(text.substr(start)));
  result.rest_is_blank = blank;
  return result;
}

StatementKind kind_of(std::string_view statement) {
  static constexpr std::array<std::string_view, 4> questions = {"select", "from", "values", "table"};
  static constexpr std::array<std::string_view, 6> looks = {"show",    "describe",  "desc",
                                                            "explain", "summarize", "pragma"};
  static constexpr std::array<std::string_view, 5> changes = {"insert", "update", "delete", "merge", "create"};
  static constexpr std::array<std::string_view, 31> others = {
      "insert",   "update",  "delete",  "merge",      "create",  "drop",       "alter", "truncate",
      "copy",     "attach",  "detach",  "use",        "vacuum",  "checkpoint", "begin", "commit",
      "rollback", "abort",   "start",   "end",        "call",    "install",    "load",  "export",
      "import",   "prepare", "execute", "deallocate", "comment", "analyze",    "force"};
  const auto words = words_of(statement, 4096);
  if (words.empty()) return StatementKind::query;
  const std::string& first = words.front().text;
  if (first == "with") {
    const bool writes = std::any_of(words.begin(), words.end(),
                                    [](const Word& word) { return word.depth == 0 && among(changes, word.text); });
    return writes ? StatementKind::change : StatementKind::query;
  }
  if (among(questions, first)) return StatementKind::query;
  if (first == "set" || first == "reset") return StatementKind::look;
  if (among(looks, first)) return StatementKind::look;
  return among(others, first) ? StatementKind::change : StatementKind::unknown;
}

}  // namespace weir::cli
