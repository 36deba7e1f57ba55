// weir docs: catalog.json and the documentation page, and a server to look at it.
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <map>

#include "base/file.h"
#include "cli/artifacts.h"
#include "cli/deferral.h"
#include "cli/docs_files.h"
#include "cli/exit_code.h"
#include "cli/file_server.h"
#include "cli/flags.h"
#include "cli/input_flags.h"
#include "cli/interrupts.h"
#include "cli/node_sql.h"
#include "cli/open_browser.h"
#include "cli/print.h"
#include "cli/say.h"
#include "cli/selection.h"
#include "cli/workspace.h"
#include "dbt/catalog.h"
#include "dbt/docs_data.h"
#include "dbt/docs_page.h"
#include "dbt/manifest.h"
#include "dbt/sql_paths.h"
#include "project/cte.h"
#include "run/column_lineage.h"
#include "run/relation_catalog.h"

namespace weir::cli {

namespace {

namespace fs = std::filesystem;

constexpr int default_port = 8080;

std::vector<dbt::NodeResult> compile(NodeSql& sql, const project::Project& project,
                                     const std::vector<const project::Node*>& nodes) {
  std::vector<dbt::NodeResult> out;
  for (const project::Node* node : nodes) {
    if (node->unit || !sql.has_sql(*node)) continue;  // dbt compiles no unit tests here: they ask for columns
    dbt::NodeResult& result = out.emplace_back();
    result.unique_id = node->unique_id;
    const project::Rendered rendered = sql.of(*node);
    result.compiled_code = rendered.compiled();
    result.ephemeral = project::ephemeral_texts(rendered.injected);
    if (dbt::has_compiled_file(*node)) write_artifact(compiled_path(project, *node), *result.compiled_code + "\n");
  }
  return out;
}

// Of the nodes whose SQL is at hand. What the lineage of one cannot be told of is left out; `weir show --lineage` says
// why.
std::vector<dbt::NodeLineage> lineage_of(NodeSql& sql, const project::Project& project,
                                         const std::vector<const project::Node*>& nodes,
                                         const std::vector<dbt::NodeResult>& compiled, bool compiles) {
  std::map<std::string, std::string> texts;
  for (const dbt::NodeResult& result : compiled) texts[result.unique_id] = result.compiled_code.value_or("");
  run::ProjectLineage lineage(project, sql.session(), [&](const project::Node& node) {
    project::Rendered text;
    if (const auto found = texts.find(node.unique_id); found != texts.end())
      text.sql = project::without_terminator(found->second);
    else if (compiles)
      text = sql.of(node);
    if (text.sql.empty()) throw Error(ErrorCode::not_built, node.name + " is not compiled");
    return text;
  });
  std::vector<dbt::NodeLineage> out;
  for (const project::Node* node : nodes)
    if (!node->is_test())
      if (const auto& found = lineage.of(*node).lineage) out.push_back(*found);
  return out;
}

std::vector<const project::Node*> all_nodes(const project::Project& project) {
  std::vector<const project::Node*> out;
  for (const project::Node& node : project.nodes) out.push_back(&node);
  return out;
}

// Stored failures of tests are tables too.
bool in_catalog(const project::Node& node) {
  if (node.type == project::ResourceType::test) return node.test->store_failures;
  const bool relational = node.type == project::ResourceType::model || node.type == project::ResourceType::seed ||
                          node.type == project::ResourceType::snapshot || node.type == project::ResourceType::source;
  return relational && !node.is_ephemeral();
}

int generate(Call& call) {
  Workspace workspace(call);
  const project::Project& project = workspace.project();
  const int64_t started_ms = workspace.clock().now_ms();
  const bool compiles = !call.options.boolean("no-compile"), empty = call.options.boolean("empty-catalog");
  const std::vector<const project::Node*> nodes = compiles ? selected_nodes(call, project) : all_nodes(project);
  defer_inputs(call, workspace, nodes, false);
  std::optional<NodeSql> sql;
  if (compiles || !empty) sql.emplace(workspace, false);
  const std::vector<dbt::NodeResult> compiled = compiles ? compile(*sql, project, nodes) : compiled_before(project);

  run::RelationCatalog found;
  std::vector<const project::Node*> held;
  if (!empty) {
    for (const project::Node* node : nodes)
      if (in_catalog(*node)) held.push_back(node);
    found = run::relation_catalog(sql->session(), workspace.engine(), *workspace.lake(), project.target, held);
  }
  const dbt::Invocation invocation = invocation_of(call, project, started_ms, workspace.clock().now_ms());
  const Json catalog = dbt::catalog(invocation, held, found.relations, found.errors);
  const Json manifest = dbt::manifest(project, invocation, compiled);
  const fs::path target = fs::path(project.root) / project.target_path;
  if (compiles) write_artifact(target / "manifest.json", manifest.dump() + "\n");
  write_artifact(target / "catalog.json", catalog.dump() + "\n");
  std::vector<dbt::NodeLineage> lineage;
  if (sql) lineage = lineage_of(*sql, project, nodes, compiled, compiles);
  const std::string page = dbt::docs_page(dbt::docs_data(manifest, catalog, last_results(project), lineage));
  write_artifact(target / "index.html", page);
  if (call.options.boolean("static")) write_artifact(target / "static_index.html", page);
  copy_assets(project);
  for (const std::string& error : found.errors)
    print(stderr, call.terminal.error.yellow("warning:") + " not in the catalogue: " + error + "\n");
  const auto count = [](size_t number, const char* word) {
    return fmt::format("{} {}{}", number, word, number == 1 ? "" : "s");
  };
  say(call, fmt::format("catalogue of {} and {} in {}/catalog.json", count(catalog.at("nodes").size(), "node"),
                        count(catalog.at("sources").size(), "source"), project.target_path));
  say(call, fmt::format("page in {}/index.html; weir docs serve shows it", project.target_path));
  return found.errors.empty() ? exit_done : exit_failed;
}

int serve(Call& call) {
  Workspace workspace(call);
  const fs::path target = fs::path(workspace.root()) / workspace.project().target_path;
  if (!fs::exists(target / "index.html"))
    throw Error(ErrorCode::usage, "there is no index.html in " + workspace.project().target_path,
                "weir docs generate makes it");
  const int64_t port = call.options.is_set("port") ? call.options.integer("port") : default_port;
  if (port < 0 || port > 65535) throw Error(ErrorCode::bad_option_value, "--port takes a number from 0 to 65535");
  FileServer server(target, static_cast<int>(port));
  CancelToken cancel;
  const Interrupts interrupts(cancel, [&server] { server.stop(); });
  const std::string address = fmt::format("http://127.0.0.1:{}/", server.port());
  print(stdout, address + "\n");
  std::fflush(stdout);
  say(call, "Ctrl-C ends it");
  if (call.options.boolean("browser")) open_browser(address);
  server.run();
  return exit_done;
}

Verb generate_verb() {
  auto compiles = switch_flag("compile", 0, "the default");
  compiles.hidden = true;
  Verb verb;
  verb.name = "generate";
  verb.summary = "write catalog.json, manifest.json and the documentation page into the target folder";
  verb.detail =
      "catalog.json says what the target holds: columns with their real types, on the lake also rows, bytes, files and "
      "version. index.html is the documentation: one file with everything in it, to be opened, sent or put on any web "
      "server.";
  verb.flags = together(
      {project_flags(),
       selection_flags(),
       defer_flags(),
       engine_flags(),
       {switch_flag("no-compile", 0, "leave manifest.json and target/compiled as they are; --select is ignored"),
        switch_flag("empty-catalog", 0, "ask the target nothing: a catalogue without tables"),
        switch_flag("static", 0, "also under the name static_index.html"), compiles}});
  verb.arguments = {{"SELECTOR", "what to compile and catalogue, as with --select; without any: everything", false,
                     true, Completes::asset}};
  verb.run = generate;
  return verb;
}

Verb serve_verb() {
  auto port = value_flag("port", 0, "PORT", "port on 127.0.0.1; 0 is any free one (default: 8080)");
  port.spec.type = OptionType::integer;
  auto host = value_flag("host", 0, "NAME", "a name of this machine; there are no others");
  host.spec.allowed = {"127.0.0.1", "localhost"};
  host.spec.default_value = "127.0.0.1";
  host.hidden = true;
  auto no_browser = switch_flag("no-browser", 0, "the default");
  no_browser.hidden = true;
  Verb verb;
  verb.name = "serve";
  verb.summary = "show the documentation page on a port of this machine";
  verb.detail = "Only for browsers on this machine. Ctrl-C ends it.";
  verb.flags =
      together({project_flags(), {port, switch_flag("browser", 0, "open the page in the browser"), host, no_browser}});
  verb.run = serve;
  return verb;
}

}  // namespace

Verb docs_verb() {
  Verb verb;
  verb.name = "docs";
  verb.group = "Look";
  verb.summary = "documentation of the project: generate, serve";
  verb.verbs = {generate_verb(), serve_verb()};
  verb.in_dbt = true;
  return verb;
}

}  // namespace weir::cli
