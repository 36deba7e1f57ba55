#include <algorithm>

#include "template/failure.h"
#include "template/parser.h"
#include "template/unicode.h"

namespace weir::tmpl {

namespace {

// A second copy of an assignment target.
ExprPtr twin(const Expr& target) {
  if (const auto* name = dynamic_cast<const Name*>(&target)) {
    auto copy = std::make_unique<Name>();
    copy->place = name->place;
    copy->name = name->name;
    copy->use = name->use;
    return copy;
  }
  const auto& sequence = static_cast<const Sequence&>(target);
  auto copy = std::make_unique<Sequence>();
  copy->place = sequence.place;
  copy->tuple = true;
  for (const ExprPtr& item : sequence.items) copy->items.push_back(twin(*item));
  return copy;
}

}  // namespace

StmtPtr Parser::parse_set() {
  advance();
  ExprPtr target = assign_target(true);
  if (skip(TokenKind::assign)) {
    auto node = std::make_unique<Assign>();
    node->target = std::move(target);
    node->value = tuple({});
    return node;
  }
  auto node = std::make_unique<AssignBlock>();
  node->target = std::move(target);
  if (at(TokenKind::pipe)) node->filter = filter(std::make_unique<BlockText>());
  node->body = body_until({"endset"}, true);
  return node;
}

StmtPtr Parser::parse_for() {
  auto node = std::make_unique<For>();
  expect_name("for");
  node->target = assign_target(false, "in");
  expect_name("in");
  TupleRules rules;
  rules.with_condition = false;
  rules.end_name = "recursive";
  node->iterable = tuple(rules);
  if (skip_name("if")) {
    node->test = expression();
    node->test_target = twin(*node->target);
  }
  node->recursive = skip_name("recursive");
  node->body = body_until({"endfor", "else"});
  if (advance().text != "endfor") node->otherwise = body_until({"endfor"}, true);
  return node;
}

StmtPtr Parser::parse_if() {
  auto node = std::make_unique<If>();
  expect_name("if");
  TupleRules rules;
  rules.with_condition = false;
  for (;;) {
    If::Branch branch;
    branch.test = tuple(rules);
    branch.body = body_until({"elif", "else", "endif"});
    node->branches.push_back(std::move(branch));
    const Token& end = advance();
    if (end.text == "elif") continue;
    if (end.text == "else") node->otherwise = body_until({"endif"}, true);
    return node;
  }
}

StmtPtr Parser::parse_with() {
  auto node = std::make_unique<With>();
  advance();
  while (!at(TokenKind::block_end)) {
    if (!node->targets.empty()) expect(TokenKind::comma);
    node->targets.push_back(assign_target(false, {}, Name::Use::parameter));
    expect(TokenKind::assign);
    node->values.push_back(expression());
  }
  node->body = body_until({"endwith"}, true);
  return node;
}

StmtPtr Parser::parse_autoescape() {
  auto node = std::make_unique<Scope>();
  advance();
  node->autoescape = expression();
  node->body = body_until({"endautoescape"}, true);
  return node;
}

StmtPtr Parser::parse_block() {
  auto node = std::make_unique<BlockStmt>();
  advance();
  node->name = expect(TokenKind::name).text;
  node->scoped = skip_name("scoped");
  node->required = skip_name("required");
  if (at(TokenKind::sub))
    fail(
        "Block names in Jinja have to be valid Python identifiers and may not contain hyphens, use an underscore "
        "instead.",
        current().place);
  node->body = body_until({"endblock"}, true);
  auto is_blank = [](const StmtPtr& statement) {
    const auto* output = dynamic_cast<const Output*>(statement.get());
    return output && std::all_of(output->parts.begin(), output->parts.end(), [](const Output::Part& part) {
             return !part.value && strip_spaces(part.text).empty();
           });
  };
  if (node->required && !std::all_of(node->body.begin(), node->body.end(), is_blank))
    fail("Required blocks can only contain comments or whitespace", current().place);
  skip_name(node->name);
  return node;
}

StmtPtr Parser::parse_extends() {
  auto node = std::make_unique<Extends>();
  advance();
  node->parent = expression();
  return node;
}

bool Parser::parse_context(bool& with_context) {
  if (!at_name("with") && !at_name("without")) return false;
  if (look().kind != TokenKind::name || look().text != "context") return false;
  with_context = advance().text == "with";
  advance();
  return true;
}

StmtPtr Parser::parse_include() {
  auto node = std::make_unique<Include>();
  advance();
  node->source = expression();
  if (at_name("ignore") && look().kind == TokenKind::name && look().text == "missing") {
    node->ignore_missing = true;
    advance();
    advance();
  }
  parse_context(node->with_context);
  return node;
}

StmtPtr Parser::parse_import() {
  auto node = std::make_unique<Import>();
  advance();
  node->source = expression();
  expect_name("as");
  node->whole = name_target()->name;
  parse_context(node->with_context);
  return node;
}

StmtPtr Parser::parse_from() {
  auto node = std::make_unique<Import>();
  advance();
  node->source = expression();
  expect_name("import");
  for (;;) {
    if (!node->names.empty()) expect(TokenKind::comma);
    if (!at(TokenKind::name)) expect(TokenKind::name);
    if (parse_context(node->with_context)) break;
    auto name = name_target();
    if (name->name[0] == '_')
      fail("names starting with an underline can not be imported", name->place, ErrorCode::template_syntax);
    std::string alias = skip_name("as") ? name_target()->name : name->name;
    node->names.emplace_back(name->name, std::move(alias));
    if (parse_context(node->with_context) || !at(TokenKind::comma)) break;
  }
  return node;
}

void Parser::parse_signature(MacroCode& code) {
  expect(TokenKind::lparen);
  bool defaults = false;
  while (!at(TokenKind::rparen)) {
    if (!code.parameters.empty()) expect(TokenKind::comma);
    MacroParameter parameter;
    parameter.name = name_target()->name;
    for (const MacroParameter& earlier : code.parameters)
      if (earlier.name == parameter.name)
        fail_late("parameter " + in_quotes(parameter.name) + " is declared twice", current().place);
    if (skip(TokenKind::assign)) {
      size_t begin = current().begin;
      parameter.fallback = expression();
      parameter.fallback_source = program_.source.substr(begin, tokens_.list[at_ - 1].end - begin);
      defaults = true;
    } else if (defaults) {
      fail("non-default argument follows default argument", current().place);
    }
    code.parameters.push_back(std::move(parameter));
  }
  expect(TokenKind::rparen);
}

StmtPtr Parser::parse_macro() {
  auto node = std::make_unique<MacroStmt>();
  node->code = std::make_unique<MacroCode>();
  Token tag = advance();
  Token name = current();
  node->code->name = name_target()->name;
  node->code->is_named = true;
  // dbt finds the macros of files by their names in the project, so that one can override another.
  node->stored = !options_.dbt_blocks || tags_.size() > 1;
  open_block(BlockKind::macro, tag, name);
  parse_signature(*node->code);
  node->code->body = body_until({"endmacro"}, true);
  finish_block(node->code.get());
  return node;
}

StmtPtr Parser::parse_call_block() {
  auto node = std::make_unique<CallBlock>();
  node->code = std::make_unique<MacroCode>();
  Place place = advance().place;
  if (at(TokenKind::lparen)) parse_signature(*node->code);
  ExprPtr call = expression();
  if (!dynamic_cast<Call*>(call.get())) fail("expected call", place);
  node->call.reset(static_cast<Call*>(call.release()));
  node->code->body = body_until({"endcall"}, true);
  return node;
}

StmtPtr Parser::parse_filter_block() {
  auto node = std::make_unique<FilterBlock>();
  advance();
  node->filter = filter(std::make_unique<BlockText>(), true);
  node->body = body_until({"endfilter"}, true);
  return node;
}

StmtPtr Parser::parse_print() {
  auto node = std::make_unique<Output>();
  advance();
  while (!at(TokenKind::block_end)) {
    if (!node->parts.empty()) expect(TokenKind::comma);
    node->parts.push_back({{}, expression()});
  }
  return node;
}

StmtPtr Parser::parse_do() {
  advance();
  ExprPtr value = tuple({});
  if (StmtPtr statement = return_statement(value)) return statement;
  auto node = std::make_unique<ExprStmt>();
  node->value = std::move(value);
  return node;
}

}  // namespace weir::tmpl
