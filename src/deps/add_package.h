// An entry added to packages.yml, the rest of the file left as it is: comments, order, blanks.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"

namespace weir::deps {

struct NewEntry {
  std::string kind;  // "package", "git" or "local"
  std::string place;
  std::string version;  // version or revision; "" = none; "a,b" is a list, as for dbt
};

struct Edited {
  std::string text;
  std::vector<std::string> replaced;  // places of entries that were the same package and are gone
};

// `text` is the file's, "" for a new one; `label` its name. What counts as the same package is what dbt takes for it:
// the same last part of the name, '-' and '_' alike. Throws Error{bad_packages} for a file whose list is not one entry
// a line or block.
// `indents`: entries that begin where their lines do are moved in by two blanks, as dbt writes them.
Edited with_package(const std::string& text, const std::string& label, const NewEntry& entry, bool indents = false);

}  // namespace weir::deps
