#include "cli/input_flags.h"

#include <optional>
#include <string>
#include <utility>

#include "base/error.h"
#include "cli/flags.h"

namespace weir::cli {

namespace {

Flag from_environment(Flag flag, std::string variable) {
  flag.environment = std::move(variable);
  return flag;
}

// --no-NAME, against what the environment says.
Flag negation(const std::string& name) {
  Flag flag = switch_flag("no-" + name, 0, "not --" + name);
  flag.hidden = true;
  return flag;
}

std::optional<std::string> given(const Call& call, std::string_view name) {
  if (!call.declares(name) || !call.options.is_set(name)) return std::nullopt;
  return call.options.text(name);
}

}  // namespace

std::vector<Flag> defer_flags() {
  auto state =
      from_environment(value_flag("defer-state", 0, "FOLDER", "artefacts to defer to, if other than those of --state"),
                       "DBT_DEFER_STATE");
  state.completes = Completes::folder;
  return {
      from_environment(switch_flag("defer", 0, "read what is not built here where the state's manifest has it"),
                       "DBT_DEFER"),
      state,
      from_environment(switch_flag("favor-state", 0, "with --defer: also what is built here, unless it is selected"),
                       "DBT_FAVOR_STATE"),
      negation("defer"), negation("favor-state")};
}

std::vector<Flag> empty_flags() {
  return {
      from_environment(switch_flag("empty", 0, "read no rows of refs and sources: only the SQL is tried"), "DBT_EMPTY"),
      negation("empty")};
}

std::vector<Flag> time_flags() {
  return {
      from_environment(value_flag("sample", 0, "WINDOW",
                                  "of inputs with event_time read these rows only: \"3 days\", or {start: …, end: …}"),
                       "DBT_SAMPLE"),
      from_environment(value_flag("event-time-start", 0, "TIME", "first batch of microbatch models to build, in UTC"),
                       "DBT_EVENT_TIME_START"),
      from_environment(value_flag("event-time-end", 0, "TIME", "where the last one ends; both or none"),
                       "DBT_EVENT_TIME_END")};
}

project::InputOptions input_options(const Call& call, int64_t now_ms) {
  project::InputOptions out;
  out.empty = call.is_on("empty");
  if (const auto text = given(call, "sample")) out.sample = project::parse_sample(*text, now_ms * 1000);
  const auto start = given(call, "event-time-start"), end = given(call, "event-time-end");
  if (start.has_value() != end.has_value()) {
    const std::string there = start ? "start" : "end", missing = start ? "end" : "start";
    throw Error(ErrorCode::usage, "--event-time-" + there + " is given without --event-time-" + missing,
                "give both: the batches from the one to the other are built");
  }
  if (!start) return out;
  out.event_time = project::TimeWindow{project::parse_time_option("event-time-start", *start),
                                       project::parse_time_option("event-time-end", *end)};
  if (out.event_time->start_us >= out.event_time->end_us)
    throw Error(ErrorCode::usage, "--event-time-start is " + *start + ", which is not before --event-time-end, " + *end,
                "exchange the two, or give a later end");
  return out;
}

}  // namespace weir::cli
