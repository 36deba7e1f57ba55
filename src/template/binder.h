// The second pass over a parsed template: scopes, slots, filters and tests, blocks, what names it calls.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "template/ast.h"
#include "template/program.h"
#include "template/scope.h"
#include "template/statements.h"

namespace weir::tmpl {

class Binding {
 public:
  Binding(const Environment& environment, Program& program);
  void run();

  // The surroundings of what is bound now; copied and changed for inner scopes.
  struct Place {
    Symbols* symbols = nullptr;
    FunctionBuilder* function = nullptr;
    bool toplevel = false;  // assignments become the template's variables
    bool root = false;      // {% extends %} here is certain
    bool soft = false;      // an unknown filter is an error only when reached
    bool check_extended = false;
    bool in_loop = false;  // break and continue are possible
    Escaping escaping = Escaping::off;
  };
  Place& here() { return here_; }
  Place inner(Symbols& symbols) const;  // of a scope inside this one

  void bind_body(Body& body);
  // Runs `work` with other surroundings.
  template <class Work>
  void within(Place place, Work work) {
    std::swap(here_, place);
    work();
    std::swap(here_, place);
  }
  // Collects `parts` into a fresh scope's symbols.
  static void collect_body(Body& body, Symbols& symbols);

  Slot slot(std::string_view name);  // of a name in the scope at hand
  Slot slot(Variable variable);
  VisibleNames visible() const;
  void bind_macro(MacroCode& code);
  void bind_block(BlockStmt& block);
  std::vector<std::pair<std::string, Slot>> exports(Expr& target);

  const Environment& environment() const { return environment_; }
  Program& program() { return program_; }
  [[noreturn]] void fail(std::string message, tmpl::Place place, ErrorCode code = ErrorCode::template_syntax) const;

  bool certain_extends = false;
  int extends_seen = 0;

 private:
  const Environment& environment_;
  Program& program_;
  Place here_;
};

// Which of `names` the nodes read before giving them a value. Does not look into {% block %}.
std::set<std::string> undeclared(const Body& body, std::set<std::string> names);

// All nodes below (not into {% block %} when asked so), each before its parts.
void walk(Node& node, const Visit& visit);

// Fills Block::called_names and the like, after binding.
void list_called_names(Program& program);

}  // namespace weir::tmpl
