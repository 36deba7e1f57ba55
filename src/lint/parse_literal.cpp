// Lists, structs, maps, CASE and lambdas.
#include "lint/parser.h"

namespace weir::lint {

bool Parser::square_list(K kind) {
  if (!sign("[")) return false;
  return attempt([&] {
    open(kind);
    take(K::start_square_bracket);
    indent(Lean::tail);
    if (!sign("]") && !list([&] { return base_element(); }, duckdb_)) return false;
    if (!sign("]")) return false;
    dedent(Lean::lead);
    take(K::end_square_bracket);
    close();
    return true;
  });
}

bool Parser::object_literal() {
  return attempt([&] {
    open(K::object_literal);
    take(K::start_curly_bracket);
    indent(Lean::tail);
    const auto element = [&] {
      open(K::object_literal_element);
      if (token() == K::single_quote)
        take(K::quoted_literal);
      else if (!name())
        return false;
      if (!take_sign(":", K::colon) || !base_element()) return false;
      close();
      return true;
    };
    if (!sign("}") && !list([&] { return attempt(element); }, duckdb_)) return false;
    if (!sign("}")) return false;
    dedent(Lean::lead);
    take(K::end_curly_bracket);
    close();
    return true;
  });
}

bool Parser::map_literal() {
  return attempt([&] {
    open(K::map_literal);
    take_as_keyword();
    take(K::start_curly_bracket);
    indent(Lean::tail);
    const auto element = [&] {
      open(K::map_literal_element);
      if (!base_element() || !take_sign(":", K::colon) || !base_element()) return false;
      close();
      return true;
    };
    if (!sign("}") && !list([&] { return attempt(element); }, true)) return false;
    if (!sign("}")) return false;
    dedent(Lean::lead);
    take(K::end_curly_bracket);
    close();
    return true;
  });
}

bool Parser::case_expression() {
  return attempt([&] {
    open(K::case_expression);
    if (!keyword("CASE")) return false;
    if (!is("WHEN") && !is("ELSE") && !is("END") && !expression()) return false;
    implicit_indent();
    while (is("WHEN")) {
      open(K::when_clause);
      take_as_keyword();
      implicit_indent(Lean::lead);
      if (!expression()) return false;
      dedent(Lean::tail);
      if (options_.indented_then) indent();
      if (!keyword("THEN")) return false;
      if (options_.indented_then_contents) implicit_indent();
      if (!expression()) return false;
      if (options_.indented_then_contents) dedent();
      if (options_.indented_then) dedent();
      close();
    }
    if (is("ELSE")) {
      open(K::else_clause);
      take_as_keyword();
      implicit_indent();
      if (!expression()) return false;
      dedent();
      close();
    }
    dedent();
    if (!keyword("END")) return false;
    close();
    return true;
  });
}

bool Parser::lambda() {
  if (is("LAMBDA"))
    return attempt([&] {
      open(K::lambda_function);
      take_as_keyword();
      const auto parameter = [&] { return is_name() ? (take(K::parameter), true) : false; };
      if (sign("(") ? !bracketed([&] { return list(parameter); }) : !list(parameter)) return false;
      if (!take_sign(":", K::colon) || !expression()) return false;
      close();
      return true;
    });
  const bool single = token() == K::word && text(1) == "->";
  if (!single && !sign("(")) return false;
  return attempt([&] {
    open(K::lambda_function);
    const auto parameter = [&] { return token() == K::word ? (take(K::parameter), true) : false; };
    if (single)
      parameter();
    else if (!bracketed([&] { return list(parameter); }))
      return false;
    if (text() != "->") return false;
    take(K::lambda_arrow);
    if (!expression()) return false;
    close();
    return true;
  });
}

}  // namespace weir::lint
