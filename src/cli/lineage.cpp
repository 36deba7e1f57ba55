#include "cli/lineage.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"
#include "cli/exit_code.h"
#include "cli/node_sql.h"
#include "cli/print.h"
#include "run/column_lineage.h"

namespace weir::cli {

namespace {

using dbt::LineageInput;
using project::Node;

struct Asked {
  const Node* node = nullptr;
  std::string column;  // "" = all of them
};

Asked asked_of(const project::Project& project, const std::string& what) {
  try {
    return {&project.resolve(what), ""};
  } catch (const Error& error) {
    const size_t dot = what.rfind('.');
    if (error.code() != ErrorCode::unknown_asset || dot == std::string::npos) throw;
    const Node* node = nullptr;
    try {
      node = &project.resolve(what.substr(0, dot));
    } catch (const Error&) {
      throw error;  // says it of the whole text
    }
    return {node, what.substr(dot + 1)};
  }
}

// A column of a node; "" = its rows.
struct Spot {
  std::string node, column;
  bool operator<(const Spot& other) const {
    return std::pair(node, lower(column)) < std::pair(other.node, lower(other.column));
  }
};

class Ways {
 public:
  void add(const dbt::NodeLineage& lineage) {
    const auto put = [&](const Spot& to, const std::vector<LineageInput>& inputs) {
      up_[to] = inputs;
      for (const LineageInput& input : inputs)
        down_[{input.node, input.column}].push_back({to.node, to.column, input.kinds});
    };
    for (const dbt::LineageColumn& column : lineage.columns) put({lineage.unique_id, column.name}, column.inputs);
    put({lineage.unique_id, ""}, lineage.rows);
  }
  const std::vector<LineageInput>& from(const Spot& spot) const { return found(up_, spot); }
  const std::vector<LineageInput>& into(const Spot& spot) const { return found(down_, spot); }

 private:
  using Edges = std::map<Spot, std::vector<LineageInput>>;
  static const std::vector<LineageInput>& found(const Edges& edges, const Spot& spot) {
    static const std::vector<LineageInput> none;
    const auto at = edges.find(spot);
    return at == edges.end() ? none : at->second;
  }
  Edges up_, down_;
};

class Report {
 public:
  Report(const project::Project& project, const Style& style) : project_(project), style_(style) {}

  void node(const Node& node, const Ways& ways, const std::vector<engine::StandInColumn>& columns) {
    line(0, style_.bold(name_of(node.unique_id)));
    for (const auto& column : columns) {
      line(1, column.name + (column.type.empty() ? "" : "  " + style_.dim(column.type)));
      for (const LineageInput& input : ways.from({node.unique_id, column.name})) edge(2, input);
    }
    rows(ways, node.unique_id);
  }

  void column(const Node& node, const std::string& column, const std::string& type, const Ways& ways) {
    const Spot spot{node.unique_id, column};
    line(0, style_.bold(name_of(node.unique_id) + "." + column) + (type.empty() ? "" : "  " + style_.dim(type)));
    line(0, "comes from");
    if (ways.from(spot).empty()) line(1, style_.dim("no other column"));
    tree(1, spot, ways, true);
    rows(ways, node.unique_id);
    line(0, "goes into");
    if (ways.into(spot).empty()) line(1, style_.dim("no other column"));
    tree(1, spot, ways, false);
  }

 private:
  std::string name_of(const std::string& id) const {
    const Node* node = project_.find(id);
    if (!node) return id;
    return node->type == project::ResourceType::source ? node->source_name + "." + node->name : node->name;
  }
  static std::string kinds_of(const LineageInput& input) {
    std::vector<std::string> words;
    for (const engine::Derivation kind : input.kinds.list()) words.emplace_back(derivation_text(kind));
    return join(words, ", ");
  }
  void line(int depth, const std::string& text) {
    print(std::string(static_cast<size_t>(depth) * 2, ' ') + text + "\n");
  }
  void edge(int depth, const LineageInput& input, const std::string& more = "") {
    const std::string name = name_of(input.node) + (input.column.empty() ? " (rows)" : "." + input.column);
    line(depth, name + "  " + style_.dim(kinds_of(input)) + more);
  }
  void rows(const Ways& ways, const std::string& id) {
    const auto& inputs = ways.from({id, ""});
    if (inputs.empty()) return;
    line(0, "its rows are decided by");
    for (const LineageInput& input : inputs) edge(1, input);
  }
  // Follows what values are made of; what only decides is named where it does. A place is drawn out once.
  void tree(int depth, const Spot& spot, const Ways& ways, bool up) {
    for (const LineageInput& next : up ? ways.from(spot) : ways.into(spot)) {
      const Spot there{next.node, next.column};
      const bool on = next.kinds.direct() && !next.column.empty();
      const bool more = on && !(up ? ways.from(there) : ways.into(there)).empty();
      const bool again = more && !drawn_[up].insert(there).second;
      edge(depth, next, again ? style_.dim("  (as above)") : "");
      if (more && !again) tree(depth + 1, there, ways, up);
    }
  }

  const project::Project& project_;
  const Style& style_;
  std::set<Spot> drawn_[2];
};

// Every edge that is on a way to (or from) the spot, nearest first.
Json edges_json(const Ways& ways, const Spot& start, bool up) {
  Json out = Json::array();
  std::vector<Spot> waiting{start};
  std::set<Spot> seen{start};
  for (size_t i = 0; i < waiting.size(); ++i) {
    const Spot spot = waiting[i];
    for (const LineageInput& next : up ? ways.from(spot) : ways.into(spot)) {
      const Json here = Json::object().set("unique_id", spot.node).set("column", spot.column);
      const Json there =
          Json::object().set("unique_id", next.node).set("column", next.column.empty() ? Json() : Json(next.column));
      const Json json = dbt::input_json(next);
      out.push_back(
          Json::object().set("from", up ? there : here).set("to", up ? here : there).set("kinds", *json.find("kinds")));
      if (next.kinds.direct() && !next.column.empty() && seen.insert({next.node, next.column}).second)
        waiting.push_back({next.node, next.column});
    }
  }
  return out;
}

// The node, all it depends on, and all that depends on it.
std::vector<const Node*> both_ways(const project::Project& project, const Node& node) {
  std::set<int> found{project.index_of(node)};
  for (const auto* edges : {&project.graph.parents, &project.graph.children}) {
    std::vector<int> waiting{project.index_of(node)};
    while (!waiting.empty()) {
      const int at = waiting.back();
      waiting.pop_back();
      for (const int next : edges->at(static_cast<size_t>(at)))
        if (found.insert(next).second) waiting.push_back(next);
    }
  }
  std::vector<const Node*> out;
  for (const int index : project.graph.order)
    if (found.contains(index) && !project.nodes[static_cast<size_t>(index)].is_test())
      out.push_back(&project.nodes[static_cast<size_t>(index)]);
  return out;
}

const engine::StandInColumn& column_of(const Node& node, const std::vector<engine::StandInColumn>& columns,
                                       const std::string& name) {
  std::vector<std::string> names;
  for (const auto& column : columns) {
    if (iequals(column.name, name)) return column;
    names.push_back(column.name);
  }
  throw Error(ErrorCode::sql_unknown_column, node.name + " has no column " + name + did_you_mean(name, names),
              names.empty() ? "" : "it has " + join(names, ", "));
}

}  // namespace

int show_lineage(Call& call, Workspace& workspace, const std::string& what) {
  const std::string form = call.options.text("output");
  if (form != "table" && form != "text" && form != "json")
    throw Error(ErrorCode::usage, "lineage is shown as a text or as json, not as " + form);
  const project::Project& project = workspace.project();
  const Asked asked = asked_of(project, what);
  if (asked.node->is_test()) throw Error(ErrorCode::usage, what + " is a test: it has no columns");
  NodeSql sql(workspace, false);
  run::ProjectLineage lineage(project, sql.session(), [&](const Node& node) { return sql.of(node); });
  if (const auto& found = lineage.of(*asked.node); found.error) throw *found.error;
  const auto columns = lineage.columns(*asked.node);
  Ways ways;
  for (const Node* node : both_ways(project, *asked.node)) {
    const auto& found = lineage.of(*node);
    // An ephemeral model is seen through: nothing is in it.
    if (found.lineage && (!node->is_ephemeral() || node == asked.node)) ways.add(*found.lineage);
    if (found.error)
      print(stderr, call.terminal.error.yellow("warning:") + " no lineage of " + node->name + ": " +
                        found.error->message() + "\n");
  }
  if (asked.column.empty() && form == "json") {
    dbt::NodeLineage whole{asked.node->unique_id, {}, ways.from({asked.node->unique_id, ""})};
    for (const auto& column : columns)
      whole.columns.push_back({column.name, column.type, ways.from({asked.node->unique_id, column.name})});
    print(dbt::lineage_json(whole).dump() + "\n");
    return exit_done;
  }
  Report report(project, call.terminal.out);
  if (asked.column.empty()) {
    report.node(*asked.node, ways, columns);
    return exit_done;
  }
  const engine::StandInColumn& column = column_of(*asked.node, columns, asked.column);
  if (form == "json") {
    const Spot spot{asked.node->unique_id, column.name};
    Json rows = Json::array();
    for (const LineageInput& input : ways.from({asked.node->unique_id, ""})) rows.push_back(dbt::input_json(input));
    print(Json::object()
              .set("unique_id", asked.node->unique_id)
              .set("column", column.name)
              .set("type", column.type)
              .set("upstream", edges_json(ways, spot, true))
              .set("rows", std::move(rows))
              .set("downstream", edges_json(ways, spot, false))
              .dump() +
          "\n");
    return exit_done;
  }
  report.column(*asked.node, column.name, column.type, ways);
  return exit_done;
}

}  // namespace weir::cli
