// weir gc: removes what no version and no unfinished attempt needs.
#include <fmt/format.h>

#include <cstdio>

#include "base/text.h"
#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/print.h"
#include "cli/say.h"
#include "cli/selection.h"
#include "cli/workspace.h"

namespace weir::cli {

namespace {

std::string counted(size_t count, std::string_view one) {
  return fmt::format("{} {}{}", count, one, count == 1 ? "" : "s");
}

// One asset's; a refusal is told and the others go on.
struct Total {
  size_t manifests = 0, files = 0, refused = 0;
};
void collect(Call& call, Workspace& workspace, const project::Node& node, bool dry_run, Total& total) {
  try {
    const auto found = workspace.publisher().collect_garbage(workspace.asset(node), dry_run);
    total.manifests += found.manifests.size();
    total.files += found.files.size();
    if (found.manifests.empty() && found.files.empty()) return;
    print(fmt::format("{}: {}, {}\n", node.asset, counted(found.files.size(), "file"),
                      counted(found.manifests.size(), "manifest")));
    if (!dry_run || call.quiet()) return;
    for (const auto& key : found.files) print("  " + key + "\n");
    for (const auto& key : found.manifests) print("  " + key + "\n");
  } catch (const Error& error) {
    ++total.refused;
    std::fputs(fmt::format("{}: {}\n", node.asset, error.what()).c_str(), stderr);
    if (!error.hint().empty()) std::fputs(fmt::format("  hint: {}\n", error.hint()).c_str(), stderr);
  }
}

int run_gc(Call& call) {
  Workspace workspace(call);
  const auto nodes = selected_nodes(call, workspace.project());
  const bool dry_run = call.options.boolean("dry-run");
  std::unique_ptr<state::StateWriter> state;
  if (!dry_run) state = workspace.state_writer(call.verb.name);
  Total total;
  for (const auto* node : nodes)
    if (node->has_table() && node->unsupported.empty()) collect(call, workspace, *node, dry_run, total);
  say(call, fmt::format("{} {} and {}", dry_run ? "would remove" : "removed", counted(total.files, "file"),
                        counted(total.manifests, "manifest")));
  return total.refused == 0 ? exit_done : exit_failed;
}

}  // namespace

Verb gc_verb() {
  Verb verb;
  verb.name = "gc";
  verb.group = "Operate";
  verb.summary = "remove manifests and staged files that nothing needs any more";
  verb.detail =
      "Every run collects for the assets it published; this does it for all. Data files of versions that the tables' "
      "retention "
      "still keeps are never touched.";
  verb.flags = together({project_flags(),
                         selection_flags(),
                         engine_flags(),
                         {switch_flag("dry-run", 0, "list what would be removed, remove nothing")}});
  verb.arguments = {
      {"SELECTOR", "assets to look at, as with --select; without any: all", false, true, Completes::asset}};
  verb.run = run_gc;
  return verb;
}

}  // namespace weir::cli
