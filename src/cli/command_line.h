// From argv to a Call: finds the verb, reads its flags, says what was meant.
#pragma once

#include <string>
#include <vector>

#include "cli/verb.h"

namespace weir::cli {

struct CommandLine {
  const Verb* verb = nullptr;     // the one to run; nullptr: none was named
  std::vector<std::string> path;  // {"table", "history"}
  bool help = false;              // asked for help (of the verb, or of the program)
  bool version = false;
  std::vector<std::string> values;  // positional
  Options options{{}};
};

// `arguments` without the program's name. Common flags may stand before the verb. Environment variables of flags are
// read here; the order is default < environment < flag. Throws Error{unknown_option | bad_option_value | usage}.
// `as_dbt`: called under dbt's name, whose options are understood too.
CommandLine parse_command_line(const std::vector<std::string>& arguments, const std::vector<Verb>& table,
                               bool as_dbt = false);

// All flags that a verb understands, its own first.
std::vector<Flag> all_flags(const Verb& verb);

}  // namespace weir::cli
