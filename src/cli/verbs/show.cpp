// weir show: rows of a model, seed or source, or of a query that may use ref() and source().
#include <fmt/format.h>

#include <cstdio>

#include "base/text.h"
#include "cli/artifacts.h"
#include "cli/dbt_log.h"
#include "cli/deferral.h"
#include "cli/exit_code.h"
#include "cli/failures.h"
#include "cli/flags.h"
#include "cli/input_flags.h"
#include "cli/interrupts.h"
#include "cli/lineage.h"
#include "cli/node_sql.h"
#include "cli/print.h"
#include "cli/query_output.h"
#include "cli/say.h"
#include "cli/selection.h"
#include "cli/trust.h"
#include "cli/workspace.h"
#include "run/sql_header.h"
#include "run/work.h"

namespace weir::cli {

namespace {

constexpr int64_t usual_limit = 5;  // dbt's

std::string limited(const std::string& sql, int64_t limit) {
  return limit < 0 ? sql : fmt::format("SELECT * FROM (\n{}\n) LIMIT {}", sql, limit);
}

// As dbt writes it: a query that ends in a limit of its own is an error there.
std::string with_dbts_limit(const std::string& sql, int64_t limit) {
  return limit < 0 ? sql : fmt::format("{}\nlimit {}", sql, limit);
}

// dbt's form of JSON, which tools that call it read: {"node": …, "show": [rows]}. `name` "" = of an inline query.
void print_for_dbt(const std::string& name, const engine::Rows& rows) {
  const std::vector<TableColumn> columns = columns_of(rows.columns);
  Json list = Json::array();
  for (const auto& row : rows.rows) {
    Json one = Json::object();
    for (size_t i = 0; i < columns.size(); i++) one.set(columns[i].name, cell_json(columns[i], cell_of(row[i])));
    list.push_back(std::move(one));
  }
  Json out = Json::object();
  if (!name.empty()) out.set("node", name);
  print(stdout, out.set("show", std::move(list)).dump(2) + "\n");
}

// `templated`: of a model or of --inline; what is shown of it is told as its compiled code. Returns the statement.
std::string show_query(const Call& call, NodeSql& sql, const project::Rendered& rendered, const project::Node* node,
                       const std::string& name, bool templated) {
  try {
    const std::string header = node ? run::begin_sql_header(sql.session(), *node) : std::string();
    sql.session().describe(header + rendered.sql);  // mistakes carry places of the model
    const int64_t limit = call.options.integer("limit");
    std::string statement =
        header + (is_dbt(call) && templated ? with_dbts_limit(rendered.sql, limit) : limited(rendered.sql, limit));
    if (is_dbt(call) && call.options.text("output") == "json") {
      print_for_dbt(name, sql.session().query(statement));
      return statement;
    }
    if (is_dbt(call) && !call.quiet())
      print(stdout, name.empty() ? "Previewing inline node:\n" : "Previewing node '" + name + "':\n");
    const auto writer = table_writer(table_form(call), stdout);
    write_query(sql.session(), statement, *writer, std::nullopt);
    return statement;
  } catch (const Error& error) {
    if (node) throw run::in_node(error, *node, &rendered);
    if (!error.span() || error.span()->known()) throw;
    Span span = *error.span();
    span.file = "query";
    throw Error(error).with_span(span);
  }
}

std::string show_node(Call& call, NodeSql& sql, const project::Node& node, bool named) {
  if (named) say(call, call.terminal.error.bold(node.name));
  const std::string name = node.version.empty() ? node.name : node.name + ".v" + node.version;
  if (sql.has_sql(node) && !node.python) return show_query(call, sql, sql.of(node), &node, name, true);
  project::Rendered table;
  table.sql = "SELECT * FROM " + node.read_place().text();
  return show_query(call, sql, table, nullptr, name, false);
}

// dbt keeps what it has shown as a run's results.
void keep_for_dbt(const Call& call, const project::Project& project, const std::vector<dbt::NodeResult>& shown) {
  if (is_dbt(call)) write_results(call, project, shown, shown.front().compile_ms, shown.back().ended_ms);
}

bool has_rows(const project::Node& node) {
  return node.type != project::ResourceType::test && !node.is_function() && node.unsupported.empty();
}

int run_show(Call& call) {
  CancelToken cancel;
  const Interrupts interrupts(cancel, {});
  Workspace workspace(call);
  if (call.options.is_set("failures"))
    return show_failures(call, workspace, workspace.project().resolve(call.options.text("failures")).asset);
  if (call.options.is_set("lineage")) return show_lineage(call, workspace, call.options.text("lineage"));
  if (call.options.is_set("inline")) {
    defer_inputs(call, workspace, {}, false);
    NodeSql sql(workspace, false, cancel);
    const std::string shown = show_query(call, sql, sql.of_text(call.options.text("inline")), nullptr, "", true);
    const project::Project& project = workspace.project();
    keep_for_dbt(call, project, {inline_result(project, shown, workspace.clock().now_ms())});
    return exit_done;
  }
  if (call.options.is_set("inline-direct")) {
    NodeSql sql(workspace, false, cancel);
    project::Rendered query;
    query.sql = call.options.text("inline-direct");
    show_query(call, sql, query, nullptr, "", false);
    return exit_done;
  }
  const auto selection = selection_of(call, workspace.project());
  if (selection.select.empty())
    throw Error(ErrorCode::usage, "weir show needs to know what to show",
                "weir show MODEL, or --inline 'select …', or --failures ASSET, or --lineage MODEL");
  std::vector<const project::Node*> nodes;
  const auto selected = plan::select(workspace.project(), selection);
  for (const auto* node : selected.nodes)
    if (has_rows(*node)) nodes.push_back(node);
  if (nodes.empty())
    throw Error(ErrorCode::bad_selector, "nothing to show is selected by " + join(selection.select, " "),
                selected.warnings.empty() ? "" : selected.warnings.front());
  std::vector<const project::Node*> executed = nodes;
  std::erase_if(executed, [](const project::Node* node) { return node->python; });  // its table is shown
  ask_for_trust(call, workspace, {executed});
  defer_inputs(call, workspace, nodes, false);
  NodeSql sql(workspace, false, cancel);
  std::vector<dbt::NodeResult> shown;
  for (const auto* node : nodes) {
    const std::string statement = show_node(call, sql, *node, nodes.size() > 1);
    shown.push_back(compiled_result(node->unique_id, statement, workspace.clock().now_ms()));
  }
  keep_for_dbt(call, workspace.project(), shown);
  return exit_done;
}

}  // namespace

Verb show_verb() {
  Verb verb;
  verb.name = "show";
  verb.group = "Look";
  verb.summary = "rows of a model, seed or source, rows on which a check failed, or where columns come from";
  verb.detail =
      "A model's query is run as it stands in the project now, on what is published of its inputs; nothing is changed. "
      "--failures shows what was found when the checks of an asset failed, published or not. --lineage asks of the "
      "project's SQL which columns a column is made of, and where it goes; nothing needs to be built.";
  auto limit = value_flag("limit", 0, "N", "at most so many rows; -1 = all");
  limit.spec.type = OptionType::integer;
  limit.spec.default_value = usual_limit;
  auto failures = value_flag("failures", 0, "ASSET", "rows on which this asset's checks failed in its newest run");
  failures.completes = Completes::asset;
  auto lineage = value_flag("lineage", 0, "NODE[.COLUMN]",
                            "where the columns of this node come from; of one column also where it goes");
  lineage.completes = Completes::asset;
  verb.flags = together(
      {project_flags(),
       selection_flags(),
       defer_flags(),
       engine_flags(),
       {rows_output_flag(), limit, value_flag("inline", 0, "SQL", "query to run; may use ref() and source()"),
        value_flag("inline-direct", 0, "SQL", "query to run as it stands, without templates"), failures, lineage}});
  verb.arguments = {{"SELECTOR", "what to show, as with --select", false, true, Completes::asset}};
  verb.in_dbt = true;
  verb.run = run_show;
  return verb;
}

}  // namespace weir::cli
