// weir compile: the SQL that models become.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <iterator>

#include "base/file.h"
#include "base/parallel.h"
#include "cli/artifacts.h"
#include "cli/dbt_log.h"
#include "cli/deferral.h"
#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/input_flags.h"
#include "cli/node_sql.h"
#include "cli/print.h"
#include "cli/say.h"
#include "cli/selection.h"
#include "cli/workspace.h"
#include "dbt/sql_paths.h"

namespace weir::cli {

namespace {

// `name` "" = of --inline. Under dbt's name with its words around the SQL, which tools cut it out by.
void print_compiled(const Call& call, const std::string& name, const std::string& sql) {
  if (call.options.text("output") == "json") {
    Json out = Json::object();
    if (!name.empty()) out.set("node", name);
    print(stdout, out.set("compiled", sql).dump(2) + "\n");
    return;
  }
  if (is_dbt(call) && !call.quiet())
    print(stdout, name.empty() ? "Compiled inline node is:\n" : "Compiled node '" + name + "' is:\n");
  print(stdout, sql + "\n");
}

std::string node_name(const project::Node& node) {
  return node.version.empty() ? node.name : node.name + ".v" + node.version;
}

// By --select itself, not only taken along by it.
bool is_named(const Call& call, const project::Node& node) {
  std::vector<std::string> words = call.options.list("select");
  words.insert(words.end(), call.arguments.begin(), call.arguments.end());
  return std::any_of(words.begin(), words.end(),
                     [&](const std::string& word) { return word.find(node.name) != std::string::npos; });
}

struct Compiled {
  dbt::NodeResult result;    // without compiled_code: the node has no SQL
  project::LogLines logged;  // log() and print() of its templates
};

// Its SQL, written below target/compiled with that of the ephemeral models in it. Of several nodes at once.
Compiled compile(const Call& call, Workspace& workspace, NodeSql& sql, const project::Node& node) {
  const project::Project& project = workspace.project();
  Compiled out;
  out.result.unique_id = node.unique_id;
  out.result.status = "success";
  out.result.compile_ms = out.result.started_ms = out.result.ended_ms = workspace.clock().now_ms();
  if (!sql.has_sql(node)) return out;
  project::Rendered rendered = sql.quietly(node);
  out.result.compiled_code = rendered.compiled();
  if (dbt::has_compiled_file(node))
    write_artifact(compiled_path(project, node), compiled_text(call, *out.result.compiled_code));
  out.result.ephemeral = project::ephemeral_texts(rendered.injected);
  for (const project::EphemeralText& model : out.result.ephemeral)
    write_artifact(compiled_path(project, project.at(model.id)), compiled_text(call, model.compiled));
  out.logged = std::move(rendered.logged);
  out.result.started_ms = out.result.ended_ms = workspace.clock().now_ms();
  return out;
}

// Side by side. What their templates logged is told in the order of the nodes, also where one of them fails.
std::vector<Compiled> compile_all(const Call& call, Workspace& workspace, NodeSql& sql,
                                  const std::vector<const project::Node*>& nodes) {
  std::vector<Compiled> compiled(nodes.size());
  const auto tell = [&] {
    for (const Compiled& one : compiled) sql.tell(one.logged);
  };
  try {
    parallel_for(nodes.size(), 0, [&](size_t i) { compiled[i] = compile(call, workspace, sql, *nodes[i]); });
  } catch (...) {
    tell();
    throw;
  }
  tell();
  return compiled;
}

// Whose SQL is printed: the only node's, or that of the only one beside tests. dbt prints all that are named, and none
// where everything is compiled.
std::vector<size_t> printed_nodes(const Call& call, const std::vector<const project::Node*>& nodes,
                                  const std::vector<size_t>& with_sql) {
  if (with_sql.size() == 1) return with_sql;
  std::vector<size_t> printed;
  if (call.arguments.empty() && !call.options.is_set("select")) return printed;
  const bool dbt = is_dbt(call);
  std::copy_if(with_sql.begin(), with_sql.end(), std::back_inserter(printed),
               [&](size_t i) { return dbt ? is_named(call, *nodes[i]) : !nodes[i]->is_test(); });
  if (!dbt && printed.size() != 1) printed.clear();
  return printed;
}

int run_compile(Call& call) {
  Workspace workspace(call);
  const project::Project& project = workspace.project();
  const bool full_refresh = call.options.boolean("full-refresh");
  if (call.options.is_set("inline")) {
    for (const char* other : {"select", "exclude", "selector"})
      if (call.options.is_set(other))
        throw Error(ErrorCode::usage, std::string("--inline and --") + other + " do not go together",
                    "compile the one or the other");
    defer_inputs(call, workspace, {}, false);
    NodeSql sql(workspace, full_refresh, {}, NodeSql::Opens::when_asked);
    const int64_t now_ms = workspace.clock().now_ms();
    const std::string text = sql.of_text(call.options.text("inline")).compiled();
    if (is_dbt(call)) write_results(call, project, {inline_result(project, text, now_ms)}, now_ms, now_ms);
    print_compiled(call, "", text);
    return exit_done;
  }
  const auto nodes = selected_nodes(call, project);
  defer_inputs(call, workspace, nodes, false);
  NodeSql sql(workspace, full_refresh, {}, NodeSql::Opens::when_asked);
  const int64_t started_ms = workspace.clock().now_ms();
  std::vector<Compiled> compiled = compile_all(call, workspace, sql, nodes);
  std::vector<size_t> with_sql;
  for (size_t i = 0; i < nodes.size(); ++i)
    if (compiled[i].result.compiled_code) with_sql.push_back(i);
  std::vector<std::pair<std::string, std::string>> printed;
  for (const size_t i : printed_nodes(call, nodes, with_sql))
    printed.emplace_back(node_name(*nodes[i]), *compiled[i].result.compiled_code);
  std::vector<dbt::NodeResult> results;
  // dbt tells of seeds too, and of no unit tests here.
  for (size_t i = 0; i < nodes.size(); ++i)
    if (nodes[i]->type == project::ResourceType::seed || (compiled[i].result.compiled_code && !nodes[i]->unit))
      results.push_back(std::move(compiled[i].result));
  compiled.clear();
  // A look at one node, with its tests, is quick however large the project.
  if (std::count_if(nodes.begin(), nodes.end(), [](const auto* node) { return !node->is_test(); }) != 1 || is_dbt(call))
    write_results(call, project, results, started_ms, workspace.clock().now_ms());
  for (const auto& [name, text] : printed) print_compiled(call, name, text);
  if (!is_dbt(call))
    say(call, fmt::format("compiled {} node{} into target/compiled", with_sql.size(), with_sql.size() == 1 ? "" : "s"));
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
  auto output = value_flag("output", 0, "FORM", "form in which the SQL is printed");
  output.spec.allowed = {"text", "json"};
  output.spec.default_value = "text";
  verb.flags = together({project_flags(),
                         selection_flags(),
                         defer_flags(),
                         empty_flags(),
                         engine_flags(),
                         {switch_flag("full-refresh", 'f', "as with a full refresh: is_incremental() is false"),
                          value_flag("inline", 0, "SQL", "text to compile instead of nodes"), output}});
  verb.arguments = {
      {"SELECTOR", "what to compile, as with --select; without any: everything", false, true, Completes::asset}};
  verb.in_dbt = true;
  verb.run = run_compile;
  return verb;
}

}  // namespace weir::cli
