// What may follow an operand: attributes, subscripts, calls, filters and tests.
#include "template/failure.h"
#include "template/parser.h"

namespace weir::tmpl {

ExprPtr Parser::postfix(ExprPtr node) {
  for (;;) {
    if (at(TokenKind::dot) || at(TokenKind::lbracket))
      node = subscript(std::move(node));
    else if (at(TokenKind::lparen))
      node = call(std::move(node));
    else
      return node;
  }
}

ExprPtr Parser::filter_expression(ExprPtr node) {
  for (;;) {
    if (at(TokenKind::pipe))
      node = filter(std::move(node));
    else if (at_name("is"))
      node = test(std::move(node));
    else if (at(TokenKind::lparen))
      node = call(std::move(node));
    else
      return node;
  }
}

ExprPtr Parser::subscript(ExprPtr object) {
  Nesting nesting(*this);
  Token token = advance();
  if (token.kind == TokenKind::dot) {
    Token member = advance();
    if (member.kind == TokenKind::name) {
      auto node = node_at<GetAttr>(token.place);
      node->object = std::move(object);
      node->name = member.text;
      return finish(std::move(node));
    }
    if (member.kind != TokenKind::integer) fail("expected name or number", member.place);
    auto node = node_at<GetItem>(token.place);
    auto key = node_at<Const>(member.place);
    key->value = member.number;
    node->object = std::move(object);
    node->key = std::move(key);
    return finish(std::move(node));
  }
  ExprList parts;
  while (!at(TokenKind::rbracket)) {
    if (!parts.empty()) expect(TokenKind::comma);
    parts.push_back(subscript_part());
  }
  expect(TokenKind::rbracket);
  auto node = node_at<GetItem>(token.place);
  node->object = std::move(object);
  if (parts.size() == 1) {
    node->key = std::move(parts[0]);
  } else {
    auto key = node_at<Sequence>(token.place);
    key->tuple = true;
    key->items = std::move(parts);
    node->key = finish(std::move(key));
  }
  return finish(std::move(node));
}

ExprPtr Parser::subscript_part() {
  Place place = current().place;
  ExprPtr start;
  if (!at(TokenKind::colon)) {
    start = expression();
    if (!at(TokenKind::colon)) return start;
  }
  advance();
  auto node = node_at<Slice>(place);
  node->start = std::move(start);
  auto absent = [&] { return at(TokenKind::rbracket) || at(TokenKind::comma); };
  if (!at(TokenKind::colon) && !absent()) node->stop = expression();
  if (skip(TokenKind::colon) && !absent()) node->step = expression();
  return finish(std::move(node));
}

ExprPtr Parser::call(ExprPtr callee) {
  auto node = node_at<Call>(current().place);
  node->callee = std::move(callee);
  node->args = call_arguments();
  return finish(std::move(node));
}

CallArgs Parser::call_arguments() {
  Nesting nesting(*this);
  CallArgs args;
  Place place = expect(TokenKind::lparen).place;
  auto ensure = [&](bool ok) {
    if (!ok) fail("invalid syntax for function call expression", place);
  };
  bool first = true;
  while (!at(TokenKind::rparen)) {
    if (!std::exchange(first, false)) {
      expect(TokenKind::comma);
      if (at(TokenKind::rparen)) break;
    }
    if (skip(TokenKind::mul)) {
      ensure(!args.star && !args.star_star);
      args.star = expression();
    } else if (skip(TokenKind::pow)) {
      ensure(!args.star_star);
      args.star_star = expression();
    } else if (at(TokenKind::name) && look().kind == TokenKind::assign) {
      ensure(!args.star_star);
      Token key = advance();
      advance();
      for (const auto& [name, value] : args.named)
        if (name == key.text) fail_late("keyword argument repeated: " + key.text, key.place);
      args.named.emplace_back(key.text, expression());
    } else {
      ensure(!args.star && !args.star_star && args.named.empty());
      args.positional.push_back(expression());
    }
  }
  expect(TokenKind::rparen);
  return args;
}

ExprPtr Parser::filter(ExprPtr node, bool inline_start) {
  while (at(TokenKind::pipe) || inline_start) {
    if (!std::exchange(inline_start, false)) advance();
    Token token = expect(TokenKind::name);
    std::string name = token.text;
    while (skip(TokenKind::dot)) name += "." + expect(TokenKind::name).text;
    auto call = node_at<FilterCall>(token.place);
    call->name = std::move(name);
    call->input = std::move(node);
    if (at(TokenKind::lparen)) call->args = call_arguments();
    node = finish(std::move(call));
  }
  return node;
}

ExprPtr Parser::test(ExprPtr input) {
  Token token = advance();
  bool negated = skip_name("not");
  auto node = node_at<TestCall>(token.place);
  node->input = std::move(input);
  node->name = expect(TokenKind::name).text;
  while (skip(TokenKind::dot)) node->name += "." + expect(TokenKind::name).text;
  bool argument = at(TokenKind::string) || at(TokenKind::integer) || at(TokenKind::real) || at(TokenKind::lbracket) ||
                  at(TokenKind::lbrace) ||
                  (at(TokenKind::name) && !at_name("else") && !at_name("or") && !at_name("and"));
  if (at(TokenKind::lparen)) {
    node->args = call_arguments();
  } else if (argument) {
    if (at_name("is")) fail("You cannot chain multiple tests with is", current().place);
    node->args.positional.push_back(postfix(primary()));
  }
  ExprPtr result = finish(std::move(node));
  if (!negated) return result;
  auto inverse = node_at<Unary>(token.place);
  inverse->operand = std::move(result);
  return finish(std::move(inverse));
}

}  // namespace weir::tmpl
