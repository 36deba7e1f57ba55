// What a template reaches by name, found without evaluating it.
#include <algorithm>

#include "template/binder.h"

namespace weir::tmpl {

namespace {

struct Reached {
  std::set<std::string> names;
  std::set<std::pair<std::string, std::string>> dispatched;
};

// "a.b.c" for a chain of attributes of a free name.
std::string dotted(const Node& node) {
  if (const auto* name = dynamic_cast<const Name*>(&node)) return name->free ? name->name : std::string();
  const auto* member = dynamic_cast<const GetAttr*>(&node);
  if (!member) return {};
  std::string object = dotted(*member->object);
  return object.empty() ? object : object + "." + member->name;
}

std::string literal(const Expr* expr) {
  const auto* constant = dynamic_cast<const Const*>(expr);
  return constant && constant->value.is_string() ? constant->value.as_string() : std::string();
}

void note_dispatch(const Call& call, Reached& reached) {
  const auto* member = dynamic_cast<const GetAttr*>(call.callee.get());
  if (!member || member->name != "dispatch" || dotted(*member->object) != "adapter") return;
  auto argument = [&](size_t index, std::string_view name) -> const Expr* {
    if (index < call.args.positional.size()) return call.args.positional[index].get();
    for (const auto& [key, value] : call.args.named)
      if (key == name) return value.get();
    return nullptr;
  };
  std::string macro = literal(argument(0, "macro_name"));
  if (!macro.empty()) reached.dispatched.emplace(macro, literal(argument(1, "macro_namespace")));
}

void gather(Node& node, Reached& reached) {
  if (const auto* call = dynamic_cast<Call*>(&node)) note_dispatch(*call, reached);
  std::string name = dotted(node);
  if (!name.empty()) {
    reached.names.insert(std::move(name));
    return;
  }
  node.children([&](Node& child) { gather(child, reached); });
}

template <class Target>
void store(const Reached& reached, Target& target) {
  target.called_names.assign(reached.names.begin(), reached.names.end());
  target.dispatched.assign(reached.dispatched.begin(), reached.dispatched.end());
}

}  // namespace

void list_called_names(Program& program) {
  Reached whole;
  for (StmtPtr& statement : program.root.body) {
    Reached own;
    gather(*statement, own);
    whole.names.insert(own.names.begin(), own.names.end());
    whole.dispatched.insert(own.dispatched.begin(), own.dispatched.end());
    auto* macro = dynamic_cast<MacroStmt*>(statement.get());
    if (!macro) continue;
    for (Block& block : program.blocks)
      if (block.macro_name == macro->code->name) store(own, block);
  }
  store(whole, program);
}

}  // namespace weir::tmpl
