// The arguments of a call, and how a native function reads them.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "template/value.h"

namespace weir::tmpl {

class Arguments {
 public:
  std::vector<Value> positional;
  std::vector<std::pair<std::string, Value>> named;  // in the order of the call; no name twice

  const Value* find(std::string_view name) const {
    for (const auto& [key, value] : named)
      if (key == name) return &value;
    return nullptr;
  }
};

// Binds arguments to parameters by position or name, as Python does:
//   Binder bind("ref", arguments, {"name", "package"}, 1);   // the first is required
//   bind[0]; if (bind.given(1)) ...; bind.or_default(1, Value("x"));
// The constructor throws Error{template_call} for a missing, repeated, unknown or surplus argument.
class Binder {
 public:
  Binder(std::string_view function, const Arguments& arguments, std::initializer_list<std::string_view> parameters,
         size_t required);
  // It refers to the arguments, which must outlive it.
  Binder(std::string_view, Arguments&&, std::initializer_list<std::string_view>, size_t) = delete;
  const Value& operator[](size_t index) const;  // None if not given
  bool given(size_t index) const { return slots_[index] != nullptr; }
  Value or_default(size_t index, Value fallback) const { return slots_[index] ? *slots_[index] : fallback; }

 private:
  std::vector<const Value*> slots_;
};

}  // namespace weir::tmpl
