#include "plan/model_change.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/text.h"
#include "plan/node_change.h"
#include "plan/state_comparison.h"

namespace weir::plan {

using project::Node;
using project::Project;
using project::ResourceType;

namespace {

bool is_built(const Node& node) {
  return node.type == ResourceType::model || node.type == ResourceType::seed || node.type == ResourceType::snapshot;
}

bool is_built(const Json& node) {
  const auto type = node.get_string("resource_type");
  return type == "model" || type == "seed" || type == "snapshot";
}

// Who reads a node, directly or not: by unique_id, in topological order, then what nothing is built of.
std::vector<std::string> consumers_of(const Project& project, const std::set<std::string>& first) {
  std::set<std::string> reached = first;
  std::vector<std::string> out;
  for (const int index : project.graph.order) {
    const Node& node = project.nodes[static_cast<size_t>(index)];
    if (node.is_test() || first.contains(node.unique_id)) continue;
    if (std::any_of(node.depends_on.begin(), node.depends_on.end(),
                    [&](const std::string& id) { return reached.contains(id); })) {
      reached.insert(node.unique_id);
      out.push_back(node.unique_id);
    }
  }
  bool more = true;  // a metric may read a metric
  std::set<std::string> declared;
  while (more) {
    more = false;
    for (const project::Declared& item : project.declared)
      if (!declared.contains(item.unique_id) &&
          std::any_of(item.depends_on.begin(), item.depends_on.end(),
                      [&](const std::string& id) { return reached.contains(id) || declared.contains(id); })) {
        declared.insert(item.unique_id);
        more = true;
      }
  }
  out.insert(out.end(), declared.begin(), declared.end());
  return out;
}

// Who read then what is gone now, and is still there.
std::vector<std::string> consumers_of_gone(const Project& project, const PreviousState& state, const std::string& id) {
  std::set<std::string> reading;
  std::vector<std::string> out;
  for (const Json* node : state.nodes()) {
    const Json& inputs = member(member(*node, "depends_on"), "nodes");
    const auto own = node->get_string("unique_id");
    if (!own || !inputs.is_array() || node->get_string("resource_type") == "test" ||
        node->get_string("resource_type") == "unit_test")
      continue;
    for (const Json& input : inputs.as_array())
      if (input.is_string() && input.as_string() == id) {
        reading.insert(*own);
        break;
      }
  }
  out.insert(out.end(), reading.begin(), reading.end());
  const auto further = consumers_of(project, reading);
  out.insert(out.end(), further.begin(), further.end());
  return out;
}

bool was_changed(const Project& project, const Node& node, const PreviousState& state) {
  const Json* then = state.node(node.unique_id);
  return !then || is_in_state("modified", project, node, state);
}

}  // namespace

std::string_view impact_text(Impact impact) {
  constexpr std::string_view texts[] = {"not breaking", "data may change", "breaking"};
  return texts[static_cast<size_t>(impact)];
}

Impact ModelChange::impact() const {
  Impact worst = Impact::none;
  for (const ChangeFinding& finding : findings) worst = std::max(worst, finding.impact);
  return worst;
}

std::vector<ChangeFinding> column_findings(const StatedColumns& then, const StatedColumns& now) {
  std::vector<ChangeFinding> out;
  const auto place = [](const StatedColumns& in, const std::string& name) {
    const auto found = std::find_if(in.columns.begin(), in.columns.end(),
                                    [&](const auto& column) { return iequals(column.name, name); });
    return static_cast<size_t>(found - in.columns.begin());
  };
  std::set<size_t> renamed;
  std::vector<std::string> order_then, order_now;
  for (size_t i = 0; i < then.columns.size(); i++) {
    const auto& column = then.columns[i];
    const size_t at = place(now, column.name);
    if (at < now.columns.size()) {
      order_then.push_back(lower(column.name));
      const std::string& type = now.columns[at].type;
      if (then.typed && now.typed && !column.type.empty() && !type.empty() && !iequals(column.type, type))
        out.push_back(
            {Impact::breaking, "column_type", "column " + column.name + " is " + type + ", before " + column.type});
      continue;
    }
    if (!now.complete) continue;
    // In its place stands one of its type that was not there before: it is called otherwise.
    const bool same_place = then.complete && i < now.columns.size() &&
                            place(then, now.columns[i].name) == then.columns.size() &&
                            (!then.typed || iequals(column.type, now.columns[i].type));
    if (same_place) {
      renamed.insert(i);
      out.push_back({Impact::breaking, "column_renamed",
                     "column " + column.name + " seems to be called " + now.columns[i].name + " now"});
    } else {
      out.push_back({Impact::breaking, "column_removed", "column " + column.name + " is gone"});
    }
  }
  for (size_t i = 0; i < now.columns.size(); i++) {
    if (place(then, now.columns[i].name) < then.columns.size())
      order_now.push_back(lower(now.columns[i].name));
    else if (then.complete && !renamed.contains(i))
      out.push_back(
          {Impact::none, "column_added", "column " + now.columns[i].name + " " + now.columns[i].type + " is new"});
  }
  if (then.complete && now.complete && order_then != order_now)
    out.push_back({Impact::data, "column_order", "the columns come in another order"});
  return out;
}

std::vector<const Node*> affected_nodes(const Project& project, const PreviousState& state) {
  std::set<std::string> reached;
  std::vector<const Node*> out;
  for (const int index : project.graph.order) {
    const Node& node = project.nodes[static_cast<size_t>(index)];
    if (!is_built(node)) continue;
    const bool reads = std::any_of(node.depends_on.begin(), node.depends_on.end(),
                                   [&](const std::string& id) { return reached.contains(id); });
    if (!reads && !was_changed(project, node, state)) continue;
    reached.insert(node.unique_id);
    out.push_back(&node);
  }
  return out;
}

std::vector<ModelChange> model_changes(const Project& project, const PreviousState& state, const ColumnSource& columns,
                                       const std::vector<std::string>& only) {
  const auto wanted = [&](const std::string& id) {
    return only.empty() || std::find(only.begin(), only.end(), id) != only.end();
  };
  std::vector<ModelChange> out;
  const auto affected = affected_nodes(project, state);
  const std::set<const Node*> with_columns(affected.begin(), affected.end());
  for (const int index : project.graph.order) {
    const Node& node = project.nodes[static_cast<size_t>(index)];
    if (!is_built(node)) continue;
    ModelChange change;
    change.unique_id = node.unique_id;
    const Json* then = state.node(node.unique_id);
    if (!then) {
      change.change = "new";
    } else {
      change.change = "changed";
      change.findings = node_findings(project, node, *then, state);
      const bool own = !change.findings.empty();
      if (with_columns.contains(&node)) {
        std::string why;
        const auto is = columns.now(node, why);
        const auto was = columns.then(node.unique_id);
        std::vector<ChangeFinding> found;
        if (!why.empty())
          found.push_back({Impact::breaking, "does_not_bind", "its SQL does not bind: " + why});
        else if (is && was)
          found = column_findings(*was, *is);
        else if (own)
          found.push_back({Impact::data, "columns_unknown", "its columns could not be compared"});
        if (!own && !found.empty()) change.change = "inherited";
        change.findings.insert(change.findings.begin(), found.begin(), found.end());
      }
      if (change.findings.empty()) continue;
    }
    if (!wanted(node.unique_id)) continue;
    change.consumers = consumers_of(project, {node.unique_id});
    out.push_back(std::move(change));
  }
  if (!only.empty()) return out;
  for (const Json* node : state.nodes()) {
    const auto id = node->get_string("unique_id");
    if (!id || !is_built(*node) || project.find(*id)) continue;
    ModelChange change;
    change.unique_id = *id;
    change.change = "removed";
    change.findings.push_back({Impact::breaking, "removed", "it is gone, or disabled"});
    change.consumers = consumers_of_gone(project, state, *id);
    out.push_back(std::move(change));
  }
  return out;
}

Json model_changes_json(const std::vector<ModelChange>& changes) {
  Json models = Json::array();
  int64_t breaking = 0;
  for (const ModelChange& change : changes) {
    Json findings = Json::array();
    for (const ChangeFinding& finding : change.findings)
      findings.push_back(Json::object()
                             .set("impact", impact_text(finding.impact))
                             .set("kind", finding.kind)
                             .set("text", finding.text));
    if (change.impact() == Impact::breaking) breaking++;
    models.push_back(Json::object()
                         .set("unique_id", change.unique_id)
                         .set("change", change.change)
                         .set("impact", impact_text(change.impact()))
                         .set("findings", std::move(findings))
                         .set("consumers", Json::strings(change.consumers)));
  }
  return Json::object().set("breaking", breaking).set("models", std::move(models));
}

}  // namespace weir::plan
