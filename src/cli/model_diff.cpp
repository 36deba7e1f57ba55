#include "cli/model_diff.h"

#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <optional>
#include <set>

#include "base/file.h"
#include "base/text.h"
#include "cli/exit_code.h"
#include "cli/node_sql.h"
#include "cli/print.h"
#include "cli/selection.h"
#include "cli/workspace.h"
#include "plan/model_change.h"
#include "plan/state_comparison.h"
#include "project/cte.h"
#include "run/seed_load.h"
#include "run/snapshot.h"

namespace weir::cli {

namespace {

using plan::StatedColumns;
using project::Node;
using project::ResourceType;

// Columns that queries have, those of now on what the project makes now, those of then on what it made then: each
// affected node is staged without rows for those that read it, in transactions that are never committed.
class DescribedColumns {
 public:
  DescribedColumns(Workspace& workspace, const plan::PreviousState& state, std::string state_folder)
      : workspace_(workspace), state_(state), state_folder_(std::move(state_folder)) {
    const auto affected = plan::affected_nodes(workspace.project(), state);
    if (affected.empty()) return;
    affected_.insert(affected.begin(), affected.end());
    const auto nodes = with_inputs();
    describe_now(nodes);
    describe_then(nodes);
  }

  plan::ColumnSource source() {
    return {[this](const Node& node, std::string& why) -> std::optional<StatedColumns> {
              if (const auto broken = broken_.find(node.unique_id); broken != broken_.end()) why = broken->second;
              return of(now_, node.unique_id);
            },
            [this](const std::string& id) { return of(then_, id); }};
  }

 private:
  using Known = std::map<std::string, StatedColumns>;

  static std::optional<StatedColumns> of(const Known& known, const std::string& id) {
    const auto found = known.find(id);
    return found == known.end() ? std::nullopt : std::optional(found->second);
  }

  // The affected nodes and what they read, directly or not: what has not changed matters where it was never built.
  std::vector<const Node*> with_inputs() const {
    const project::Project& project = workspace_.project();
    std::set<const Node*> wanted(affected_.begin(), affected_.end());
    for (auto index = project.graph.order.rbegin(); index != project.graph.order.rend(); ++index) {
      const Node& node = project.nodes[static_cast<size_t>(*index)];
      if (!wanted.contains(&node)) continue;
      for (const std::string& id : node.depends_on)
        if (const Node* input = project.find(id);
            input && (input->type == ResourceType::model || input->type == ResourceType::seed ||
                      input->type == ResourceType::snapshot))
          wanted.insert(input);
    }
    std::vector<const Node*> out;
    for (const int index : project.graph.order)
      if (const Node& node = project.nodes[static_cast<size_t>(index)]; wanted.contains(&node)) out.push_back(&node);
    return out;
  }

  // Unchanged, and there: asked as it is.
  bool is_there(NodeSql& sql, const Node& node) const {
    return !affected_.contains(&node) && sql.relation_type({node.database, node.schema, node.alias});
  }

  static StatedColumns columns_of(engine::Session& session, const std::string& sql) {
    StatedColumns out;
    for (const auto& column : session.describe(sql)) out.columns.push_back({column.name, column.type});
    return out;
  }

  static void stage(NodeSql& sql, const project::RelationName& name, const std::string& relation,
                    const std::string& query) {
    sql.session().execute("CREATE SCHEMA IF NOT EXISTS " + quote_identifier(name.database) + "." +
                          quote_identifier(name.schema));
    if (const auto kind = sql.relation_type(name); kind == "view") sql.session().execute("DROP VIEW " + relation);
    sql.session().execute("CREATE OR REPLACE TABLE " + relation + " AS SELECT * FROM (\n" + query + "\n) LIMIT 0");
  }

  // The query of what the node's table has: of a seed its file, of a snapshot also the columns that tell versions.
  std::string query_now(NodeSql& sql, const Node& node) {
    const project::Project& project = workspace_.project();
    if (node.type == ResourceType::seed) return run::seed_query(sql.session(), workspace_.engine(), project.root, node);
    const std::string query = sql.of(node).sql;
    return node.type == ResourceType::snapshot ? run::Snapshot(node, sql.session()).first_versions(query) : query;
  }

  void describe_now(const std::vector<const Node*>& nodes) {
    NodeSql sql(workspace_, true);
    for (const Node* node : nodes) {
      if ((!node->sql && node->type != ResourceType::seed) || !node->unsupported.empty() || is_there(sql, *node))
        continue;
      try {
        const std::string query = query_now(sql, *node);
        now_[node->unique_id] = columns_of(sql.session(), query);
        if (!node->is_ephemeral())
          stage(sql, {node->database, node->schema, node->alias}, node->relation_text(), query);
      } catch (const Error& error) {
        // What does not exist here, since nothing was built yet, tells nothing of the change.
        if (error.code() == ErrorCode::sql_unknown_column || error.code() == ErrorCode::sql_binder ||
            error.code() == ErrorCode::sql_types || error.code() == ErrorCode::sql_syntax)
          broken_[node->unique_id] = error.message();
      }
    }
  }

  void describe_then(const std::vector<const Node*>& nodes) {
    NodeSql sql(workspace_, true);
    for (const Node* node : nodes) {
      const Json* then = state_.node(node->unique_id);
      if (!then || is_there(sql, *node)) continue;
      try {
        if (const std::string query = query_then(sql, *node, *then); !query.empty()) {
          then_[node->unique_id] = columns_of(sql.session(), query);
          stage_then(sql, *then, query);
          continue;
        }
      } catch (const Error&) {
        // It is of an environment that cannot be asked from here.
      }
      auto known = of_catalog(node->unique_id);
      if (!known) known = of_manifest(*then);
      if (!known) continue;
      if (known->complete && known->typed) stage_columns(sql, *then, *known);
      then_[node->unique_id] = std::move(*known);
    }
  }

  // "" = nobody knows it any more.
  std::string query_then(NodeSql& sql, const Node& node, const Json& then) {
    const Json* config = then.find("config");
    if (node.type == ResourceType::seed) {
      // The file of then is gone; what has not changed has the columns that it had, but for types that are configured.
      if (plan::is_in_state("modified.body", workspace_.project(), node, state_)) return {};
      Node as_then = node;
      project::NodeConfig& own = as_then.config.edit();
      if (config) own.delimiter = config->get_string("delimiter").value_or(own.delimiter);
      own.column_types.clear();
      if (const Json* types = config ? config->find("column_types") : nullptr; types && types->is_object())
        for (const auto& [name, type] : types->as_object())
          if (type.is_string()) own.column_types.emplace_back(name, type.as_string());
      return run::seed_query(sql.session(), workspace_.engine(), workspace_.project().root, as_then);
    }
    const std::string compiled = then.get_string("compiled_code").value_or("");
    std::string query(project::without_terminator(compiled));
    if (query.empty() || node.type != ResourceType::snapshot || !config) return query;
    Node as_then = node;
    project::NodeConfig& own = as_then.config.edit();
    own.all = *config;
    own.unique_key.clear();
    if (const Json* key = config->find("unique_key"); key && key->is_string())
      own.unique_key = {key->as_string()};
    else if (key && key->is_array())
      for (const Json& column : key->as_array()) own.unique_key.push_back(column.as_string());
    return run::Snapshot(as_then, sql.session()).first_versions(query);
  }

  static void stage_then(NodeSql& sql, const Json& then, const std::string& query) {
    const auto relation = then.get_string("relation_name");
    if (!relation || relation->empty()) return;
    stage(sql,
          {then.get_string("database").value_or(""), then.get_string("schema").value_or(""),
           then.get_string("alias").value_or("")},
          *relation, query);
  }

  // For those that read it.
  static void stage_columns(NodeSql& sql, const Json& then, const StatedColumns& known) {
    std::vector<std::string> values;
    for (const auto& column : known.columns)
      values.push_back("CAST(NULL AS " + column.type + ") AS " + quote_identifier(column.name));
    if (values.empty()) return;
    try {
      stage_then(sql, then, "SELECT " + join(values, ", "));
    } catch (const Error&) {
      // Its database is not attached here.
    }
  }

  // catalog.json beside the state's manifest.
  std::optional<StatedColumns> of_catalog(const std::string& id) {
    if (!catalog_) {
      const auto path = std::filesystem::path(state_folder_) / "catalog.json";
      const auto text = read_file_if_exists(path);
      catalog_ = text ? Json::parse(*text, path.string()) : Json::object();
    }
    const Json* nodes = catalog_->find("nodes");
    const Json* node = nodes ? nodes->find(id) : nullptr;
    const Json* columns = node ? node->find("columns") : nullptr;
    if (!columns || !columns->is_object()) return std::nullopt;
    StatedColumns out;
    out.typed = state_.adapter() == "duckdb";
    std::map<int64_t, project::RelationColumn> in_order;
    for (const auto& [name, column] : columns->as_object())
      in_order[column.get_int("index").value_or(0)] = {column.get_string("name").value_or(name),
                                                       column.get_string("type").value_or("")};
    for (auto& [index, column] : in_order) out.columns.push_back(std::move(column));
    return out;
  }

  // Those that are described: there may be others.
  static std::optional<StatedColumns> of_manifest(const Json& node) {
    const Json* columns = node.find("columns");
    if (!columns || !columns->is_object() || columns->size() == 0) return std::nullopt;
    StatedColumns out;
    out.complete = out.typed = false;
    for (const auto& [name, column] : columns->as_object())
      out.columns.push_back({column.get_string("name").value_or(name), ""});
    return out;
  }

  Workspace& workspace_;
  const plan::PreviousState& state_;
  std::string state_folder_;
  std::set<const Node*> affected_;
  std::optional<Json> catalog_;
  Known now_, then_;
  std::map<std::string, std::string> broken_;
};

std::string painted(plan::Impact impact, const std::string& text, const Style& style) {
  return impact == plan::Impact::breaking ? style.red(text)
         : impact == plan::Impact::data   ? style.yellow(text)
                                          : style.green(text);
}

void print_change(const plan::ModelChange& change, const Style& style) {
  const std::string verdict(plan::impact_text(change.impact()));
  print(fmt::format("{}  {} ({})\n", painted(change.impact(), verdict, style), style.bold(change.unique_id),
                    change.change));
  for (const auto& finding : change.findings)
    print(fmt::format("  {}: {}\n", painted(finding.impact, std::string(plan::impact_text(finding.impact)), style),
                      finding.text));
  if (!change.consumers.empty()) print("  read by " + join(change.consumers, ", ") + "\n");
}

}  // namespace

int show_model_changes(Call& call) {
  if (!call.arguments.empty())
    throw Error(ErrorCode::usage, "--models compares the project with a state, and no tables",
                "weir diff --models --state FOLDER -s " + call.argument(0));
  Workspace workspace(call);
  const project::Project& project = workspace.project();
  const plan::Selection selection = selection_of(call, project);
  if (!selection.state)
    throw Error(ErrorCode::usage, "--models needs to know what the project was",
                "--state FOLDER, with the manifest.json of before");
  std::vector<std::string> only;
  if (!selection.select.empty() || !selection.exclude.empty() || !selection.selector.empty())
    for (const Node* node : selected_nodes(call, project)) only.push_back(node->unique_id);
  const std::string folder = std::filesystem::absolute(call.options.text("state")).lexically_normal().string();
  DescribedColumns columns(workspace, *selection.state, folder);
  const auto changes = plan::model_changes(project, *selection.state, columns.source(), only);
  size_t counts[3] = {0, 0, 0};
  for (const auto& change : changes) counts[static_cast<size_t>(change.impact())]++;
  if (call.options.text("output") == "json") {
    print(plan::model_changes_json(changes).dump(2) + "\n");
  } else {
    for (const auto& change : changes) print_change(change, call.terminal.out);
    print(changes.empty()
              ? "nothing has changed\n"
              : fmt::format("{} breaking, {} with other data, {} not breaking\n", counts[2], counts[1], counts[0]));
  }
  return counts[2] > 0 ? exit_failed : exit_done;
}

}  // namespace weir::cli
