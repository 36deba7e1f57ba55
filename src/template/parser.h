// From tokens to the tree of ast.h, by recursive descent. The grammar and its messages are Jinja 3.1's.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "template/ast.h"
#include "template/program.h"
#include "template/statements.h"
#include "template/token.h"

namespace weir::tmpl {

template <class T>
std::unique_ptr<T> node_at(Place place) {
  auto node = std::make_unique<T>();
  node->place = place;
  return node;
}

class Parser {
 public:
  // `program` has name and source; root, blocks and macros are filled in.
  Parser(const EnvironmentOptions& options, Program& program);
  void run();
  // A mistake that Python finds only after Jinja has accepted the whole template, so it comes after any other.
  const std::optional<Error>& late_error() const { return late_error_; }

 private:
  // parser.cpp: tokens, bodies and dispatch
  const Token& current() const { return tokens_.list[at_]; }
  const Token& look() const;
  const Token& advance();  // returns the token left behind
  bool at(TokenKind kind) const { return current().kind == kind; }
  bool at_name(std::string_view name) const { return at(TokenKind::name) && current().text == name; }
  bool skip(TokenKind kind);
  bool skip_name(std::string_view name);
  const Token& expect(TokenKind kind);
  void expect_name(std::string_view name);
  [[noreturn]] void unexpected(std::string_view expected);
  [[noreturn]] void fail(std::string message, Place place, ErrorCode code = ErrorCode::template_syntax);
  void fail_late(std::string message, Place place);
  [[noreturn]] void fail_unknown_tag(const Token& tag);
  [[noreturn]] void fail_end(const std::vector<std::string>& ends);
  std::string tags_message(const std::string* unknown);
  Body subparse(const std::vector<std::string>& ends);
  // A body up to one of the tags `ends`; the tag's name is the current token, or left behind with drop_end.
  Body body_until(const std::vector<std::string>& ends, bool drop_end = false);
  StmtPtr statement();
  StmtPtr statement_named(const Token& tag);

  // parser_statement.cpp
  StmtPtr parse_set();
  StmtPtr parse_for();
  StmtPtr parse_if();
  StmtPtr parse_with();
  StmtPtr parse_autoescape();
  StmtPtr parse_block();
  StmtPtr parse_extends();
  StmtPtr parse_include();
  StmtPtr parse_import();
  StmtPtr parse_from();
  StmtPtr parse_macro();
  StmtPtr parse_call_block();
  StmtPtr parse_filter_block();
  StmtPtr parse_print();
  StmtPtr parse_do();
  bool parse_context(bool& with_context);
  void parse_signature(MacroCode& code);

  // parser_dbt.cpp: dbt's blocks, and what a file's blocks look like from outside
  StmtPtr parse_test(std::string_view end);
  StmtPtr parse_materialization();
  StmtPtr parse_snapshot();
  StmtPtr parse_docs();
  StmtPtr return_statement(ExprPtr& value);  // null if `value` is no return(...)
  void open_block(BlockKind kind, const Token& tag, const Token& name);
  void describe_parameters(Block& block, const MacroCode& code);
  void finish_block(const MacroCode* code);

  // parser_expression.cpp
  ExprPtr expression(bool with_condition = true);
  ExprPtr conditional();
  ExprPtr logical_or();
  ExprPtr logical_and();
  ExprPtr negation();
  ExprPtr comparison();
  ExprPtr sum();
  ExprPtr concatenation();
  ExprPtr product();
  ExprPtr power();
  ExprPtr unary(bool with_filter = true);
  ExprPtr primary(bool with_namespace = false);
  ExprPtr list_display();
  ExprPtr dict_display();
  ExprPtr postfix(ExprPtr node);
  ExprPtr filter_expression(ExprPtr node);
  ExprPtr subscript(ExprPtr node);
  ExprPtr subscript_part();
  ExprPtr call(ExprPtr node);
  CallArgs call_arguments();
  ExprPtr filter(ExprPtr node, bool inline_start = false);
  ExprPtr test(ExprPtr node);
  struct TupleRules {
    bool simplified = false, with_condition = true, parenthesized = false, with_namespace = false;
    std::string_view end_name = {};  // a name that ends the tuple
  };
  ExprPtr tuple(const TupleRules& rules);
  ExprPtr assign_target(bool with_namespace, std::string_view end_name = {}, Name::Use use = Name::Use::store);
  std::unique_ptr<Name> name_target();
  void to_target(Expr& expr, Name::Use use);
  ExprPtr finish(ExprPtr node);  // sets its depth

  class Nesting;  // counts recursion
  const EnvironmentOptions& options_;
  Program& program_;
  Tokens tokens_;
  size_t at_ = 0;
  int nesting_ = 0;
  std::vector<std::string> tags_;
  std::vector<std::vector<std::string>> ends_;
  std::optional<Error> late_error_;
  std::vector<size_t> open_blocks_;  // indexes into program_.blocks of the top-level block being parsed
};

// Counts nesting of tags and expressions while it lives; Error beyond the limit.
class Parser::Nesting {
 public:
  explicit Nesting(Parser& parser);
  ~Nesting() { --parser_.nesting_; }

 private:
  Parser& parser_;
};

}  // namespace weir::tmpl
