#include "template/scope.h"

#include "template/failure.h"

namespace weir::tmpl {

uint16_t FunctionBuilder::fresh_slot() {
  if (code->slots >= 60000) limit_error("the template has too many variables");
  return code->slots++;
}

uint16_t FunctionBuilder::slot(int level, const std::string& name) {
  auto [place, is_new] = slots.try_emplace({level, name}, uint16_t{0});
  if (is_new) place->second = fresh_slot();
  return place->second;
}

Symbols::Symbols(Symbols* parent, FunctionBuilder* function, bool own_slots)
    : parent_(parent), function_(function), level_(parent ? parent->level_ + 1 : 0), own_slots_(own_slots) {}

Variable Symbols::define(const std::string& name, Origin origin, Variable source) {
  auto known = names_.find(name);
  uint16_t slot = own_slots_ && known != names_.end() && known->second.function == function_ ? known->second.slot
                  : own_slots_                                                               ? function_->fresh_slot()
                               : function_->slot(level_, name);
  Variable variable{function_, slot};
  names_[name] = variable;
  set_origin(slot, origin, source);
  return variable;
}

void Symbols::set_origin(uint16_t slot, Origin origin, Variable source) {
  for (Entry& entry : entries_)
    if (entry.slot == slot) {
      entry.origin = origin;
      entry.source = source;
      return;
    }
  entries_.push_back({slot, origin, source});
}

std::optional<Variable> Symbols::find(std::string_view name) const {
  for (const Symbols* scope = this; scope; scope = scope->parent_)
    if (auto found = scope->names_.find(name); found != scope->names_.end()) return found->second;
  return std::nullopt;
}

Variable Symbols::get(std::string_view name) const {
  auto found = find(name);
  require(found.has_value(), "a template name was bound without being collected");
  return *found;
}

void Symbols::load(const std::string& name) {
  if (!find(name)) define(name, Origin::resolve);
}

void Symbols::store(const std::string& name) {
  stored_.insert(name);
  if (names_.count(name)) return;
  if (auto outer = parent_ ? parent_->find(name) : std::nullopt)
    define(name, Origin::alias, *outer);
  else
    define(name, Origin::missing);
}

Variable Symbols::declare_parameter(const std::string& name) {
  stored_.insert(name);
  return define(name, Origin::parameter);
}

void Symbols::branch_update(const std::vector<Symbols>& branches) {
  std::set<std::string> stored;
  for (const Symbols& branch : branches)
    for (const std::string& name : branch.stored_)
      if (!stored_.count(name)) stored.insert(name);
  for (const Symbols& branch : branches) {
    for (const auto& [name, variable] : branch.names_) names_[name] = variable;
    for (const Entry& entry : branch.entries_) set_origin(entry.slot, entry.origin, entry.source);
    stored_.insert(branch.stored_.begin(), branch.stored_.end());
  }
  for (const std::string& name : stored) {
    Variable target = get(name);
    auto outer = parent_ ? parent_->find(name) : std::nullopt;
    set_origin(target.slot, outer ? Origin::alias : Origin::resolve, outer.value_or(Variable{}));
  }
}

bool Symbols::is_free(Variable variable) const {
  for (const Symbols* scope = this; scope; scope = scope->parent_) {
    if (scope->function_ != variable.function) continue;
    for (const Entry& entry : scope->entries_)
      if (entry.slot == variable.slot) return entry.origin == Origin::resolve;
  }
  return false;
}

std::vector<std::pair<std::string, Variable>> Symbols::visible() const {
  std::vector<std::pair<std::string, Variable>> all;
  std::set<std::string> seen;
  for (const Symbols* scope = this; scope; scope = scope->parent_)
    for (const std::string& name : scope->stored_)
      if (seen.insert(name).second) all.emplace_back(name, get(name));
  return all;
}

ScopeCode Symbols::code() const {
  ScopeCode code;
  for (const Entry& entry : entries_) {
    code.owned.push_back(entry.slot);
    if (entry.origin == Origin::parameter) continue;
    Load load;
    load.slot = entry.slot;
    load.kind = entry.origin == Origin::resolve ? Load::Kind::resolve
                : entry.origin == Origin::alias ? Load::Kind::alias
                                                : Load::Kind::missing;
    if (entry.origin == Origin::alias) load.source = slot_from(function_, entry.source);
    code.loads.push_back(load);
  }
  return code;
}

Slot slot_from(const FunctionBuilder* function, Variable variable) {
  Slot slot;
  slot.index = variable.slot;
  for (const FunctionBuilder* at = function; at != variable.function; at = at->outer) {
    require(at != nullptr, "a template variable is out of reach");
    ++slot.depth;
  }
  return slot;
}

}  // namespace weir::tmpl
