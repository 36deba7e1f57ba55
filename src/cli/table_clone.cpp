#include "cli/table_clone.h"

#include <fmt/format.h>

#include "base/failpoint.h"
#include "base/text.h"
#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/say.h"
#include "cli/version_spec.h"
#include "cli/workspace.h"
#include "lake/clone.h"
#include "lake/commit.h"

namespace weir::cli {

namespace {

void check_free(Workspace& workspace, const lake::TableName& target) {
  const bool view = workspace.lake()->catalog().views.contains(lower(target.text()));
  if (!view && !workspace.lake()->table_exists(target)) return;
  throw Error(ErrorCode::sql_exists, fmt::format("{} \"{}\" already exists", view ? "view" : "table", target.text()),
              "a clone is a new table: choose another name");
}

int clone_table(Call& call) {
  Workspace workspace(call);
  const auto name = workspace.existing_table(call.argument(0));
  const auto target = workspace.table_name(call.argument(1));
  check_free(workspace, target);
  auto& parquet = workspace.engine().parquet();
  const auto lake = workspace.lake();
  const auto source = lake::Snapshot::open(lake->location(name), parquet, version_spec(call.options));
  auto clone = lake::plan_clone(*source, name.text(), lake->uri(), workspace.clock().now_ms());
  const std::string what = fmt::format("{} file{} ({}) of {} v{}", human_count(static_cast<uint64_t>(clone.files)),
                                       clone.files == 1 ? "" : "s", human_bytes(static_cast<uint64_t>(clone.bytes)),
                                       name.text(), source->version());
  if (call.options.boolean("dry-run")) {
    say(call, fmt::format("would make {} of {}", target.text(), what));
    return exit_done;
  }
  const auto notes = commit_clone(workspace, target, std::move(clone));
  say(call, fmt::format("{} v0: {}, none copied", target.text(), what));
  for (const auto& note : notes) say(call, "note: " + note);
  return exit_done;
}

}  // namespace

std::vector<std::string> commit_clone(Workspace& workspace, const lake::TableName& target, lake::Clone clone) {
  lake::Transaction transaction(workspace.lake()->location(target), nullptr, workspace.engine().parquet());
  transaction.draft() = std::move(clone.draft);
  failpoint("clone.before");
  const auto outcome = transaction.commit(workspace.clock().now_ms());
  failpoint("clone.done");
  if (std::holds_alternative<lake::Conflict>(outcome))
    throw Error(ErrorCode::sql_exists, fmt::format("table \"{}\" was made by another writer meanwhile", target.text()));
  if (std::holds_alternative<lake::Unknown>(outcome))
    throw Error(ErrorCode::store_unknown, "the store did not say whether the commit arrived",
                fmt::format("`weir table history {}` shows it; run it again if it is not there", target.text()));
  return transaction.notes();
}

Verb table_clone_verb() {
  Verb verb;
  verb.name = "clone";
  verb.summary = "a new table with the files of another one, without copying them";
  verb.detail =
      "What is written to either table later does not show in the other. The clone needs the source's files: a vacuum "
      "of the source that removes some of them makes the clone unreadable, and `weir table check` names them.";
  verb.flags = together({project_flags(),
                         engine_flags(),
                         version_flags(),
                         {switch_flag("dry-run", 0, "tell what would be done, do nothing")}});
  verb.arguments = {{"SOURCE", "schema.table", true, false, Completes::table},
                    {"TARGET", "schema.table of the clone", true, false, Completes::nothing}};
  verb.run = clone_table;
  return verb;
}

}  // namespace weir::cli
