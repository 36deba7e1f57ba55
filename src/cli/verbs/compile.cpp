// weir compile: the SQL that models become.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "base/file.h"
#include "cli/artifacts.h"
#include "cli/deferral.h"
#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/input_flags.h"
#include "cli/node_sql.h"
#include "cli/say.h"
#include "cli/selection.h"
#include "cli/workspace.h"

namespace weir::cli {

namespace {

int run_compile(Call& call) {
  Workspace workspace(call);
  const project::Project& project = workspace.project();
  const bool full_refresh = call.options.boolean("full-refresh");
  if (call.options.is_set("inline")) {
    defer_inputs(call, workspace, {}, false);
    NodeSql sql(workspace, full_refresh);
    std::fputs((sql.of_text(call.options.text("inline")).sql + "\n").c_str(), stdout);
    return exit_done;
  }
  const auto nodes = selected_nodes(call, project);
  defer_inputs(call, workspace, nodes, false);
  NodeSql sql(workspace, full_refresh);
  std::vector<std::string> texts;
  std::vector<dbt::NodeResult> results;
  const int64_t started_ms = workspace.clock().now_ms();
  for (const auto* node : nodes) {
    if (!sql.has_sql(*node)) continue;
    dbt::NodeResult result;
    result.unique_id = node->unique_id;
    result.status = "success";
    result.compile_ms = workspace.clock().now_ms();
    const project::Rendered rendered = sql.of(*node);
    texts.push_back(rendered.sql);
    write_artifact(compiled_path(project, *node), rendered.sql + "\n");
    for (const auto& id : rendered.ctes) {
      result.ephemeral.emplace_back(id, sql.of(project.at(id)).sql);
      write_artifact(compiled_path(project, project.at(id)), result.ephemeral.back().second + "\n");
    }
    result.compiled_code = rendered.sql;
    result.started_ms = result.ended_ms = workspace.clock().now_ms();
    if (!node->unit) results.push_back(std::move(result));  // dbt tells of no unit tests here
  }
  // A look at one node, with its tests, is quick however large the project.
  if (std::count_if(nodes.begin(), nodes.end(), [](const auto* node) { return !node->is_test(); }) != 1 ||
      call.program == "dbt")
    write_results(call, project, results, started_ms, workspace.clock().now_ms());
  if (texts.size() == 1) std::fputs((texts.front() + "\n").c_str(), stdout);
  say(call, fmt::format("compiled {} node{} into target/compiled", texts.size(), texts.size() == 1 ? "" : "s"));
  return exit_done;
}

}  // namespace

Verb compile_verb() {
  Verb verb;
  verb.name = "compile";
  verb.group = "Look";
  verb.summary = "write the SQL that models, tests and analyses become";
  verb.detail =
      "Into target/compiled, as dbt does, with manifest.json and run_results.json. The SQL of a single one, or of "
      "--inline, is printed. Where one node is selected, with its tests or without, these two files are left alone.";
  verb.flags = together({project_flags(),
                         selection_flags(),
                         defer_flags(),
                         empty_flags(),
                         engine_flags(),
                         {switch_flag("full-refresh", 'f', "as with a full refresh: is_incremental() is false"),
                          value_flag("inline", 0, "SQL", "text to compile instead of nodes")}});
  verb.arguments = {
      {"SELECTOR", "what to compile, as with --select; without any: everything", false, true, Completes::asset}};
  verb.in_dbt = true;
  verb.run = run_compile;
  return verb;
}

}  // namespace weir::cli
