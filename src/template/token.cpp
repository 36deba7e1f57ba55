#include "template/token.h"

#include <algorithm>

namespace weir::tmpl {

std::string_view describe(TokenKind kind) {
  switch (kind) {
    case TokenKind::data:
      return "template data / text";
    case TokenKind::block_begin:
      return "begin of statement block";
    case TokenKind::block_end:
      return "end of statement block";
    case TokenKind::variable_begin:
      return "begin of print statement";
    case TokenKind::variable_end:
      return "end of print statement";
    case TokenKind::name:
      return "name";
    case TokenKind::string:
      return "string";
    case TokenKind::integer:
      return "integer";
    case TokenKind::real:
      return "float";
    case TokenKind::eof:
    case TokenKind::failure:
      return "end of template";
    default:
      break;
  }
  static constexpr std::string_view kSigns[] = {"+", "-",  "*",  "/", "//", "%", "**", "~", "(", ")", "[", "]", "{",
                                                "}", "==", "!=", ">", ">=", "<", "<=", "=", ".", ":", "|", ",", ";"};
  return kSigns[static_cast<size_t>(kind) - static_cast<size_t>(TokenKind::add)];
}

std::string describe(const Token& token) {
  return token.kind == TokenKind::name ? token.text : std::string(describe(token.kind));
}

std::string normalize_newlines(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\r') {
      out.push_back(text[i]);
      continue;
    }
    out.push_back('\n');
    if (i + 1 < text.size() && text[i + 1] == '\n') ++i;
  }
  return out;
}

Place place_of(std::string_view source, size_t offset, int first_line) {
  std::string_view before = source.substr(0, offset);
  auto lines = static_cast<uint32_t>(std::count(before.begin(), before.end(), '\n'));
  size_t line_start = before.rfind('\n');
  size_t column = line_start == std::string_view::npos ? offset : offset - line_start - 1;
  return {static_cast<uint32_t>(first_line) + lines, static_cast<uint32_t>(column + 1)};
}

Span span_at(std::string_view source, const std::string& name, Place place, int first_line) {
  size_t start = 0;
  for (uint32_t line = static_cast<uint32_t>(first_line); line < place.line; ++line) {
    size_t end = source.find('\n', start);
    if (end == std::string_view::npos) break;
    start = end + 1;
  }
  std::string_view line = source.substr(start, source.find('\n', start) - start);
  Span span;
  span.file = name;
  span.line = static_cast<int>(place.line);
  span.column = static_cast<int>(place.column);
  span.line_text = std::string(line.substr(0, 400));
  return span;
}

void syntax_error(std::string message, Span span, ErrorCode code) {
  throw Error(code, std::move(message)).with_span(std::move(span));
}

}  // namespace weir::tmpl
