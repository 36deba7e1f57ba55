// Throwing the errors of templates, by Python's names for them.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace weir::tmpl {

class Value;

[[noreturn]] void type_error(std::string message);
[[noreturn]] void value_error(std::string message);
[[noreturn]] void limit_error(std::string message);
[[noreturn]] void forbidden_error(std::string message);
[[noreturn]] void runtime_error(std::string message);
[[noreturn]] void call_error(std::string message);

// 'text' as Python's repr writes it.
std::string in_quotes(std::string_view text);

// How deep values inside values may be followed (printing, comparing, hashing, freezing).
constexpr int kMaxValueDepth = 900;
void check_value_depth(int depth);

}  // namespace weir::tmpl
