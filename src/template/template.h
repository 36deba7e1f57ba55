// A compiled template: immutable, shared, evaluated by any number of threads at once.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "template/host.h"
#include "template/value.h"

namespace weir::tmpl {

class Environment;
struct Program;  // the compiled form

enum class BlockKind { macro, test, snapshot, materialization, docs };

struct BlockParameter {
  std::string name;
  bool has_default = false;
  std::string default_source;            // the expression's text
  std::optional<Value> default_literal;  // its value if it is a plain literal
};

// A named block at the top of a file, as it was written.
struct Block {
  BlockKind kind = BlockKind::macro;
  std::string name;  // as written: "not_null", "incremental"
  // The name under which the block's macro is called: a macro's own; "test_not_null"; "materialization_table_duckdb"
  // (adapter "default" if none is named). Empty for snapshot and docs.
  std::string macro_name;
  std::vector<BlockParameter> parameters;  // of macro and test
  // Of a materialization: its adapter ("default" if not named) and supported languages.
  std::string adapter;
  std::vector<std::string> supported_languages;
  Span span;                // of the opening tag
  std::string_view source;  // the whole block with its tags; lives as long as the Template
  std::string_view body;    // what stands between the tags, whitespace control applied to neither end
  int body_line = 1;        // line of the body's first character, for compiling it by itself
  // Free names the block uses (empty for snapshot and docs, whose bodies are compiled by themselves), sorted, each
  // once: "ref", "adapter.dispatch", "dbt_utils.star". A name that an enclosing or own scope defines is not among them;
  // members are followed as far as they are plain attributes.
  std::vector<std::string> called_names;
  // Literal first arguments of adapter.dispatch: (macro, namespace or "").
  std::vector<std::pair<std::string, std::string>> dispatched;
};

// Everything here is safe from several threads.
class Template : public std::enable_shared_from_this<Template> {
 public:
  const std::string& name() const;
  const std::string& source() const;
  const Environment& environment() const;
  const std::vector<Block>& blocks() const;  // in the order of the file
  const Block* find_block(BlockKind kind, std::string_view name) const;

  // As in Block, but of the whole file with its blocks.
  const std::vector<std::string>& called_names() const;
  const std::vector<std::pair<std::string, std::string>>& dispatched() const;
  // No tag but comments and raw text: rendering needs no evaluation.
  bool is_plain_text() const;

  // Renders to text. Error with code template_*, position, and one context per macro on the way, innermost first.
  std::string render(Host& host) const;
  // Renders keeping the type: a template that is one expression gives its value, any other gives text. No text is
  // turned into numbers or lists; see parse_python_literal for that.
  Value render_native(Host& host) const;

  Template(const Environment& environment, std::unique_ptr<Program> program);
  ~Template();
  const Program& program() const { return *program_; }

 private:
  const Environment& environment_;
  std::unique_ptr<Program> program_;
};

// Is it an error of the template's text rather than of its evaluation?
bool is_parse_error(ErrorCode code);

}  // namespace weir::tmpl
