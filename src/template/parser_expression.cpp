// Expressions by precedence, from conditions down to literals; targets of assignments.
#include <algorithm>

#include "template/failure.h"
#include "template/parser.h"

namespace weir::tmpl {

namespace {

// Deeper trees come from long chains like a.b.c or 1+1+1; the limit keeps evaluation within the stack.
constexpr int kMaxDepth = 600;

std::string_view class_name(const Expr& expr) {
  if (dynamic_cast<const Const*>(&expr)) return "const";
  if (const auto* sequence = dynamic_cast<const Sequence*>(&expr)) return sequence->tuple ? "tuple" : "list";
  if (dynamic_cast<const DictDisplay*>(&expr)) return "dict";
  return "expression";
}

bool can_assign(const Expr& expr) {
  if (dynamic_cast<const Name*>(&expr) || dynamic_cast<const NamespaceRef*>(&expr)) return true;
  const auto* sequence = dynamic_cast<const Sequence*>(&expr);
  return sequence && sequence->tuple &&
         std::all_of(sequence->items.begin(), sequence->items.end(),
                     [](const ExprPtr& item) { return can_assign(*item); });
}

}  // namespace

ExprPtr Parser::finish(ExprPtr node) {
  int depth = 0;
  node->children([&](Node& child) { depth = std::max(depth, static_cast<int>(static_cast<Expr&>(child).depth)); });
  if (depth >= kMaxDepth)
    fail("the expression is too long or nested too deeply", node->place, ErrorCode::template_limit);
  node->depth = static_cast<uint16_t>(depth + 1);
  return node;
}

ExprPtr Parser::expression(bool with_condition) { return with_condition ? conditional() : logical_or(); }

ExprPtr Parser::conditional() {
  Nesting nesting(*this);
  Place place = current().place;
  ExprPtr value = logical_or();
  while (skip_name("if")) {
    auto node = node_at<Conditional>(place);
    node->test = logical_or();
    node->value = std::move(value);
    if (skip_name("else")) node->otherwise = conditional();
    value = finish(std::move(node));
    place = current().place;
  }
  return value;
}

ExprPtr Parser::logical_or() {
  Place place = current().place;
  ExprPtr left = logical_and();
  while (skip_name("or")) {
    auto node = node_at<Logic>(place);
    node->is_and = false;
    node->left = std::move(left);
    node->right = logical_and();
    left = finish(std::move(node));
    place = current().place;
  }
  return left;
}

ExprPtr Parser::logical_and() {
  Place place = current().place;
  ExprPtr left = negation();
  while (skip_name("and")) {
    auto node = node_at<Logic>(place);
    node->left = std::move(left);
    node->right = negation();
    left = finish(std::move(node));
    place = current().place;
  }
  return left;
}

ExprPtr Parser::negation() {
  if (!at_name("not")) return comparison();
  Nesting nesting(*this);
  auto node = node_at<Unary>(current().place);
  advance();
  node->operand = negation();
  return finish(std::move(node));
}

ExprPtr Parser::comparison() {
  Place place = current().place;
  ExprPtr first = sum();
  std::unique_ptr<Compare> node;
  for (;;) {
    Compare::Op op = Compare::Op::eq;
    switch (current().kind) {
      case TokenKind::eq:
        break;
      case TokenKind::ne:
        op = Compare::Op::ne;
        break;
      case TokenKind::lt:
        op = Compare::Op::lt;
        break;
      case TokenKind::lteq:
        op = Compare::Op::lteq;
        break;
      case TokenKind::gt:
        op = Compare::Op::gt;
        break;
      case TokenKind::gteq:
        op = Compare::Op::gteq;
        break;
      default:
        if (at_name("in")) {
          op = Compare::Op::in;
        } else if (at_name("not") && look().kind == TokenKind::name && look().text == "in") {
          op = Compare::Op::not_in;
          advance();
        } else {
          return node ? finish(std::move(node)) : std::move(first);
        }
    }
    advance();
    if (!node) {
      node = node_at<Compare>(place);
      node->first = std::move(first);
    }
    node->rest.emplace_back(op, sum());
  }
}

ExprPtr Parser::sum() {
  Place place = current().place;
  ExprPtr left = concatenation();
  while (at(TokenKind::add) || at(TokenKind::sub)) {
    auto node = node_at<Binary>(place);
    node->op = at(TokenKind::add) ? BinaryOp::add : BinaryOp::subtract;
    advance();
    node->left = std::move(left);
    node->right = concatenation();
    left = finish(std::move(node));
    place = current().place;
  }
  return left;
}

ExprPtr Parser::concatenation() {
  Place place = current().place;
  ExprPtr first = product();
  if (!at(TokenKind::tilde)) return first;
  auto node = node_at<Concat>(place);
  node->parts.push_back(std::move(first));
  while (skip(TokenKind::tilde)) node->parts.push_back(product());
  return finish(std::move(node));
}

ExprPtr Parser::product() {
  Place place = current().place;
  ExprPtr left = power();
  for (;;) {
    BinaryOp op = BinaryOp::multiply;
    if (at(TokenKind::div))
      op = BinaryOp::divide;
    else if (at(TokenKind::floordiv))
      op = BinaryOp::floor_divide;
    else if (at(TokenKind::mod))
      op = BinaryOp::modulo;
    else if (!at(TokenKind::mul))
      return left;
    advance();
    auto node = node_at<Binary>(place);
    node->op = op;
    node->left = std::move(left);
    node->right = power();
    left = finish(std::move(node));
    place = current().place;
  }
}

ExprPtr Parser::power() {
  Place place = current().place;
  ExprPtr left = unary();
  while (skip(TokenKind::pow)) {
    auto node = node_at<Binary>(place);
    node->op = BinaryOp::power;
    node->left = std::move(left);
    node->right = unary();
    left = finish(std::move(node));
    place = current().place;
  }
  return left;
}

ExprPtr Parser::unary(bool with_filter) {
  ExprPtr node;
  if (at(TokenKind::sub) || at(TokenKind::add)) {
    Nesting nesting(*this);
    auto sign = node_at<Unary>(current().place);
    sign->op = at(TokenKind::sub) ? Unary::Op::negative : Unary::Op::positive;
    advance();
    sign->operand = unary(false);
    node = finish(std::move(sign));
  } else {
    node = primary();
  }
  node = postfix(std::move(node));
  return with_filter ? filter_expression(std::move(node)) : std::move(node);
}

ExprPtr Parser::primary(bool with_namespace) {
  Token token = current();
  auto constant = [&](Value value) {
    auto node = node_at<Const>(token.place);
    node->value = std::move(value);
    return node;
  };
  switch (token.kind) {
    case TokenKind::name: {
      advance();
      if (token.text == "true" || token.text == "True") return constant(true);
      if (token.text == "false" || token.text == "False") return constant(false);
      if (token.text == "none" || token.text == "None") return constant(Value());
      if (with_namespace && skip(TokenKind::dot)) {
        auto node = node_at<NamespaceRef>(token.place);
        node->name = token.text;
        node->attribute = expect(TokenKind::name).text;
        return node;
      }
      auto node = node_at<Name>(token.place);
      node->name = token.text;
      return node;
    }
    case TokenKind::string: {
      std::string text;
      while (at(TokenKind::string)) text += advance().text;
      return constant(std::move(text));
    }
    case TokenKind::integer:
    case TokenKind::real:
      advance();
      return constant(token.number);
    case TokenKind::lparen: {
      Nesting nesting(*this);
      advance();
      TupleRules rules;
      rules.parenthesized = true;
      ExprPtr node = tuple(rules);
      expect(TokenKind::rparen);
      return node;
    }
    case TokenKind::lbracket:
      return list_display();
    case TokenKind::lbrace:
      return dict_display();
    default:
      fail("unexpected " + in_quotes(tmpl::describe(token)), token.place);
  }
}

ExprPtr Parser::tuple(const TupleRules& rules) {
  Place place = current().place;
  ExprList items;
  bool is_tuple = false;
  for (;;) {
    if (!items.empty()) expect(TokenKind::comma);
    if (at(TokenKind::variable_end) || at(TokenKind::block_end) || at(TokenKind::rparen) ||
        (!rules.end_name.empty() && at_name(rules.end_name)))
      break;
    items.push_back(rules.simplified ? primary(rules.with_namespace) : expression(rules.with_condition));
    if (!at(TokenKind::comma)) break;
    is_tuple = true;
    place = current().place;
  }
  if (!is_tuple) {
    if (!items.empty()) return std::move(items[0]);
    if (!rules.parenthesized)
      fail("Expected an expression, got " + in_quotes(tmpl::describe(current())), current().place);
  }
  auto node = node_at<Sequence>(place);
  node->tuple = true;
  node->items = std::move(items);
  return finish(std::move(node));
}

ExprPtr Parser::list_display() {
  Nesting nesting(*this);
  auto node = node_at<Sequence>(expect(TokenKind::lbracket).place);
  while (!at(TokenKind::rbracket)) {
    if (!node->items.empty()) expect(TokenKind::comma);
    if (at(TokenKind::rbracket)) break;
    node->items.push_back(expression());
  }
  expect(TokenKind::rbracket);
  return finish(std::move(node));
}

ExprPtr Parser::dict_display() {
  Nesting nesting(*this);
  auto node = node_at<DictDisplay>(expect(TokenKind::lbrace).place);
  while (!at(TokenKind::rbrace)) {
    if (!node->items.empty()) expect(TokenKind::comma);
    if (at(TokenKind::rbrace)) break;
    ExprPtr key = expression();
    expect(TokenKind::colon);
    node->items.emplace_back(std::move(key), expression());
  }
  expect(TokenKind::rbrace);
  return finish(std::move(node));
}

void Parser::to_target(Expr& expr, Name::Use use) {
  if (auto* name = dynamic_cast<Name*>(&expr)) name->use = use;
  if (auto* sequence = dynamic_cast<Sequence*>(&expr))
    for (ExprPtr& item : sequence->items) to_target(*item, use);
}

ExprPtr Parser::assign_target(bool with_namespace, std::string_view end_name, Name::Use use) {
  TupleRules rules;
  rules.simplified = true;
  rules.with_namespace = with_namespace;
  rules.end_name = end_name;
  ExprPtr target = tuple(rules);
  if (!can_assign(*target)) fail("can't assign to " + in_quotes(class_name(*target)), target->place);
  to_target(*target, use);
  return target;
}

std::unique_ptr<Name> Parser::name_target() {
  const Token& token = expect(TokenKind::name);
  static constexpr std::string_view kConstants[] = {"true", "false", "none", "True", "False", "None"};
  if (std::find(std::begin(kConstants), std::end(kConstants), token.text) != std::end(kConstants))
    fail("can't assign to 'name'", token.place);
  auto node = node_at<Name>(token.place);
  node->name = token.text;
  node->use = Name::Use::store;
  return node;
}

}  // namespace weir::tmpl
