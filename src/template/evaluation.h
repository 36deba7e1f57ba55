// One rendering in progress: what a native function or object can do while a template calls it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "template/arguments.h"
#include "template/environment.h"
#include "template/host.h"
#include "template/object.h"
#include "template/value.h"

namespace weir::tmpl {

// Belongs to one thread, lives for one rendering. Macros and iterations made during it end with it.
class Evaluation {
 public:
  Evaluation(const Environment& environment, Host& host);
  ~Evaluation();
  Evaluation(const Evaluation&) = delete;
  Evaluation& operator=(const Evaluation&) = delete;

  const Environment& environment() const { return environment_; }
  Host& host() { return host_; }
  const Limits& limits() const { return environment_.options().limits; }

  // The value of a macro (or test, materialization) of a compiled file, by Block::macro_name: what a Host gives out for
  // a macro's name. The file's own top-level variables are made, once per evaluation, if the macro uses them.
  Value macro(std::shared_ptr<const Template> file, std::string_view macro_name);

  std::string render(const Template& file);
  Value render_native(const Template& file);

  // Python's operations on any value.
  Value call(const Value& callee, const Arguments& arguments);
  Value call_method(const Value& object, std::string_view name, const Arguments& arguments);
  Value get_attr(const Value& object, std::string_view name);  // Jinja's obj.name: attribute, then item, then undefined
  Value get_item(const Value& object, const Value& key);       // Jinja's obj[key]: item, then attribute, then undefined
  Value filter(std::string_view name, const Arguments& arguments);
  bool test(std::string_view name, const Arguments& arguments);
  std::unique_ptr<Iteration> iterate(const Value& iterable);  // Error{template_type} if it is not iterable
  std::vector<Value> to_vector(const Value& iterable);
  size_t length(const Value& value);
  bool contains(const Value& container, const Value& item);

  // An undefined value under the environment's mode: name, or member of an object.
  Value undefined_name(std::string_view name) const;
  Value undefined_member(const Value& object, const Value& key) const;

  // Where evaluation stands now: for warnings and for errors of native functions (they get it by themselves).
  Span position() const;
  // The macros being called, innermost first: name and where it was called.
  std::vector<Error::Context> call_stack() const;
  // The innermost macro's name and file; empty at a template's top.
  std::string_view current_macro() const;
  const Template* current_template() const;

  // Is what is printed here escaped for HTML ({% autoescape true %})?
  bool escapes() const;
  bool in_call() const;  // of a macro, or of the block of a call

  // Accounting against Limits; each throws Error{template_limit}.
  void charge_bytes(size_t bytes) {
    if (bytes > max_bytes_ || (bytes_ += bytes) > max_bytes_) throw_byte_limit();
  }
  void charge_step() {
    if (++steps_ > max_steps_) throw_step_limit();
  }
  void check_stack() const;
  // A container got a new item: if the item is a container too, the two may come to hold each other, and the evaluation
  // looks for such circles at its end.
  void note_stored(const Value& container, const Value& item);

  // Gives an error its position, and the call it passes as a context.
  void note_error(Error& error) const;
  struct State;  // the interpreter's own part
  State& state() { return *state_; }

 private:
  [[noreturn]] void throw_step_limit() const;
  [[noreturn]] void throw_byte_limit() const;
  const Environment& environment_;
  Host& host_;
  uint64_t steps_ = 0, max_steps_;
  size_t bytes_ = 0, max_bytes_;
  std::unique_ptr<State> state_;
};

}  // namespace weir::tmpl
