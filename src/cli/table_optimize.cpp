#include "cli/table_optimize.h"

#include <fmt/format.h>

#include <cstdio>

#include "base/ids.h"
#include "base/text.h"
#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/print.h"
#include "cli/say.h"
#include "cli/workspace.h"
#include "lake/optimize.h"

namespace weir::cli {

namespace {

// What one commit moves at most: so much is done again at worst if it is stopped or a rival wins.
constexpr int64_t most_bytes_of_a_commit = 8LL << 30;
constexpr int most_tries = 5;

std::string amount(size_t count, std::string_view one) {
  return fmt::format("{} {}{}", human_count(count), one, count == 1 ? "" : "s");
}

struct Work {
  size_t files = 0;
  int64_t bytes = 0;
};

Work work_of(const std::vector<lake::RewriteGroup>& groups) {
  Work work;
  for (const auto& group : groups) {
    work.files += group.paths.size();
    work.bytes += group.bytes;
  }
  return work;
}

// Takes the groups of the next commit off the list.
std::vector<std::string> take_paths(std::vector<lake::RewriteGroup>& groups) {
  std::vector<std::string> paths;
  int64_t bytes = 0;
  auto next = groups.begin();
  for (; next != groups.end() && (paths.empty() || bytes + next->bytes <= most_bytes_of_a_commit); ++next) {
    paths.insert(paths.end(), next->paths.begin(), next->paths.end());
    bytes += next->bytes;
  }
  groups.erase(groups.begin(), next);
  return paths;
}

// False if a rival changed the files meanwhile: the rest is planned again.
bool rewrite(Workspace& workspace, const lake::TableName& table, const std::vector<std::string>& paths) {
  auto session = workspace.engine().session(workspace.lake());
  session->begin(uuid_v4());
  session->rewrite_files(table, paths);
  for (const auto& outcome : session->commit()) {
    if (std::holds_alternative<lake::Conflict>(outcome)) return false;
    if (std::holds_alternative<lake::Unknown>(outcome))
      throw Error(ErrorCode::store_unknown, "the store did not answer the commit",
                  fmt::format("look at `weir table history {}` and run it again", table.text()));
  }
  return true;
}

void show_left(const Call& call, size_t files) {
  if (call.quiet() || !call.terminal.error_is_terminal) return;
  std::fputs(files == 0 ? "\r\x1b[K" : fmt::format("\r{} left to write anew\x1b[K", amount(files, "file")).c_str(),
             stderr);
}

int optimize(Call& call) {
  Workspace workspace(call);
  const auto name = workspace.existing_table(call.argument(0));
  auto snapshot = lake::Snapshot::open(workspace.lake()->location(name), workspace.engine().parquet());
  lake::OptimizeOptions options;
  if (call.options.is_set("target-size"))
    options.target_bytes = static_cast<uint64_t>(call.options.bytes("target-size"));
  options.purge_all = call.options.boolean("purge");
  auto groups = lake::plan_optimize(*snapshot, options);
  const size_t before = snapshot->files().size();
  const Work all = work_of(groups);
  if (call.options.boolean("dry-run")) {
    say(call, fmt::format("would write {} of {} anew ({}), as {}", amount(all.files, "file"), name.text(),
                          human_bytes(static_cast<uint64_t>(all.bytes)), amount(groups.size(), "file")));
    return exit_done;
  }
  for (int tries = 0; !groups.empty();) {
    show_left(call, work_of(groups).files);
    if (rewrite(workspace, name, take_paths(groups))) continue;
    if (++tries == most_tries)
      throw Error(ErrorCode::superseded, fmt::format("other writers changed {} each time", name.text()),
                  "what was written anew before stays; run it again when the table is quiet");
    snapshot = lake::Snapshot::refresh(snapshot, workspace.engine().parquet());
    groups = lake::plan_optimize(*snapshot, options);
  }
  show_left(call, 0);
  snapshot = lake::Snapshot::refresh(snapshot, workspace.engine().parquet());
  if (all.files == 0)
    say(call, fmt::format("nothing to do: the files of {} are as they should be", name.text()));
  else
    say(call, fmt::format("{}: {} files are {} now; v{}", name.text(), before, snapshot->files().size(),
                          snapshot->version()));
  return exit_done;
}

}  // namespace

Verb optimize_verb() {
  Verb verb;
  verb.name = "optimize";
  verb.summary = "write small files together, and files with many deleted rows anew";
  verb.detail =
      "No row changes: readers and other writers are not disturbed, and nothing is loaded or computed again. The old "
      "files stay until `weir table vacuum` removes them.";
  auto target = value_flag("target-size", 0, "SIZE",
                           "size of the new files, e.g. 256mb (default: the table's delta.targetFileSize, 128 MiB "
                           "unless set)");
  target.spec.type = OptionType::bytes;
  verb.flags = together({project_flags(),
                         engine_flags(),
                         {target, switch_flag("purge", 0, "write every file anew that has a deletion vector"),
                          switch_flag("dry-run", 0, "tell what would be done, do nothing")}});
  verb.arguments = {{"TABLE", "schema.table", true, false, Completes::table}};
  verb.run = optimize;
  return verb;
}

}  // namespace weir::cli
