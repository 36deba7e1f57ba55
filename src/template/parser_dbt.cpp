#include "template/failure.h"
#include "template/parser.h"

namespace weir::tmpl {

StmtPtr Parser::return_statement(ExprPtr& value) {
  auto* call = options_.dbt_blocks ? dynamic_cast<Call*>(value.get()) : nullptr;
  auto* callee = call ? dynamic_cast<Name*>(call->callee.get()) : nullptr;
  if (!callee || callee->name != "return" || call->args.positional.size() != 1 || !call->args.named.empty() ||
      call->args.star || call->args.star_star)
    return nullptr;
  auto node = std::make_unique<Return>();
  node->place = value->place;
  node->value = std::move(call->args.positional[0]);
  return node;
}

void Parser::open_block(BlockKind kind, const Token& tag, const Token& name) {
  // Only what stands at the file's top is a block of the file; inside other tags it is a local thing.
  if (tags_.size() != 1) {
    open_blocks_.push_back(static_cast<size_t>(-1));
    return;
  }
  Block block;
  block.kind = kind;
  block.name = name.text;
  block.span = span_at(program_.source, program_.name, tag.place, program_.first_line);
  // The tag's `{%` stands before its name; the source of the block begins there.
  size_t begin = std::string_view(program_.source).rfind("{%", tag.begin);
  block.source = std::string_view(program_.source).substr(begin);
  open_blocks_.push_back(program_.blocks.size());
  program_.blocks.push_back(std::move(block));
}

void Parser::describe_parameters(Block& block, const MacroCode& code) {
  for (const MacroParameter& parameter : code.parameters) {
    BlockParameter shown;
    shown.name = parameter.name;
    shown.has_default = parameter.fallback != nullptr;
    shown.default_source = parameter.fallback_source;
    if (const auto* literal = dynamic_cast<const Const*>(parameter.fallback.get()))
      shown.default_literal = literal->value;
    block.parameters.push_back(std::move(shown));
  }
}

// The current token is what follows the end tag's name. The bounds are found from the tokens round it.
void Parser::finish_block(const MacroCode* code) {
  size_t index = open_blocks_.back();
  open_blocks_.pop_back();
  if (index == static_cast<size_t>(-1)) return;
  Block& block = program_.blocks[index];
  std::string_view source = program_.source;
  auto begin = static_cast<size_t>(block.source.data() - source.data());
  size_t end_tag = source.rfind("{%", tokens_.list[at_ - 1].begin);
  block.source = source.substr(begin, (at(TokenKind::block_end) ? current().end : current().begin) - begin);
  // The opening tag ends with the first block_end token after the block's begin.
  size_t open_end = begin;
  for (const Token& token : tokens_.list)
    if (token.begin >= begin && token.kind == TokenKind::block_end) {
      open_end = token.begin;
      break;
    }
  open_end = source.find("%}", open_end) + 2;
  block.body = source.substr(open_end, end_tag - open_end);
  block.body_line = static_cast<int>(place_of(source, open_end, program_.first_line).line);
  if (!code) return;
  block.macro_name = code->name;
  if (block.kind != BlockKind::materialization) describe_parameters(block, *code);
}

StmtPtr Parser::parse_test(std::string_view end) {
  auto node = std::make_unique<MacroStmt>();
  node->code = std::make_unique<MacroCode>();
  Token tag = advance();
  Token name = current();
  node->code->name = "test_" + name_target()->name;
  node->code->is_named = true;
  open_block(BlockKind::test, tag, name);
  parse_signature(*node->code);
  node->code->body = body_until({std::string(end)}, true);
  finish_block(node->code.get());
  return node;
}

StmtPtr Parser::parse_materialization() {
  auto node = std::make_unique<MacroStmt>();
  node->code = std::make_unique<MacroCode>();
  Token tag = advance();
  Token name = current();
  std::string own = name_target()->name, adapter = "default";
  std::vector<std::string> languages = {"sql"};
  open_block(BlockKind::materialization, tag, name);
  auto text = [&](const Expr& expr) {
    const auto* literal = dynamic_cast<const Const*>(&expr);
    if (!literal || !literal->value.is_string()) fail("expected a quoted name", expr.place);
    return literal->value.as_string();
  };
  while (skip(TokenKind::comma)) {
    Token key = current();
    name_target();
    if (key.text == "default") continue;
    if (key.text != "adapter" && key.text != "supported_languages")
      fail("a materialization takes `default`, `adapter` and `supported_languages`, not " + in_quotes(key.text),
           key.place);
    expect(TokenKind::assign);
    ExprPtr value = expression();
    if (key.text == "adapter") {
      adapter = text(*value);
      continue;
    }
    const auto* list = dynamic_cast<const Sequence*>(value.get());
    if (!list) fail("expected a list of quoted names", value->place);
    languages.clear();
    for (const ExprPtr& item : list->items) languages.push_back(text(*item));
  }
  node->code->name = "materialization_" + own + "_" + adapter;
  node->code->is_named = true;
  if (open_blocks_.back() != static_cast<size_t>(-1)) {
    program_.blocks[open_blocks_.back()].adapter = adapter;
    program_.blocks[open_blocks_.back()].supported_languages = languages;
  }
  node->code->body = body_until({"endmaterialization"}, true);
  finish_block(node->code.get());
  return node;
}

// A snapshot's body is rendered by itself, from Block::body; here it only has to be well formed.
StmtPtr Parser::parse_snapshot() {
  Token tag = advance();
  Token name = expect(TokenKind::name);
  open_block(BlockKind::snapshot, tag, name);
  body_until({"endsnapshot"}, true);
  finish_block(nullptr);
  return std::make_unique<Output>();
}

StmtPtr Parser::parse_docs() {
  Token tag = advance();
  Token name = expect(TokenKind::name);
  open_block(BlockKind::docs, tag, name);
  body_until({"enddocs"}, true);
  finish_block(nullptr);
  return std::make_unique<Output>();
}

}  // namespace weir::tmpl
