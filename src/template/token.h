// Tokens of a template and the lexer that makes them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "template/environment.h"
#include "template/value.h"

namespace weir::tmpl {

enum class TokenKind : uint8_t {
  data,
  block_begin,
  block_end,
  variable_begin,
  variable_end,
  name,
  string,
  integer,
  real,
  add,
  sub,
  mul,
  div,
  floordiv,
  mod,
  pow,
  tilde,
  lparen,
  rparen,
  lbracket,
  rbracket,
  lbrace,
  rbrace,
  eq,
  ne,
  gt,
  gteq,
  lt,
  lteq,
  assign,
  dot,
  colon,
  pipe,
  comma,
  semicolon,
  eof,
  failure  // here the text stopped being tokens; see Tokens::failure
};

// A place in a template: 1-based, the column in bytes.
struct Place {
  uint32_t line = 0, column = 0;
};

struct Token {
  TokenKind kind = TokenKind::eof;
  Place place;
  size_t begin = 0, end = 0;  // offsets in the source
  std::string text;           // of data (blanks cut as the tags ask), names and strings (unescaped)
  Value number;               // of integer and real
};

// "name" for kinds with a value, the sign itself for operators: as messages show a token that is expected.
std::string_view describe(TokenKind kind);
// A token that was found: names and signs by themselves.
std::string describe(const Token& token);

struct Tokens {
  std::vector<Token> list;  // the last one is eof or failure
  std::optional<Error>
      failure;  // what is wrong there: thrown when parsing comes to it, since an earlier mistake goes first
};

// `source` has \n as its only line end. With dbt's blocks the body of {% docs %} comes as one data token.
Tokens tokenize(std::string_view source, const EnvironmentOptions& options, const std::string& name, int first_line);

// \r\n and \r become \n.
std::string normalize_newlines(std::string_view text);
// The place of a byte offset.
Place place_of(std::string_view source, size_t offset, int first_line);
// A span for errors, with the line's text.
Span span_at(std::string_view source, const std::string& name, Place place, int first_line);
[[noreturn]] void syntax_error(std::string message, Span span, ErrorCode code = ErrorCode::template_syntax);

}  // namespace weir::tmpl
