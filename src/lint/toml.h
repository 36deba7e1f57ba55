// TOML 1.0, as far as reading options needs it: every `key = value` with the tables it stands in.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir::lint {

struct TomlEntry {
  std::vector<std::string> path;  // of its tables, and the key last; what is in an inline table has an entry of its own
  std::vector<std::string> values;  // one; of a list its members, those of its lists too: texts, numbers as 1000
  int line = 0;                     // where the key stands
};

// In the order of the text. Throws Error{bad_lint_config} with the place in `label` where it is no TOML.
std::vector<TomlEntry> read_toml_entries(std::string_view text, const std::string& label);

}  // namespace weir::lint
