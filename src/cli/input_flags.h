// Flags that decide what a run's nodes read: --defer and its kin, --empty, --sample, --event-time-start.
#pragma once

#include <vector>

#include "cli/verb.h"
#include "project/event_time.h"

namespace weir::cli {

// --defer --defer-state --favor-state.
std::vector<Flag> defer_flags();
std::vector<Flag> empty_flags();
// --sample --event-time-start --event-time-end.
std::vector<Flag> time_flags();

// What they say, as far as the verb has them. Throws Error{bad_option_value | usage}.
project::InputOptions input_options(const Call& call, int64_t now_ms);

}  // namespace weir::cli
