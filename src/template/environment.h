// The rules under which templates are compiled: syntax options, filters, tests, globals, limits. Jinja 3.1 in its
// sandboxed form with the extensions `do` and loop controls; dbt's blocks on request.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "template/arguments.h"
#include "template/template.h"
#include "template/value.h"

namespace weir::tmpl {

// What one evaluation may use at most; beyond it Error{template_limit}. They guard against mistakes and hostile
// templates.
struct Limits {
  size_t output_bytes = size_t{256} << 20;  // of text produced, all buffers and strings together
  uint64_t steps = 200'000'000;             // loop turns and calls
  int64_t range_items = 100'000;            // as Jinja's sandbox: length of range()
  size_t stack_bytes = size_t{2} << 20;     // of the thread's stack; threads must have at least twice this
  size_t call_depth = 400;                  // nested macro calls
  int nesting = 200;                        // of tags and expressions in a template's text
};

struct EnvironmentOptions {
  bool trim_blocks = false;            // drop the first newline after a block tag
  bool lstrip_blocks = false;          // drop blanks before a block tag at the start of a line
  bool keep_trailing_newline = false;  // else one newline at the very end is dropped
  UndefinedMode undefined = UndefinedMode::standard;
  // dbt's: {% test %}, {% data_test %}, {% snapshot %}, {% materialization %}, {% docs %}, and the function
  // return(value).
  bool dbt_blocks = false;
  Limits limits;
};

// Fill it in (not thread-safe), then compile and evaluate (thread-safe, no more changes). It must outlive its
// templates.
class Environment {
 public:
  explicit Environment(EnvironmentOptions options = {});
  ~Environment();
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  // A filter or test gets the filtered value as its first positional argument. Replaces a builtin of the same name.
  void add_filter(std::string name, Function function);
  void add_test(std::string name, Function function);  // its result's truth counts
  void add_global(std::string name, Value value);      // is frozen
  // The text of a template by name, for include, import and extends; nullopt = not found. Called from any thread.
  using Loader = std::function<std::optional<std::string>(std::string_view name)>;
  void set_loader(Loader loader);

  // Error with code template_syntax and the like, position included. `first_line` is the line of the source's first
  // character in the file called `name`.
  std::shared_ptr<const Template> compile(std::string name, std::string source, int first_line = 1) const;
  // Through the loader, compiled once; Error{template_not_found}.
  std::shared_ptr<const Template> load(std::string_view name) const;

  const EnvironmentOptions& options() const { return options_; }
  const Function* filter(std::string_view name) const;
  const Function* test(std::string_view name) const;
  const Value* global(std::string_view name) const;
  std::vector<std::string> filter_names() const;
  std::vector<std::string> test_names() const;
  std::vector<std::string> global_names() const;

 private:
  struct Tables;
  EnvironmentOptions options_;
  std::unique_ptr<Tables> tables_;
};

// `text` compiled and rendered in one go, for short pieces of YAML and the like.
std::string render_text(const Environment& environment, std::string name, std::string text, Host& host);

}  // namespace weir::tmpl
