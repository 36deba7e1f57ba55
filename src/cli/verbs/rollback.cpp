// weir rollback: an asset back to an earlier publish, its position in the source with it.
#include <fmt/format.h>

#include <cstdio>

#include "base/text.h"
#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/table_restore.h"
#include "cli/version_spec.h"
#include "cli/workspace.h"

namespace weir::cli {

namespace {

// "3": the number of a publish (column n of the history); "v3": the publish that made version 3 of the table.
int64_t target_of(Workspace& workspace, const lake::publish::Asset& asset, const std::string& text) {
  if (!text.empty() && (text[0] == 'v' || text[0] == 'V')) return n_of_version(workspace, asset, version_number(text));
  return version_number(text);
}

// The publish before the newest.
int64_t before_the_last(Workspace& workspace, const lake::publish::Asset& asset) {
  const auto chain = workspace.publisher().chain(asset);
  if (chain.size() >= 2) return chain[1].n;
  throw Error(
      ErrorCode::rollback_refused, "there is nothing to go back to in the history of " + asset.id,
      chain.empty() ? "it was never published" : "it was published once, or older publishes are no longer kept");
}

int run_rollback(Call& call) {
  Workspace workspace(call);
  const project::Node& node = workspace.asset_node(call.argument(0));
  const auto asset = workspace.asset(node);
  const std::string to = call.options.text("to");
  return roll_back(call, workspace, node,
                   to.empty() ? before_the_last(workspace, asset) : target_of(workspace, asset, to));
}

}  // namespace

Verb rollback_verb() {
  Verb verb;
  verb.name = "rollback";
  verb.group = "Operate";
  verb.summary = "take an asset back to an earlier publish, its position in the source with it";
  verb.detail =
      "What was read since then is read again by the next build. Without --to, goes back by one. A rollback is a "
      "publish too: "
      "another rollback undoes it. `weir table history` shows the numbers.";
  verb.flags =
      together({project_flags(),
                engine_flags(),
                {value_flag("to", 0, "N", "publish to go back to: its number n, or vN for the version of the table"),
                 switch_flag("dry-run", 0, "only say what would be done")}});
  verb.arguments = {{"ASSET", "the asset, e.g. raw.orders", true, false, Completes::asset}};
  verb.run = run_rollback;
  return verb;
}

}  // namespace weir::cli
