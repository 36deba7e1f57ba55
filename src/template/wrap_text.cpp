// Line wrapping after Python's textwrap (tabs and blanks kept, blanks at line ends dropped).
#include <algorithm>

#include "template/builtins.h"
#include "template/failure.h"
#include "template/unicode.h"

namespace weir::tmpl {

namespace {

using Chars = std::vector<char32_t>;

bool is_blank(char32_t c) { return c == ' ' || (c >= 0x09 && c <= 0x0D); }
bool is_word(char32_t c) { return c == '_' || has_flag(c, char_word); }
bool is_letter(char32_t c) { return is_word(c) && !has_flag(c, char_decimal); }
bool is_word_or_mark(char32_t c) {
  return is_word(c) || c == '!' || c == '"' || c == '\'' || c == '&' || c == '.' || c == ',' || c == '?';
}

// Cuts a line into pieces between which it may be broken.
class Splitter {
 public:
  explicit Splitter(const Chars& line) : line_(line) {}

  std::vector<Chars> split(bool at_hyphens) {
    std::vector<Chars> pieces;
    for (size_t at = 0; at < line_.size();) {
      size_t end = is_blank(line_[at]) ? blanks_end(at) : at_hyphens ? word_end(at) : plain_end(at);
      pieces.emplace_back(line_.begin() + static_cast<std::ptrdiff_t>(at),
                          line_.begin() + static_cast<std::ptrdiff_t>(end));
      at = end;
    }
    return pieces;
  }

 private:
  size_t blanks_end(size_t at) const {
    while (at < line_.size() && is_blank(line_[at])) ++at;
    return at;
  }
  size_t plain_end(size_t at) const {
    while (at < line_.size() && !is_blank(line_[at])) ++at;
    return at;
  }
  // The end of two or more dashes at `at` that stand before a word, or `at`.
  size_t dash_end(size_t at) const {
    size_t end = at;
    while (end < line_.size() && line_[end] == '-') ++end;
    return end - at >= 2 && end < line_.size() && is_word(line_[end]) ? end : at;
  }
  bool letter(size_t at) const { return at < line_.size() && is_letter(line_[at]); }

  size_t word_end(size_t start) const {
    bool after_word = start > 0 && is_word_or_mark(line_[start - 1]);
    if (after_word)
      if (size_t end = dash_end(start); end > start) return end;
    for (size_t at = start + 1;; ++at) {
      if (at >= line_.size() || is_blank(line_[at])) return std::min(at, line_.size());
      if (is_word_or_mark(line_[at - 1]) && dash_end(at) > at) return at;
      if (line_[at] == '-' && hyphen_breaks(at)) return at + 1;
    }
  }

  // A hyphen inside a word: two letters, or letter-mark, before it and a letter pair after it.
  bool hyphen_breaks(size_t at) const {
    bool two = at >= 2 && is_letter(line_[at - 1]) && is_letter(line_[at - 2]);
    bool pair = at >= 3 && is_word_or_mark(line_[at - 1]) && line_[at - 2] == '-' && is_letter(line_[at - 3]);
    if (!two && !pair) return false;
    if (!letter(at + 1)) return false;
    return letter(at + 2) || (at + 2 < line_.size() && line_[at + 2] == '-' && letter(at + 3));
  }

  const Chars& line_;
};

bool all_blank(const Chars& piece) {
  return std::all_of(piece.begin(), piece.end(), [](char32_t c) { return has_flag(c, char_space); });
}

// Takes what fits of a piece longer than a line.
void take_part(std::vector<Chars>& pieces, Chars& line, size_t room, const WrapOptions& options) {
  Chars& piece = pieces.back();
  if (!options.break_long_words) {
    if (!line.empty()) return;
    line.insert(line.end(), piece.begin(), piece.end());
    pieces.pop_back();
    return;
  }
  size_t end = room;
  if (options.break_on_hyphens && piece.size() > room) {
    size_t hyphen = room;
    while (hyphen > 0 && piece[hyphen - 1] != '-') --hyphen;
    bool text_before = hyphen > 1 && std::any_of(piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(hyphen - 1),
                                                 [](char32_t c) { return c != '-'; });
    if (text_before) end = hyphen;
  }
  auto cut = piece.begin() + static_cast<std::ptrdiff_t>(std::min(end, piece.size()));
  line.insert(line.end(), piece.begin(), cut);
  piece.erase(piece.begin(), cut);
}

}  // namespace

std::vector<std::string> wrap_text(Evaluation& evaluation, std::string_view text, const WrapOptions& options) {
  if (options.width <= 0) value_error("invalid width " + std::to_string(options.width) + " (must be > 0)");
  auto width = static_cast<size_t>(options.width);
  Chars chars = to_chars(text);
  std::vector<Chars> pieces = Splitter(chars).split(options.break_on_hyphens);
  std::reverse(pieces.begin(), pieces.end());
  std::vector<std::string> lines;
  while (!pieces.empty()) {
    evaluation.charge_step();
    Chars line;
    if (!lines.empty() && all_blank(pieces.back())) pieces.pop_back();
    size_t last = 0;
    while (!pieces.empty() && line.size() + pieces.back().size() <= width) {
      last = pieces.back().size();
      line.insert(line.end(), pieces.back().begin(), pieces.back().end());
      pieces.pop_back();
    }
    if (!pieces.empty() && pieces.back().size() > width) {
      size_t before = line.size();
      take_part(pieces, line, width - line.size(), options);
      // Even a part of no length counts as the line's last piece.
      if (options.break_long_words || before == 0) last = line.size() - before;
    }
    Chars tail(line.end() - static_cast<std::ptrdiff_t>(last), line.end());
    if (last > 0 && all_blank(tail)) line.resize(line.size() - last);
    if (!line.empty()) lines.push_back(from_chars(line));
  }
  return lines;
}

}  // namespace weir::tmpl
