#include "template/binder.h"

#include "template/failure.h"

namespace weir::tmpl {

namespace {

// Removes from `names` what is given a value on the way; what is read first goes to `found`.
void find_undeclared(Node& node, std::set<std::string>& names, std::set<std::string>& found) {
  if (dynamic_cast<BlockStmt*>(&node)) return;
  if (auto* name = dynamic_cast<Name*>(&node)) {
    if (name->use == Name::Use::load && names.count(name->name))
      found.insert(name->name);
    else
      names.erase(name->name);
    return;
  }
  MacroCode* code = nullptr;
  if (auto* macro = dynamic_cast<MacroStmt*>(&node)) code = macro->code.get();
  if (auto* call = dynamic_cast<CallBlock*>(&node)) code = call->code.get();
  if (code)
    for (const MacroParameter& parameter : code->parameters) names.erase(parameter.name);
  node.children([&](Node& child) { find_undeclared(child, names, found); });
}

}  // namespace

std::set<std::string> undeclared(const Body& body, std::set<std::string> names) {
  std::set<std::string> found;
  for (const StmtPtr& statement : body) find_undeclared(*statement, names, found);
  return found;
}

void walk(Node& node, const Visit& visit) {
  visit(node);
  node.children([&](Node& child) { walk(child, visit); });
}

void Node::collect(Symbols& symbols) {
  children([&](Node& child) { child.collect(symbols); });
}

void Node::bind(Binding& binding) {
  children([&](Node& child) { child.bind(binding); });
}

Binding::Binding(const Environment& environment, Program& program) : environment_(environment), program_(program) {}

void Binding::fail(std::string message, tmpl::Place place, ErrorCode code) const {
  syntax_error(std::move(message), span_at(program_.source, program_.name, place, program_.first_line), code);
}

Binding::Place Binding::inner(Symbols& symbols) const {
  Place place;
  place.symbols = &symbols;
  place.function = symbols.function();
  place.check_extended = here_.check_extended;
  place.in_loop = here_.in_loop;
  place.escaping = here_.escaping;
  return place;
}

void Binding::collect_body(Body& body, Symbols& symbols) {
  for (StmtPtr& statement : body) statement->collect(symbols);
}

void Binding::bind_body(Body& body) {
  for (StmtPtr& statement : body) statement->bind(*this);
}

Slot Binding::slot(std::string_view name) { return slot(here_.symbols->get(name)); }

Slot Binding::slot(Variable variable) {
  Slot slot = slot_from(here_.function, variable);
  if (slot.depth > 0 && variable.function->kind == FunctionBuilder::Kind::root)
    for (FunctionBuilder* at = here_.function; at != variable.function; at = at->outer)
      if (at->macro) at->macro->uses_root = true;
  return slot;
}

VisibleNames Binding::visible() const {
  VisibleNames names;
  for (const auto& [name, variable] : here_.symbols->visible())
    names.emplace_back(name, const_cast<Binding*>(this)->slot(variable));
  return names;
}

std::vector<std::pair<std::string, Slot>> Binding::exports(Expr& target) {
  std::vector<std::pair<std::string, Slot>> exported;
  if (!here_.toplevel) return exported;
  walk(target, [&](Node& node) {
    auto* name = dynamic_cast<Name*>(&node);
    if (name && name->use == Name::Use::store) exported.emplace_back(name->name, name->slot);
  });
  return exported;
}

void Binding::bind_macro(MacroCode& code) {
  FunctionBuilder function;
  function.code = &code;
  function.outer = here_.function;
  function.kind = code.is_named ? FunctionBuilder::Kind::macro : FunctionBuilder::Kind::caller;
  function.macro = &code;
  Symbols symbols(here_.symbols, &function);
  for (MacroParameter& parameter : code.parameters) {
    parameter.slot = symbols.declare_parameter(parameter.name).slot;
    if (parameter.name == "caller") code.explicit_caller = true;
  }
  for (MacroParameter& parameter : code.parameters)
    if (parameter.fallback) parameter.fallback->collect(symbols);
  collect_body(code.body, symbols);
  std::set<std::string> special = undeclared(code.body, {"caller", "kwargs", "varargs"});
  for (const MacroParameter& parameter : code.parameters) {
    if (parameter.name == "caller" && special.count("caller") && !parameter.fallback)
      fail("When defining macros or call blocks the special \"caller\" argument must be omitted or be given a default.",
           code.body.empty() ? tmpl::Place{} : code.body.front()->place);
    special.erase(parameter.name);
  }
  if (special.count("caller")) code.caller_slot = symbols.declare_parameter("caller").slot;
  if (special.count("kwargs")) code.kwargs_slot = symbols.declare_parameter("kwargs").slot;
  if (special.count("varargs")) code.varargs_slot = symbols.declare_parameter("varargs").slot;
  Place place = inner(symbols);
  place.check_extended = place.in_loop = false;
  within(place, [&] {
    for (MacroParameter& parameter : code.parameters)
      if (parameter.fallback) parameter.fallback->bind(*this);
    bind_body(code.body);
  });
  code.scope = std::make_unique<ScopeCode>(symbols.code());
}

void Binding::run() {
  RootCode& root = program_.root;
  std::vector<BlockStmt*> blocks;
  for (StmtPtr& statement : root.body)
    walk(*statement, [&](Node& node) {
      if (auto* block = dynamic_cast<BlockStmt*>(&node)) blocks.push_back(block);
      if (dynamic_cast<Extends*>(&node)) root.has_extends = true;
    });
  std::set<std::string> names;
  for (BlockStmt* block : blocks) {
    if (!names.insert(block->name).second) fail("block " + in_quotes(block->name) + " defined twice", block->place);
    program_.inherited.push_back(std::make_unique<BlockCode>());
    block->code = program_.inherited.back().get();
    block->code->name = block->name;
    block->code->required = block->required;
    block->code->body = &block->body;
  }
  FunctionBuilder function;
  function.code = &root;
  Symbols symbols(nullptr, &function);
  if (!undeclared(root.body, {"self"}).empty()) root.self_slot = symbols.declare_parameter("self").slot;
  collect_body(root.body, symbols);
  Place place = inner(symbols);
  place.toplevel = place.root = true;
  place.check_extended = root.has_extends;
  within(place, [&] { bind_body(root.body); });
  root.scope = std::make_unique<ScopeCode>(symbols.code());
  for (BlockStmt* block : blocks) bind_block(*block);
}

// A block is no child of the template's top: it sees its variables through the context only.
void Binding::bind_block(BlockStmt& block) {
  BlockCode& code = *block.code;
  FunctionBuilder function;
  function.code = &code;
  function.kind = FunctionBuilder::Kind::block;
  Symbols symbols(nullptr, &function);
  std::set<std::string> special = undeclared(block.body, {"self", "super"});
  if (special.count("self")) code.self_slot = symbols.declare_parameter("self").slot;
  if (special.count("super")) code.super_slot = symbols.declare_parameter("super").slot;
  collect_body(block.body, symbols);
  Place place;
  place.symbols = &symbols;
  place.function = &function;
  within(place, [&] { bind_body(block.body); });
  code.scope = std::make_unique<ScopeCode>(symbols.code());
}

}  // namespace weir::tmpl
