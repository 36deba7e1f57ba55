// Shell completion: `weir --complete WORD… ` prints the candidates for the last word, one per line. The scripts in
// docs/completion/ call it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/verb.h"

namespace weir::cli {

// Names of assets and tables, as far as they can be known; asked only when a word needs them.
using NameSource = std::function<std::vector<std::string>(Completes)>;

// `words` are those after the program's name; the last one is being typed (may be empty). Candidates begin with it.
// Where a file or folder is expected the single candidate "::files" or "::folders" leaves it to the shell.
std::vector<std::string> complete(const std::vector<std::string>& words, const std::vector<Verb>& table,
                                  const NameSource& names);

}  // namespace weir::cli
