// Other programs, run to their end.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace weir {

struct Finished {
  int exit_code = 0;   // 128 + the signal that ended it
  std::string output;  // standard output
  std::string errors;  // standard error
};

// `words` is the program, looked for in PATH, and its arguments; no shell sees them. Standard input is this process's,
// so that a program may ask its user. The environment is this process's with `environment` on top; nullopt removes a
// variable. nullopt: there is no such program.
std::optional<Finished> run_program(const std::vector<std::string>& words,
                                    const std::map<std::string, std::optional<std::string>>& environment = {});

}  // namespace weir
