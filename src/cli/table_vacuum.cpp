#include "cli/table_vacuum.h"

#include <fmt/format.h>

#include <cstdio>

#include "base/text.h"
#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/print.h"
#include "cli/say.h"
#include "cli/workspace.h"
#include "lake/publish/needed_files.h"
#include "lake/vacuum.h"

namespace weir::cli {

namespace {

std::string many(size_t count, std::string_view one) {
  return fmt::format("{} {}{}", human_count(count), one, count == 1 ? "" : "s");
}

std::string size_of(int64_t bytes) { return human_bytes(static_cast<uint64_t>(bytes)); }

// rollback.keep as the project has it; the default for assets of other projects.
lake::publish::KeepOf keep_of(Workspace& workspace) {
  return [&workspace](const std::string& asset) {
    if (workspace.has_project())
      for (const auto& node : workspace.project().nodes)
        if (node.has_table() && node.asset == asset) return workspace.asset(node).rollback_keep_ms;
    return lake::publish::default_rollback_keep_ms;
  };
}

void tell_held_back(const Call& call, const lake::VacuumPlan& plan) {
  if (plan.held_back.empty()) return;
  const bool one = plan.held_back.size() == 1;
  say(call, fmt::format("note: {} {} for a rollback (rollback.keep) or for an attempt that may still be published",
                        many(plan.held_back.size(), "file"), one ? "stays" : "stay"));
}

int only_list(const Call& call, const std::string& name, const lake::VacuumPlan& plan) {
  if (!call.quiet())
    for (const auto& file : plan.files) print(file.key + "\n");
  say(call, fmt::format("would remove {} ({}) of {}", many(plan.files.size(), "file"), size_of(plan.bytes), name));
  tell_held_back(call, plan);
  return exit_done;
}

// One line on a terminal, written over until the work is done.
void show_progress(const Call& call, int64_t removed, int64_t of) {
  if (call.quiet() || !call.terminal.error_is_terminal) return;
  std::fputs(fmt::format("\rremoved {} of {} files\x1b[K", removed, of).c_str(), stderr);
  if (removed == of) std::fputs("\r\x1b[K", stderr);
}

std::string done_text(const std::string& name, const lake::VacuumPlan& plan, const lake::Vacuumed& done) {
  std::string text =
      fmt::format("{}: removed {} ({})", name, many(static_cast<size_t>(done.files), "file"), size_of(plan.bytes));
  if (done.unfinished > 0)
    text += fmt::format(", the remains of {} that {} never finished",
                        many(static_cast<size_t>(done.unfinished), "file"), done.unfinished == 1 ? "was" : "were");
  if (done.folders > 0) text += " and " + many(static_cast<size_t>(done.folders), "empty folder");
  if (done.start_version && done.end_version)
    text += fmt::format("; v{} and v{} tell of it", *done.start_version, *done.end_version);
  return text;
}

int vacuum(Call& call) {
  Workspace workspace(call);
  const auto name = workspace.existing_table(call.argument(0));
  auto& parquet = workspace.engine().parquet();
  const auto newest = lake::Snapshot::open(workspace.lake()->location(name), parquet);
  lake::VacuumOptions options;
  if (call.options.is_set("retain")) options.retention_ms = call.options.duration_ms("retain");
  options.lite = call.options.boolean("lite");
  options.force = call.options.boolean("force");
  const int64_t now_ms = workspace.clock().now_ms();
  options.needed = lake::publish::files_of_assets(*newest, parquet, keep_of(workspace), now_ms);
  const auto plan = lake::plan_vacuum(*newest, parquet, options, now_ms);
  if (call.options.boolean("dry-run")) return only_list(call, name.text(), plan);
  lake::VacuumRun run;
  run.log = !call.options.boolean("no-log");
  run.progress = [&](int64_t removed, int64_t of) { show_progress(call, removed, of); };
  const auto done = lake::carry_out_vacuum(plan, newest, parquet, workspace.clock(), run);
  if (done.files == 0 && done.folders == 0 && done.unfinished == 0)
    say(call, fmt::format("nothing to remove: no {}file of {} is out of its retention",
                          plan.held_back.empty() ? "" : "other ", name.text()));
  else
    say(call, done_text(name.text(), plan, done));
  tell_held_back(call, plan);
  for (const auto& note : done.notes) say(call, "note: " + note);
  return exit_done;
}

}  // namespace

Verb vacuum_verb() {
  Verb verb;
  verb.name = "vacuum";
  verb.summary = "remove data files that no version inside the retention needs";
  verb.detail =
      "Versions that were current within the retention stay readable; older ones can no longer be read or restored. "
      "Files "
      "that a rollback inside rollback.keep needs, that an unfinished attempt may still publish, and hidden files and "
      "folders are never removed.";
  auto retain = value_flag("retain", 0, "DURATION",
                           "keep what was needed within this time, e.g. 30d (default: the table's "
                           "delta.deletedFileRetentionDuration, 7 days unless set)");
  retain.spec.type = OptionType::duration;
  verb.flags = together({project_flags(),
                         engine_flags(),
                         {retain, switch_flag("lite", 0, "find the files in the log, without listing the folder"),
                          switch_flag("force", 0, "accept a --retain below the table's own retention"),
                          switch_flag("no-log", 0, "make no commits that tell of it"),
                          switch_flag("dry-run", 0, "list what would be removed, remove nothing")}});
  verb.arguments = {{"TABLE", "schema.table", true, false, Completes::table}};
  verb.run = vacuum;
  return verb;
}

}  // namespace weir::cli
