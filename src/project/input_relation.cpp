#include "project/input_relation.h"

#include <algorithm>

#include "base/text.h"
#include "project/relation.h"

namespace weir::project {

namespace {

// As dbt writes it: quoted only where the project says that the column is.
std::string event_time_column(const Node& node, const std::string& name) {
  const auto found =
      std::find_if(node.columns.begin(), node.columns.end(), [&](const Column& column) { return column.name == name; });
  bool quoted = found != node.columns.end() && found->quote;
  if (const Json* quoting = node.described.find("quoting"); quoting && quoting->is_object() && !quoted)
    if (const Json* column = quoting->find("column")) quoted = column->is_bool() && column->as_bool();
  return quoted ? quote_identifier(name) : name;
}

std::optional<TimeWindow> window_of(const ProjectHost& host) {
  const std::optional<TimeWindow>& sample = host.project->inputs.sample;
  if (!host.node->microbatch || !host.state || !host.state->batch) return sample;
  TimeWindow window = *host.state->batch;
  if (sample) window = {std::max(window.start_us, sample->start_us), std::min(window.end_us, sample->end_us)};
  return window;
}

std::string time_filter(const ProjectHost& host, const Node& node) {
  if (!host.node || (host.node->type != ResourceType::model && host.node->type != ResourceType::snapshot)) return {};
  const std::string name = node.config->all.get_string("event_time").value_or("");
  if (name.empty()) return {};
  const std::optional<TimeWindow> window = window_of(host);
  if (!window) return {};
  const std::string column = event_time_column(node, name);
  return column + " >= '" + time_text(window->start_us) + "' and " + column + " < '" + time_text(window->end_us) + "'";
}

}  // namespace

const char* relation_kind(const Node& node) {
  if (node.is_function()) return "function";
  return node.is_view() ? "view" : "table";
}

tmpl::Value input_relation(const ProjectHost& host, const Node& node) {
  const bool final = host.mode == RenderMode::final && host.project;
  tmpl::Value value = make_relation(final ? node.read_place() : node.place(), relation_kind(node));
  auto* relation = value.as<Relation>();
  if (node.is_ephemeral()) {
    relation->cte = cte_name(node);
    relation->kind = "cte";
  }
  relation->external = node.external;
  if (!final || node.is_function()) return value;
  relation->empty = host.project->inputs.empty;
  relation->time_filter = time_filter(host, node);
  return value;
}

}  // namespace weir::project
