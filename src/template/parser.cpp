#include "template/parser.h"

#include <algorithm>

#include "template/failure.h"

namespace weir::tmpl {

namespace {

std::string alternatives(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : " or ") + in_quotes(name);
  return out;
}

bool is_among(const std::vector<std::string>& names, const Token& token) {
  return token.kind == TokenKind::name && std::find(names.begin(), names.end(), token.text) != names.end();
}

}  // namespace

Parser::Nesting::Nesting(Parser& parser) : parser_(parser) {
  if (++parser_.nesting_ > parser_.options_.limits.nesting) {
    --parser_.nesting_;
    parser_.fail("the template is nested too deeply", parser_.current().place, ErrorCode::template_limit);
  }
}

Parser::Parser(const EnvironmentOptions& options, Program& program)
    : options_(options),
      program_(program),
      tokens_(tokenize(program.source, options, program.name, program.first_line)) {}

void Parser::run() {
  if (at(TokenKind::failure)) throw *tokens_.failure;
  program_.root.body = subparse({});
}

const Token& Parser::look() const {
  size_t next = std::min(at_ + 1, tokens_.list.size() - 1);
  if (tokens_.list[next].kind == TokenKind::failure) throw *tokens_.failure;
  return tokens_.list[next];
}

const Token& Parser::advance() {
  const Token& left = current();
  if (at_ + 1 < tokens_.list.size()) ++at_;
  if (at(TokenKind::failure)) throw *tokens_.failure;
  return left;
}

bool Parser::skip(TokenKind kind) {
  if (!at(kind)) return false;
  advance();
  return true;
}

bool Parser::skip_name(std::string_view name) {
  if (!at_name(name)) return false;
  advance();
  return true;
}

const Token& Parser::expect(TokenKind kind) {
  if (!at(kind)) unexpected(tmpl::describe(kind));
  return advance();
}

void Parser::expect_name(std::string_view name) {
  if (!at_name(name)) unexpected(name);
  advance();
}

void Parser::unexpected(std::string_view expected) {
  if (at(TokenKind::eof)) fail("unexpected end of template, expected " + in_quotes(expected) + ".", current().place);
  fail("expected token " + in_quotes(expected) + ", got " + in_quotes(tmpl::describe(current())), current().place);
}

void Parser::fail(std::string message, Place place, ErrorCode code) {
  syntax_error(std::move(message), span_at(program_.source, program_.name, place, program_.first_line), code);
}

void Parser::fail_late(std::string message, Place place) {
  if (late_error_) return;
  late_error_.emplace(ErrorCode::template_repeated_keyword, std::move(message));
  late_error_->with_span(span_at(program_.source, program_.name, place, program_.first_line));
}

std::string Parser::tags_message(const std::string* unknown) {
  std::string message =
      unknown ? "Encountered unknown tag " + in_quotes(*unknown) + "." : "Unexpected end of template.";
  if (!ends_.empty()) {
    bool expected_outside = unknown && std::any_of(ends_.begin(), ends_.end(), [&](const auto& ends) {
                              return std::find(ends.begin(), ends.end(), *unknown) != ends.end();
                            });
    std::string wanted = alternatives(ends_.back());
    if (expected_outside)
      message += " You probably made a nesting mistake. Jinja is expecting this tag, but currently looking for " +
                 wanted + ".";
    else
      message += " Jinja was looking for the following tags: " + wanted + ".";
  }
  if (!tags_.empty()) message += " The innermost block that needs to be closed is " + in_quotes(tags_.back()) + ".";
  return message;
}

void Parser::fail_unknown_tag(const Token& tag) { fail(tags_message(&tag.text), tag.place); }

void Parser::fail_end(const std::vector<std::string>& ends) {
  ends_.push_back(ends);
  fail(tags_message(nullptr), current().place);
}

Body Parser::body_until(const std::vector<std::string>& ends, bool drop_end) {
  skip(TokenKind::colon);
  expect(TokenKind::block_end);
  Body body = subparse(ends);
  if (at(TokenKind::eof)) fail_end(ends);
  if (drop_end) advance();
  return body;
}

Body Parser::subparse(const std::vector<std::string>& ends) {
  Nesting nesting(*this);
  Body body;
  std::unique_ptr<Output> output;
  auto add_part = [&](Output::Part part, Place place) {
    if (!output) {
      output = std::make_unique<Output>();
      output->place = place;
    }
    output->parts.push_back(std::move(part));
  };
  auto flush = [&] {
    if (output) body.push_back(std::move(output));
  };
  if (!ends.empty()) ends_.push_back(ends);
  while (!at(TokenKind::eof)) {
    const Token& token = current();
    if (token.kind == TokenKind::data) {
      add_part({token.text, nullptr}, token.place);
      advance();
    } else if (token.kind == TokenKind::variable_begin) {
      program_.plain = false;
      advance();
      ExprPtr value = tuple({});
      expect(TokenKind::variable_end);
      if (StmtPtr statement = return_statement(value)) {
        flush();
        body.push_back(std::move(statement));
      } else {
        Place place = value->place;
        add_part({{}, std::move(value)}, place);
      }
    } else {
      program_.plain = false;
      flush();
      advance();
      if (is_among(ends, current())) {
        ends_.pop_back();
        return body;
      }
      body.push_back(statement());
      expect(TokenKind::block_end);
    }
  }
  flush();
  if (!ends.empty()) ends_.pop_back();
  return body;
}

StmtPtr Parser::statement() {
  const Token& tag = current();
  if (tag.kind != TokenKind::name) fail("tag name expected", tag.place);
  Nesting nesting(*this);
  tags_.push_back(tag.text);
  StmtPtr result = statement_named(tag);
  if (!result) {
    tags_.pop_back();
    fail_unknown_tag(tag);
  }
  tags_.pop_back();
  result->place = tag.place;
  return result;
}

StmtPtr Parser::statement_named(const Token& tag) {
  const std::string& name = tag.text;
  if (name == "set") return parse_set();
  if (name == "if") return parse_if();
  if (name == "for") return parse_for();
  if (name == "macro") return parse_macro();
  if (name == "do") return parse_do();
  if (name == "call") return parse_call_block();
  if (name == "break" || name == "continue") {
    advance();
    auto control = std::make_unique<LoopControl>();
    control->is_break = name == "break";
    return control;
  }
  if (name == "filter") return parse_filter_block();
  if (name == "with") return parse_with();
  if (name == "block") return parse_block();
  if (name == "extends") return parse_extends();
  if (name == "include") return parse_include();
  if (name == "import") return parse_import();
  if (name == "from") return parse_from();
  if (name == "print") return parse_print();
  if (name == "autoescape") return parse_autoescape();
  if (!options_.dbt_blocks) return nullptr;
  if (name == "test") return parse_test("endtest");
  if (name == "data_test") return parse_test("enddata_test");
  if (name == "materialization") return parse_materialization();
  if (name == "snapshot") return parse_snapshot();
  if (name == "docs") return parse_docs();
  return nullptr;
}

}  // namespace weir::tmpl
