// What each kind of node does in the two binding passes.
#include <algorithm>

#include "base/text.h"
#include "template/binder.h"
#include "template/environment.h"
#include "template/failure.h"

namespace weir::tmpl {

namespace {

void visit_body(const Body& body, const Visit& visit) {
  for (const StmtPtr& statement : body) visit(*statement);
}

void visit_if(const ExprPtr& expr, const Visit& visit) {
  if (expr) visit(*expr);
}

void visit_macro(const MacroCode& code, const Visit& visit) {
  for (const MacroParameter& parameter : code.parameters) visit_if(parameter.fallback, visit);
  visit_body(code.body, visit);
}

}  // namespace

// --- expressions ---

void CallArgs::children(const Visit& visit) {
  for (ExprPtr& arg : positional) visit(*arg);
  for (auto& [name, arg] : named) visit(*arg);
  visit_if(star, visit);
  visit_if(star_star, visit);
}

void Sequence::children(const Visit& visit) {
  for (ExprPtr& item : items) visit(*item);
}

void DictDisplay::children(const Visit& visit) {
  for (auto& [key, value] : items) {
    visit(*key);
    visit(*value);
  }
}

void Unary::children(const Visit& visit) { visit(*operand); }

void Binary::children(const Visit& visit) {
  visit(*left);
  visit(*right);
}

void Logic::children(const Visit& visit) {
  visit(*left);
  visit(*right);
}

void Concat::children(const Visit& visit) {
  for (ExprPtr& part : parts) visit(*part);
}

void Compare::children(const Visit& visit) {
  visit(*first);
  for (auto& [op, operand] : rest) visit(*operand);
}

void GetAttr::children(const Visit& visit) { visit(*object); }

void GetItem::children(const Visit& visit) {
  visit(*object);
  visit(*key);
}

void Slice::children(const Visit& visit) {
  visit_if(start, visit);
  visit_if(stop, visit);
  visit_if(step, visit);
}

void Call::children(const Visit& visit) {
  visit(*callee);
  args.children(visit);
}

void FilterCall::children(const Visit& visit) {
  visit(*input);
  args.children(visit);
}

void TestCall::children(const Visit& visit) {
  visit(*input);
  args.children(visit);
}

void Conditional::children(const Visit& visit) {
  visit(*test);
  visit(*value);
  visit_if(otherwise, visit);
}

void Name::collect(Symbols& symbols) {
  if (use == Use::load)
    symbols.load(name);
  else if (use == Use::store)
    symbols.store(name);
  else
    symbols.declare_parameter(name);
}

void Name::bind(Binding& binding) {
  Variable variable = binding.here().symbols->get(name);
  slot = binding.slot(variable);
  free = use == Use::load && binding.here().symbols->is_free(variable);
}

void NamespaceRef::collect(Symbols& symbols) { symbols.load(name); }
void NamespaceRef::bind(Binding& binding) { slot = binding.slot(name); }

void FilterCall::bind(Binding& binding) {
  function = binding.environment().filter(name);
  if (!function && !binding.here().soft)
    binding.fail("No filter named " + in_quotes(name) + did_you_mean(name, binding.environment().filter_names()) + ".",
                 place, ErrorCode::template_unknown_filter);
  Node::bind(binding);
}

void TestCall::bind(Binding& binding) {
  function = binding.environment().test(name);
  if (!function && !binding.here().soft)
    binding.fail("No test named " + in_quotes(name) + did_you_mean(name, binding.environment().test_names()) + ".",
                 place, ErrorCode::template_unknown_filter);
  Node::bind(binding);
}

void Concat::bind(Binding& binding) {
  escapes = binding.here().escaping == Escaping::on;
  Node::bind(binding);
}

void BlockText::bind(Binding& binding) { escaping = binding.here().escaping; }

void Conditional::bind(Binding& binding) {
  Binding::Place place_here = binding.here();
  place_here.soft = true;
  binding.within(place_here, [&] { Node::bind(binding); });
}

// --- statements ---

void Output::children(const Visit& visit) {
  for (Part& part : parts) visit_if(part.value, visit);
}

void Output::bind(Binding& binding) {
  check_extended = binding.here().check_extended;
  dropped = check_extended && binding.certain_extends;
  escaping = binding.here().escaping;
  Node::bind(binding);
}

void Assign::children(const Visit& visit) {
  visit(*target);
  visit(*value);
}

void Assign::collect(Symbols& symbols) {
  value->collect(symbols);
  target->collect(symbols);
}

void Assign::bind(Binding& binding) {
  Node::bind(binding);
  exported = binding.exports(*target);
}

void AssignBlock::children(const Visit& visit) {
  visit(*target);
  visit_if(filter, visit);
  visit_body(body, visit);
}

void AssignBlock::collect(Symbols& symbols) {
  target->collect(symbols);
  if (filter) filter->collect(symbols);
}

void AssignBlock::bind(Binding& binding) {
  Symbols symbols(binding.here().symbols, binding.here().function);
  Binding::collect_body(body, symbols);
  Binding::Place inside = binding.inner(symbols);
  inside.check_extended = false;
  binding.within(inside, [&] {
    binding.bind_body(body);
    if (filter) filter->bind(binding);
  });
  scope = symbols.code();
  target->bind(binding);
  exported = binding.exports(*target);
}

void If::children(const Visit& visit) {
  for (Branch& branch : branches) {
    visit(*branch.test);
    visit_body(branch.body, visit);
  }
  visit_body(otherwise, visit);
}

// Jinja takes all elif branches as one.
void If::collect(Symbols& symbols) {
  branches[0].test->collect(symbols);
  std::vector<Symbols> copies(3, symbols);
  Binding::collect_body(branches[0].body, copies[0]);
  Symbols before = copies[1];
  for (size_t i = 1; i < branches.size(); ++i) {
    // Each elif is an if of its own inside that branch.
    branches[i].test->collect(copies[1]);
    std::vector<Symbols> parts(3, copies[1]);
    Binding::collect_body(branches[i].body, parts[0]);
    copies[1].branch_update(parts);
  }
  Binding::collect_body(otherwise, copies[2]);
  symbols.branch_update(copies);
}

void If::bind(Binding& binding) {
  Binding::Place inside = binding.here();
  inside.root = false;
  inside.soft = true;
  binding.within(inside, [&] {
    for (Branch& branch : branches) {
      branch.test->bind(binding);
      binding.bind_body(branch.body);
    }
    binding.bind_body(otherwise);
  });
}

void MacroStmt::children(const Visit& visit) { visit_macro(*code, visit); }

void MacroStmt::collect(Symbols& symbols) {
  if (stored) symbols.store(code->name);
}

void MacroStmt::bind(Binding& binding) {
  binding.bind_macro(*code);
  exported = binding.here().toplevel;
  if (exported) binding.program().macros[code->name] = code.get();
  if (stored) slot = binding.slot(code->name);
}

void CallBlock::children(const Visit& visit) {
  visit(*call);
  visit_macro(*code, visit);
}

void CallBlock::collect(Symbols& symbols) { call->collect(symbols); }

void CallBlock::bind(Binding& binding) {
  binding.bind_macro(*code);
  call->bind(binding);
}

void FilterBlock::children(const Visit& visit) {
  visit_body(body, visit);
  visit(*filter);
}

void FilterBlock::collect(Symbols& symbols) { filter->collect(symbols); }

void FilterBlock::bind(Binding& binding) {
  Symbols symbols(binding.here().symbols, binding.here().function);
  Binding::collect_body(body, symbols);
  filter->collect(symbols);
  binding.within(binding.inner(symbols), [&] {
    binding.bind_body(body);
    filter->bind(binding);
  });
  scope = symbols.code();
}

void With::children(const Visit& visit) {
  for (ExprPtr& target : targets) visit(*target);
  for (ExprPtr& value : values) visit(*value);
  visit_body(body, visit);
}

void With::collect(Symbols& symbols) {
  for (ExprPtr& value : values) value->collect(symbols);
}

void With::bind(Binding& binding) {
  Symbols symbols(binding.here().symbols, binding.here().function);
  for (ExprPtr& target : targets) target->collect(symbols);
  Binding::collect_body(body, symbols);
  for (ExprPtr& value : values) value->bind(binding);
  binding.within(binding.inner(symbols), [&] {
    for (ExprPtr& target : targets) target->bind(binding);
    binding.bind_body(body);
  });
  scope = symbols.code();
}

void Scope::children(const Visit& visit) {
  visit(*autoescape);
  visit_body(body, visit);
}

void Scope::bind(Binding& binding) {
  Symbols symbols(binding.here().symbols, binding.here().function);
  autoescape->collect(symbols);
  Binding::collect_body(body, symbols);
  Binding::Place inside = binding.inner(symbols);
  const auto* constant = dynamic_cast<const Const*>(autoescape.get());
  inside.escaping = !constant ? Escaping::asks : constant->value.truth() ? Escaping::on : Escaping::off;
  binding.within(inside, [&] {
    autoescape->bind(binding);
    binding.bind_body(body);
  });
  scope = symbols.code();
}

void ExprStmt::children(const Visit& visit) { visit(*value); }

void Return::children(const Visit& visit) { visit(*value); }

void Return::bind(Binding& binding) {
  direct = binding.here().function->kind == FunctionBuilder::Kind::macro;
  Node::bind(binding);
}

void LoopControl::bind(Binding& binding) {
  if (!binding.here().in_loop)
    binding.fail(is_break ? "'break' outside loop" : "'continue' not properly in loop", place);
}

void BlockStmt::children(const Visit& visit) { visit_body(body, visit); }

void BlockStmt::bind(Binding& binding) {
  dropped = binding.here().toplevel && binding.certain_extends;
  check_extended = binding.here().toplevel && binding.extends_seen > 0;
  if (scoped) visible = binding.visible();
}

void Extends::children(const Visit& visit) { visit(*parent); }

void Extends::bind(Binding& binding) {
  if (!binding.here().toplevel) binding.fail("cannot use extend from a non top-level scope", place);
  again = binding.extends_seen > 0 && binding.certain_extends;
  check_again = binding.extends_seen > 0;
  Node::bind(binding);
  if (binding.here().root) binding.certain_extends = true;
  ++binding.extends_seen;
}

void Include::children(const Visit& visit) { visit(*source); }

void Include::bind(Binding& binding) {
  Node::bind(binding);
  if (with_context) visible = binding.visible();
}

void Import::children(const Visit& visit) { visit(*source); }

void Import::collect(Symbols& symbols) {
  source->collect(symbols);
  if (!whole.empty()) symbols.store(whole);
  for (const auto& [name, alias] : names) symbols.store(alias);
}

void Import::bind(Binding& binding) {
  Node::bind(binding);
  toplevel = binding.here().toplevel;
  if (!whole.empty()) slots.push_back(binding.slot(whole));
  for (const auto& [name, alias] : names) slots.push_back(binding.slot(alias));
  if (with_context) visible = binding.visible();
}

// --- for ---

void For::children(const Visit& visit) {
  visit(*target);
  visit(*iterable);
  visit_body(body, visit);
  visit_body(otherwise, visit);
  visit_if(test, visit);
}

void For::collect(Symbols& symbols) { iterable->collect(symbols); }

void For::bind(Binding& binding) {
  Binding::Place outside = binding.here();
  bool scoped_block = false;
  visit_body(body, [&](Node& statement) {
    walk(statement, [&](Node& node) {
      auto* block = dynamic_cast<BlockStmt*>(&node);
      scoped_block = scoped_block || (block && block->scoped);
    });
  });
  extended = recursive || scoped_block || !undeclared(body, {"loop"}).empty();
  walk(*this, [&](Node& node) {
    auto* name = dynamic_cast<Name*>(&node);
    if (name && name->use == Name::Use::store && name->name == "loop")
      binding.fail("Can't assign to special loop variable in for-loop target", name->place);
  });
  iterable->bind(binding);
  FunctionBuilder function;
  function.code = &code;
  function.outer = outside.function;
  function.kind = FunctionBuilder::Kind::loop;
  FunctionBuilder* own = recursive ? &function : outside.function;

  Symbols symbols(outside.symbols, own), test_symbols(outside.symbols, own, true), else_symbols(outside.symbols, own);
  if (extended) loop_slot = symbols.declare_parameter("loop").slot;
  auto as_parameters = [](Expr& expr) {
    walk(expr, [](Node& node) {
      if (auto* name = dynamic_cast<Name*>(&node)) name->use = Name::Use::parameter;
    });
  };
  as_parameters(*target);
  target->collect(symbols);
  Binding::collect_body(body, symbols);
  Binding::collect_body(otherwise, else_symbols);
  if (test) {
    as_parameters(*test_target);
    test_target->collect(test_symbols);
    test->collect(test_symbols);
    binding.within(binding.inner(test_symbols), [&] {
      test_target->bind(binding);
      test->bind(binding);
    });
  }
  Binding::Place inside = binding.inner(symbols);
  inside.in_loop = true;
  binding.within(inside, [&] {
    target->bind(binding);
    binding.bind_body(body);
  });
  Binding::Place after = binding.inner(else_symbols);
  if (recursive) after.in_loop = false;
  binding.within(after, [&] { binding.bind_body(otherwise); });
  scope = symbols.code();
  test_scope = test_symbols.code();
  else_scope = else_symbols.code();
}

}  // namespace weir::tmpl
