#include "lint/parser.h"

namespace weir::lint {

bool Parser::comparison_operator() {
  const auto raws = [&](size_t count) {
    open(K::comparison_operator);
    for (; count > 0; --count) take(K::raw_comparison_operator);
    close();
    return true;
  };
  const std::string_view first = text(), second = touching(1) && token(1) == K::symbol ? text(1) : std::string_view();
  if (first == "<" && (second == ">" || second == "=")) return raws(2);
  if (first == ">" && second == "=") return raws(2);
  if (first == "!" && second == "=") return raws(2);
  if ((first == "<" && second == "<") || (first == ">" && second == ">")) {
    open(K::binary_operator);
    take(K::raw_comparison_operator);
    take(K::raw_comparison_operator);
    close();
    return true;
  }
  if (first == "=" || first == "<" || first == ">") return raws(1);
  return false;
}

bool Parser::binary_operator() {
  if (is("AND") || is("OR")) return take(K::binary_operator), true;
  const K kind = token();
  if (kind == K::like_operator || kind == K::glob_operator || kind == K::binary_operator || kind == K::json_operator ||
      kind == K::comparison_operator)
    return take(kind), true;
  if (kind != K::symbol) return false;
  const std::string_view what = text();
  if (what == "+" || what == "-" || what == "*" || what == "/" || what == "%" || what == "^")
    return take(K::binary_operator), true;
  if (what == "|" || what == "&") {
    const K part = what == "|" ? K::pipe : K::ampersand;
    open(K::binary_operator);
    take(part);
    if (what == "|" && sign("|") && touching(0)) take(part);
    close();
    return true;
  }
  return comparison_operator();
}

}  // namespace weir::lint
