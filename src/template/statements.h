// The statements of a template. See ast.h.
#pragma once

#include "template/ast.h"

namespace weir::tmpl {

struct Output final : Stmt {
  struct Part {
    std::string text;  // if there is no expression
    ExprPtr value;
  };
  std::vector<Part> parts;
  Escaping escaping = Escaping::off;
  bool dropped = false;         // after {% extends %}: never shown
  bool check_extended = false;  // not shown once a conditional {% extends %} was reached
  void children(const Visit& visit) override;
  void bind(Binding& binding) override;
  Flow exec(Frame& frame) const override;
};

struct Assign final : Stmt {
  ExprPtr target, value;
  std::vector<std::pair<std::string, Slot>> exported;  // names to publish in the template's variables
  void children(const Visit& visit) override;
  void collect(Symbols& symbols) override;
  void bind(Binding& binding) override;
  Flow exec(Frame& frame) const override;
};

struct AssignBlock final : Stmt {
  ExprPtr target, filter;  // filter may be null
  Body body;
  ScopeCode scope;
  std::vector<std::pair<std::string, Slot>> exported;
  void children(const Visit& visit) override;
  void collect(Symbols& symbols) override;
  void bind(Binding& binding) override;
  Flow exec(Frame& frame) const override;
};

struct For final : Stmt {
  ExprPtr target, iterable, test;
  Body body, otherwise;
  bool recursive = false;
  bool extended = false;  // the body uses `loop`
  FunctionCode code;      // of the body, if recursive
  ScopeCode scope, test_scope, else_scope;
  ExprPtr test_target;  // the target's twin, bound in the test's scope
  uint16_t loop_slot = 0;
  void children(const Visit& visit) override;
  void collect(Symbols& symbols) override;
  void bind(Binding& binding) override;
  Flow exec(Frame& frame) const override;
  // The loop itself; `again` is how loop(...) is called, null if it may not.
  Flow run(Frame& frame, const Value& items, int64_t depth) const;
};

struct If final : Stmt {
  struct Branch {
    ExprPtr test;
    Body body;
  };
  std::vector<Branch> branches;  // if, elif...
  Body otherwise;
  void children(const Visit& visit) override;
  void collect(Symbols& symbols) override;
  void bind(Binding& binding) override;
  Flow exec(Frame& frame) const override;
};

struct MacroStmt final : Stmt {
  std::unique_ptr<MacroCode> code;
  Slot slot;
  bool stored = false;    // a variable of its scope (else dbt's: found by the host)
  bool exported = false;  // one of the template's variables
  void children(const Visit& visit) override;
  void collect(Symbols& symbols) override;
  void bind(Binding& binding) override;
  Flow exec(Frame& frame) const override;
};

struct CallBlock final : Stmt {
  std::unique_ptr<Call> call;
  std::unique_ptr<MacroCode> code;
  void children(const Visit& visit) override;
  void collect(Symbols& symbols) override;
  void bind(Binding& binding) override;
  Flow exec(Frame& frame) const override;
};

struct FilterBlock final : Stmt {
  ExprPtr filter;
  Body body;
  ScopeCode scope;
  void children(const Visit& visit) override;
  void collect(Symbols& symbols) override;
  void bind(Binding& binding) override;
  Flow exec(Frame& frame) const override;
};

struct With final : Stmt {
  ExprList targets, values;
  Body body;
  ScopeCode scope;
  void children(const Visit& visit) override;
  void collect(Symbols& symbols) override;
  void bind(Binding& binding) override;
  Flow exec(Frame& frame) const override;
};

struct Scope final : Stmt {  // {% autoescape value %}
  ExprPtr autoescape;
  Body body;
  ScopeCode scope;
  void children(const Visit& visit) override;
  void collect(Symbols&) override {}
  void bind(Binding& binding) override;
  Flow exec(Frame& frame) const override;
};

struct ExprStmt final : Stmt {  // {% do %}
  ExprPtr value;
  void children(const Visit& visit) override;
  Flow exec(Frame& frame) const override;
};

struct Return final : Stmt {  // dbt's {{ return(value) }}
  ExprPtr value;
  bool direct = false;  // straight in a macro's body: no unwinding needed
  void children(const Visit& visit) override;
  void bind(Binding& binding) override;
  Flow exec(Frame& frame) const override;
};

struct LoopControl final : Stmt {
  bool is_break = true;
  void bind(Binding& binding) override;
  Flow exec(Frame&) const override { return is_break ? Flow::break_loop : Flow::continue_loop; }
};

struct BlockStmt final : Stmt {
  std::string name;
  bool scoped = false, required = false;
  bool dropped = false, check_extended = false;
  Body body;
  BlockCode* code = nullptr;  // owned by the program
  VisibleNames visible;       // if scoped
  void children(const Visit& visit) override;
  void collect(Symbols&) override {}
  void bind(Binding& binding) override;
  Flow exec(Frame& frame) const override;
};

struct Extends final : Stmt {
  ExprPtr parent;
  bool again = false;        // a parent is certain already
  bool check_again = false;  // a parent is possible already
  void children(const Visit& visit) override;
  void bind(Binding& binding) override;
  Flow exec(Frame& frame) const override;
};

struct Include final : Stmt {
  ExprPtr source;
  bool ignore_missing = false, with_context = true;
  VisibleNames visible;
  void children(const Visit& visit) override;
  void bind(Binding& binding) override;
  Flow exec(Frame& frame) const override;
};

struct Import final : Stmt {  // {% import x as y %} and {% from x import a as b %}
  ExprPtr source;
  bool with_context = false;
  std::string whole;                                       // y
  std::vector<std::pair<std::string, std::string>> names;  // a, b
  std::vector<Slot> slots;
  VisibleNames visible;
  bool toplevel = false;
  void children(const Visit& visit) override;
  void collect(Symbols& symbols) override;
  void bind(Binding& binding) override;
  Flow exec(Frame& frame) const override;
};

}  // namespace weir::tmpl
