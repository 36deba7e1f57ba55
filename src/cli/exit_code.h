// Exit codes, in one place.
#pragma once

namespace weir::cli {

inline constexpr int exit_done = 0;
inline constexpr int exit_failed = 1;         // a run, a check or the machine failed
inline constexpr int exit_usage = 2;          // the command line or the project must be changed
inline constexpr int exit_conflict = 3;       // someone else holds or changes the same thing; again later
inline constexpr int exit_interrupted = 130;  // stopped on request

}  // namespace weir::cli
