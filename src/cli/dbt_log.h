// dbt's events as its tools read them, a line of JSON each: dbt.log in --log-path (else logs/ in the project), under
// dbt's name and with --log-format-file json. What it holds are warnings, and what of a call dbt has a name for.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "cli/verb.h"

namespace weir::cli {

// `name` is the event's in dbt; `level` debug, info, warn or error. Never throws: a log that cannot be written is no
// reason to stop.
void log_event(const Call& call, std::string_view name, std::string_view level, const std::string& message,
               const Json& data = Json::object());
// Of the call itself: options that dbt calls deprecated.
void log_call(const Call& call);

}  // namespace weir::cli
