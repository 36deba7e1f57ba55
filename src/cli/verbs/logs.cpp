// weir logs: the events of a run, or of one asset in the newest run that had it.
#include <cstdio>

#include "base/text.h"
#include "cli/event_text.h"
#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/say.h"
#include "cli/workspace.h"

namespace weir::cli {

namespace {

// Events that make no line of their own while running are still part of a run's log.
std::string line_of(const Event& event) {
  if (auto line = plain_line(event)) return *line;
  return log_line(event);
}

struct Wanted {
  std::string run;
  std::string asset;  // "" = all
};

std::optional<std::string> asset_named(Workspace& workspace, const std::string& text) {
  try {
    return workspace.project().resolve(text).asset;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::unknown_asset) throw;
    return std::nullopt;
  }
}

// A whole id is a run and needs no project that loads; the name of an asset goes before a part of an id, since ids end
// in whatever they end in.
std::optional<Wanted> find(Workspace& workspace, const state::StateReader& reader, const std::string& text) {
  if (text.empty() || text == "last") {
    const auto runs = reader.runs({std::nullopt, std::nullopt, 1});
    return runs.empty() ? std::nullopt : std::optional(Wanted{runs.front().id, ""});
  }
  if (const auto run = reader.run(text)) return Wanted{run->id, ""};
  if (const auto asset = asset_named(workspace, text)) {
    const auto steps = reader.steps_of_asset(*asset, 1);
    if (!steps.empty()) return Wanted{steps.front().run, *asset};
    throw Error(ErrorCode::no_such_run, "no run had a step of " + *asset, "`weir runs` lists the runs");
  }
  if (const auto run = reader.run_like(text)) return Wanted{run->id, ""};
  throw Error(ErrorCode::no_such_run, "there is no run and no asset \"" + text + "\"", "`weir runs` lists the runs");
}

int run_logs(Call& call) {
  Workspace workspace(call);
  const auto reader = workspace.state_reader();
  const auto wanted = reader ? find(workspace, *reader, call.argument(0)) : std::nullopt;
  if (!wanted) {
    say(call, "no runs yet");
    return exit_done;
  }
  const bool json = call.options.text("output") == "json";
  for (const auto& row : reader->events(wanted->run)) {
    if (!wanted->asset.empty() && row.event.text("asset") != wanted->asset) continue;
    std::fputs(((json ? json_line(row.event) : line_of(row.event)) + "\n").c_str(), stdout);
  }
  return exit_done;
}

}  // namespace

Verb logs_verb() {
  Verb verb;
  verb.name = "logs";
  verb.group = "Operate";
  verb.summary = "the events of a run, or of an asset in its newest run";
  auto output = value_flag("output", 0, "FORM", "form of the lines");
  output.spec.allowed = {"text", "json"};
  output.spec.default_value = "text";
  verb.flags = together({project_flags(), {output}});
  verb.arguments = {{"RUN", "a run's id (or its beginning or ending), \"last\", or an asset; without it: the last run",
                     false, false, Completes::run}};
  verb.run = run_logs;
  return verb;
}

}  // namespace weir::cli
