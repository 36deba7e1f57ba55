// Which variable a name means: Jinja's rules. Every scope (template, block, macro, loop body, with, ...) knows at
// compile time the names that it reads and writes; entering it loads them (from the outer scope, or by name from the
// context).
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "template/ast.h"

namespace weir::tmpl {

// A function while it is bound: gives out slots.
struct FunctionBuilder {
  enum class Kind : uint8_t { root, block, macro, caller, loop };
  FunctionCode* code = nullptr;
  FunctionBuilder* outer = nullptr;
  Kind kind = Kind::root;
  MacroCode* macro = nullptr;                             // of macro and caller
  std::map<std::pair<int, std::string>, uint16_t> slots;  // by level and name

  uint16_t fresh_slot();
  uint16_t slot(int level, const std::string& name);
};

struct Variable {
  FunctionBuilder* function = nullptr;
  uint16_t slot = 0;
  bool operator==(const Variable&) const = default;
};

class Symbols {
 public:
  // `own_slots`: no slot is shared with other scopes of the same level.
  Symbols(Symbols* parent, FunctionBuilder* function, bool own_slots = false);

  void load(const std::string& name);
  void store(const std::string& name);
  Variable declare_parameter(const std::string& name);
  // The branches of an if, each collected from a copy of this scope, come together again.
  void branch_update(const std::vector<Symbols>& branches);

  std::optional<Variable> find(std::string_view name) const;
  Variable get(std::string_view name) const;  // Error{internal} if it was not collected
  // Is it looked up by name, since nothing here gives it a value?
  bool is_free(Variable variable) const;
  // The names given values here and outside, for dump of what is visible.
  std::vector<std::pair<std::string, Variable>> visible() const;
  // The code that enters and leaves this scope, as seen from `function`.
  ScopeCode code() const;
  FunctionBuilder* function() const { return function_; }
  Symbols* parent() const { return parent_; }

 private:
  enum class Origin : uint8_t { parameter, resolve, alias, missing };
  struct Entry {
    uint16_t slot;
    Origin origin;
    Variable source;
  };
  Variable define(const std::string& name, Origin origin, Variable source = {});
  void set_origin(uint16_t slot, Origin origin, Variable source);
  Symbols* parent_;
  FunctionBuilder* function_;
  int level_;
  bool own_slots_;
  std::map<std::string, Variable, std::less<>> names_;
  std::vector<Entry> entries_;  // in the order of definition
  std::set<std::string> stored_;
};

// How `variable` is reached from code of `function`.
Slot slot_from(const FunctionBuilder* function, Variable variable);

}  // namespace weir::tmpl
