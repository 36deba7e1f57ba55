// Variables by name, modules, namespaces.
#include <algorithm>

#include "template/failure.h"
#include "template/interpreter.h"

namespace weir::tmpl {

namespace {

void give(VariableMap& from, std::vector<Value>& out) {
  for (auto& [name, value] : from)
    if (Raw::is_container(value)) out.push_back(std::move(value));
  from.clear();
}

}  // namespace

std::optional<Value> Names::find(Evaluation& evaluation, std::string_view name) const {
  if (auto found = own.find(name); found != own.end()) return found->second;
  if (auto found = given.find(name); found != given.end()) return found->second;
  if (asks_host)
    if (auto found = evaluation.host().lookup(evaluation, name)) return found;
  if (const Value* global = evaluation.environment().global(name)) return *global;
  if (!evaluation.environment().options().dbt_blocks) return std::nullopt;
  // A macro of the same file that the host does not know.
  const auto& macros = file_.program().macros;
  if (macros.find(name) == macros.end()) return std::nullopt;
  return evaluation.macro(file_.shared_from_this(), name);
}

Ref<Names> Names::derived(Evaluation& evaluation, const Template& file, const VariableMap& locals) const {
  auto names = make<Names>(evaluation, file);
  names->given = given;
  for (const auto& [name, value] : own) names->given[name] = value;
  for (const auto& [name, value] : locals) names->given[name] = value;
  names->asks_host = asks_host;
  if (&file == &file_) {
    names->autoescape = autoescape;
    names->blocks = blocks;
    names->parents = parents;
  } else {
    for (const auto& block : file.program().inherited) names->blocks[block->name] = {{block.get()}};
  }
  return names;
}

void Names::release_children(std::vector<Value>& out) {
  give(own, out);
  give(given, out);
}

void Names::expire() { VariableMap held_own = std::move(own), held_given = std::move(given); }

void Activation::release_children(std::vector<Value>& out) {
  for (Value& slot : slots)
    if (Raw::is_container(slot)) out.push_back(std::move(slot));
  if (outer) out.push_back(Raw::adopt(Raw::Tag::object, outer.leak()));
  if (names) out.push_back(Raw::adopt(Raw::Tag::object, names.leak()));
}

void Activation::expire() {
  std::vector<Value> held = std::move(slots);
  Ref<Activation> held_outer = std::move(outer);
  Ref<Names> held_names = std::move(names);
}

Ref<Names> fresh_names(Evaluation& evaluation, const Template& file) {
  auto names = make<Names>(evaluation, file);
  for (const auto& block : file.program().inherited) names->blocks[block->name] = {{block.get()}};
  return names;
}

VariableMap visible_values(Frame& frame, const VisibleNames& visible) {
  VariableMap values;
  for (const auto& [name, slot] : visible) {
    const Value& value = frame.slot(slot);
    if (!Raw::is_missing(value) && !Raw::is_unresolved(value)) values[name] = value;
  }
  return values;
}

const Value* Module::find(std::string_view name) const {
  auto found = exported_.find(name);
  return found == exported_.end() ? nullptr : &found->second;
}

std::optional<Value> Module::get_attr(Evaluation&, std::string_view name) {
  const Value* found = find(name);
  return found ? std::optional<Value>(*found) : std::nullopt;
}

void Module::release_children(std::vector<Value>& out) { give(exported_, out); }

std::optional<Value> NamespaceObject::get_attr(Evaluation&, std::string_view name) {
  const Value* found = members_.find(name);
  return found ? std::optional<Value>(*found) : std::nullopt;
}

bool NamespaceObject::set_attr(std::string_view name, Value value) {
  members_.set(Value(name), std::move(value));
  return true;
}

std::string NamespaceObject::repr() const {
  std::string out;
  Reprs reprs(out);
  write_repr(reprs);
  return out;
}

void NamespaceObject::write_repr(Reprs& reprs) const {
  reprs.out() += "<Namespace {";
  if (reprs.enter(this)) {
    bool first = true;
    for (const auto& entry : members_.entries()) {
      if (!std::exchange(first, false)) reprs.out() += ", ";
      reprs.write(entry.key);
      reprs.out() += ": ";
      reprs.write(entry.value);
    }
    reprs.leave();
  } else {
    reprs.out() += "...";
  }
  reprs.out() += "}>";
}

void NamespaceObject::release_children(std::vector<Value>& out) {
  for (Dict::Entry& entry : members_.take_entries()) out.push_back(std::move(entry.value));
}

}  // namespace weir::tmpl
