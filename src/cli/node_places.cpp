#include "cli/node_places.h"

#include <algorithm>
#include <cctype>

#include "base/text.h"

namespace weir::cli {

std::pair<int, int> line_and_column(const std::string& text, size_t offset) {
  offset = std::min(offset, text.size());
  const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(offset), '\n');
  const size_t start = offset == 0 ? std::string::npos : text.rfind('\n', offset - 1);
  return {static_cast<int>(line), static_cast<int>(offset - (start == std::string::npos ? 0 : start + 1)) + 1};
}

std::string line_at(const std::string& text, int line) {
  const auto lines = split(text, '\n');
  return line >= 1 && static_cast<size_t>(line) <= lines.size() ? lines[static_cast<size_t>(line - 1)] : "";
}

Span place_of(const project::Node& node) {
  Span span = node.span;
  if (span.file.empty()) span.file = node.file;
  return span;
}

Span place_of_key(const project::Node& node, const std::string& key) {
  Span span;
  span.file = place_of(node).file;
  const size_t at = node.raw.find(key);
  if (at == std::string::npos || !node.sql) return span;
  const auto [line, column] = line_and_column(node.raw, at);
  span.line = line + std::max(node.span.line, 1) - 1;
  span.column = column;
  return span;
}

Span place_of_word(const project::Node& node, const std::string& word) {
  Span span;
  span.file = place_of(node).file;
  if (!node.sql || word.empty()) return span;
  const std::string text = lower(node.raw);
  const auto is_of_word = [&](size_t at) {
    return at < text.size() && (std::isalnum(static_cast<unsigned char>(text[at])) || text[at] == '_');
  };
  for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
    if ((at > 0 && is_of_word(at - 1)) || is_of_word(at + word.size())) continue;
    const auto [line, column] = line_and_column(node.raw, at);
    span.line = line + std::max(node.span.line, 1) - 1;
    span.column = column;
    return span;
  }
  return span;
}

std::string shortened(const std::string& text) {
  constexpr size_t most = 120;
  if (text.size() <= most) return text;
  size_t end = most;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) end--;  // not within a character
  return text.substr(0, end) + " ...";
}

}  // namespace weir::cli
