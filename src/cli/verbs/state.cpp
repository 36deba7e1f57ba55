// weir state: the local memory of runs. Losing it loses no row of any table.
#include <fmt/format.h>

#include <cstdio>

#include "base/text.h"
#include "base/time.h"
#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/print.h"
#include "cli/say.h"
#include "cli/workspace.h"
#include "run/rebuild.h"

namespace weir::cli {

namespace {

Json state_json(Workspace& workspace, const state::StateReader* reader) {
  Json json = Json::object();
  json.set("path", workspace.state_dir().string()).set("exists", reader != nullptr);
  if (!reader) return json;
  json.set("bytes", reader->size_bytes()).set("runs", static_cast<int64_t>(reader->runs({{}, {}, 1'000'000}).size()));
  if (const auto holder = state::lock_holder(workspace.state_dir()))
    json.set("writer", Json::object()
                           .set("pid", holder->process.pid)
                           .set("verb", holder->verb)
                           .set("run", holder->run)
                           .set("since", iso_ms(holder->since_ms)));
  return json;
}

int show(Call& call) {
  Workspace workspace(call);
  const auto reader = workspace.state_reader();
  if (call.options.text("output") == "json") {
    print(state_json(workspace, reader.get()).dump(2) + "\n");
    return exit_done;
  }
  print("folder  " + workspace.state_dir().string() + "\n");
  if (!reader) {
    print("empty   nothing ran yet\n");
    return exit_done;
  }
  const auto runs = reader->runs({{}, {}, 1'000'000});
  print(fmt::format("size    {}\nruns    {}", human_bytes(static_cast<uint64_t>(reader->size_bytes())), runs.size()));
  if (!runs.empty())
    print(fmt::format(", the newest {} ({})", runs.front().id, state::status_text(runs.front().status)));
  print("\n");
  if (const auto holder = state::lock_holder(workspace.state_dir()))
    print(fmt::format("writer  pid {}, weir {}, since {}{}\n", holder->process.pid, holder->verb,
                      iso_seconds(holder->since_ms), holder->run.empty() ? "" : ", run " + holder->run));
  else
    print("writer  none\n");
  for (const auto& lease : reader->leases())
    print(fmt::format("lease   {} by run {} (pid {})\n", lease.asset, lease.run, lease.process.pid));
  return exit_done;
}

int rebuild(Call& call) {
  Workspace workspace(call);
  std::vector<lake::publish::Asset> assets;
  for (const auto& node : workspace.project().nodes)
    if (node.has_table() && node.unsupported.empty()) assets.push_back(workspace.asset(node));
  const auto state = workspace.state_writer("state rebuild");
  const auto rebuilt = run::rebuild_state(*state, assets, workspace.publisher());
  for (const auto& skipped : rebuilt.skipped) std::fputs(("skipped " + skipped + "\n").c_str(), stderr);
  say(call, fmt::format("rebuilt from the manifests of the lake: {} run{}, {} step{}", rebuilt.runs,
                        rebuilt.runs == 1 ? "" : "s", rebuilt.steps, rebuilt.steps == 1 ? "" : "s"));
  return rebuilt.skipped.empty() ? exit_done : exit_failed;
}

}  // namespace

Verb state_verb() {
  auto output = value_flag("output", 0, "FORM", "form of the answer");
  output.spec.allowed = {"text", "json"};
  output.spec.default_value = "text";
  Verb shown;
  shown.name = "show";
  shown.summary = "where it is, its size, who writes to it now";
  shown.flags = together({project_flags(), {output}});
  shown.run = show;
  Verb rebuilt;
  rebuilt.name = "rebuild";
  rebuilt.summary = "write it anew from what the manifests in the lake tell";
  rebuilt.detail = "The log lines and the failed runs are in no manifest: they are lost with the old file.";
  rebuilt.flags = together({project_flags(), engine_flags()});
  rebuilt.run = rebuild;
  Verb verb;
  verb.name = "state";
  verb.group = "Operate";
  verb.summary = "the local record of runs: show, rebuild";
  verb.verbs = {shown, rebuilt};
  verb.default_verb = "show";
  return verb;
}

}  // namespace weir::cli
