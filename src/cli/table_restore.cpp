#include "cli/table_restore.h"

#include <fmt/format.h>

#include <cstdio>
#include <set>

#include "base/ids.h"
#include "base/text.h"
#include "base/time.h"
#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/interrupts.h"
#include "cli/say.h"
#include "cli/version_spec.h"
#include "lake/commit.h"
#include "lake/restore.h"

namespace weir::cli {

namespace {

const project::Node* node_of_table(Workspace& workspace, const lake::TableName& name) {
  if (!workspace.has_project()) return nullptr;
  for (const auto& node : workspace.project().nodes)
    if (node.has_table() && iequals(node.relation.schema, name.schema) && iequals(node.relation.name, name.name))
      return &node;
  return nullptr;
}

bool published_by_weir(const lake::Snapshot& snapshot) {
  for (const auto& [app_id, txn] : snapshot.txns())
    if (app_id.rfind("weir:", 0) == 0) return true;
  return false;
}

int restore(Call& call) {
  Workspace workspace(call);
  const auto name = workspace.existing_table(call.argument(0));
  const auto spec = version_spec(call.options);
  if (!spec.version && !spec.at_ms)
    throw Error(ErrorCode::usage, "weir table restore needs --version or --at",
                "`weir table history " + name.text() + "` lists versions");
  const auto location = workspace.lake()->location(name);
  auto& parquet = workspace.engine().parquet();
  const auto newest = lake::Snapshot::open(location, parquet);
  const auto wanted = lake::Snapshot::open(location, parquet, spec);
  if (published_by_weir(*newest)) {
    const project::Node* node = node_of_table(workspace, name);
    if (!node)
      throw Error(ErrorCode::restore_asset, name.text() + " is published by an asset that this project does not have",
                  "run this in the project that owns it");
    return roll_back(call, workspace, *node, n_of_version(workspace, workspace.asset(*node), wanted->version()));
  }
  if (call.options.boolean("dry-run")) {
    say(call,
        fmt::format("would restore {} v{} to the content of v{}", name.text(), newest->version(), wanted->version()));
    return exit_done;
  }
  lake::Restore plan = lake::plan_restore(*newest, *wanted, workspace.clock().now_ms());
  lake::check_complete(plan, *wanted);
  if (plan.draft.actions.empty()) {
    say(call, fmt::format("nothing to do: {} has the content of v{}", name.text(), wanted->version()));
    return exit_done;
  }
  lake::Transaction transaction(location, newest, parquet);
  transaction.draft() = std::move(plan.draft);
  const auto outcome = transaction.commit(workspace.clock().now_ms());
  if (const auto* done = std::get_if<lake::Committed>(&outcome)) {
    say(call, fmt::format("{} v{}: the content of v{}", name.text(), done->version, wanted->version()));
    return exit_done;
  }
  if (const auto* conflict = std::get_if<lake::Conflict>(&outcome))
    throw Error(ErrorCode::superseded, fmt::format("another commit (v{}) won: {}", conflict->version, conflict->why),
                "nothing was changed; run it again");
  throw Error(ErrorCode::store_unknown, "the store did not say whether the commit arrived",
              "`weir table history " + name.text() + "` shows it; run it again if it is not there");
}

}  // namespace

int64_t n_of_version(Workspace& workspace, const lake::publish::Asset& asset, int64_t version) {
  const auto commit = lake::read_commit(asset.anchor().location, version);
  const auto* txn = commit ? commit->txn(lake::publish::app_id(asset.id)) : nullptr;
  if (txn) return txn->version;
  std::vector<std::string> versions;
  for (const auto& manifest : workspace.publisher().chain(asset)) versions.push_back(fmt::format("n={}", manifest.n));
  throw Error(ErrorCode::rollback_refused, fmt::format("v{} of {} is not a publish of this asset", version, asset.id),
              "possible targets (weir table history shows them): " + join(versions, ", "));
}

int roll_back(Call& call, Workspace& workspace, const project::Node& node, int64_t n) {
  const auto asset = workspace.asset(node);
  if (call.options.boolean("dry-run")) {
    for (const auto& manifest : workspace.publisher().chain(asset)) {
      if (manifest.n != n) continue;
      say(call, fmt::format("would roll {} back to n={} (run {})", asset.id, n, manifest.run));
      return exit_done;
    }
    throw Error(ErrorCode::rollback_refused, fmt::format("n={} is not in the history of {}", n, asset.id));
  }
  const auto state = workspace.state_writer(call.verb.name);
  const std::string run = ulid(workspace.clock().now_ms());
  const auto outcome = workspace.publisher().rollback(asset, n, run);
  if (const auto* lost = std::get_if<lake::publish::Superseded>(&outcome))
    throw Error(ErrorCode::superseded, asset.id + " was not rolled back: " + lost->why,
                "nothing was changed; run it again");
  const auto& published = std::get<lake::publish::Published>(outcome);
  for (size_t i = 0; i < asset.tables.size() && i < published.versions.size(); ++i)
    say(call, fmt::format("{} v{}: rolled back to n={}", asset.tables[i].name.text(), published.versions[i], n));
  for (const auto& note : published.notes) say(call, "note: " + note);
  return exit_done;
}

Verb restore_verb() {
  Verb verb;
  verb.name = "restore";
  verb.summary = "bring back an earlier version";
  verb.detail =
      "On a table that this project publishes it is `weir rollback`: the position in the sources goes back together "
      "with the "
      "rows. On other tables it is a plain restore. Neither removes anything: the next restore can undo it.";
  verb.flags = together(
      {project_flags(), engine_flags(), version_flags(), {switch_flag("dry-run", 0, "only say what would be done")}});
  verb.arguments = {{"TABLE", "schema.table", true, false, Completes::table}};
  verb.run = restore;
  return verb;
}

}  // namespace weir::cli
