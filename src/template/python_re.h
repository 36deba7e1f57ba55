// Python's `re` module as templates reach it: match, search, fullmatch, findall, sub, split, escape, compile, and the
// flags IGNORECASE, MULTILINE, DOTALL, VERBOSE. Patterns are RE2's: linear in time, without back references and without
// lookaround but
// "(?=…)" at the end, which are refused by name.
#pragma once

#include "template/value.h"

namespace weir::tmpl {

Value re_module();

}  // namespace weir::tmpl
