// Other programs, run to their end.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancel.h"

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

struct WatchedProgram {
  std::vector<std::string> words;                                 // as above
  std::map<std::string, std::optional<std::string>> environment;  // as above
  std::string folder;                                             // to run in; "" = this process's
  int64_t timeout_ms = 0;                                         // 0 = none
  // Each line of standard output and standard error as it comes, without its end; long ones in pieces.
  std::function<void(std::string_view line)> on_line;
};
struct WatchedEnd {
  int exit_code = 0;  // 128 + the signal that ended it
  bool timed_out = false;
};
// A program that is a process group of its own: on a wish to stop, and when its time is over, all of the group is asked
// to end (SIGTERM) and two seconds later ended (SIGKILL). What it left running in its group ends with it. Its standard
// input is a pipe that never gives anything and is closed when this process ends, however that comes. Throws
// Error{cancelled}. nullopt: there is no such program.
std::optional<WatchedEnd> run_watched(const WatchedProgram& program, const CancelToken& cancel);

}  // namespace weir
