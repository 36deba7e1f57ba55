#include "project/called_node.h"

#include <algorithm>

namespace weir::project {

// Positions of calls are those of their parenthesis.
Span call_place(tmpl::Evaluation& evaluation, std::string_view name) {
  Span span = evaluation.position();
  const auto before = static_cast<size_t>(std::max(span.column - 1, 0));
  const bool at_parenthesis = before >= name.size() && before <= span.line_text.size() &&
                              std::string_view(span.line_text).substr(before - name.size(), name.size()) == name;
  if (at_parenthesis) {
    span.column -= static_cast<int>(name.size());
    span.length = static_cast<int>(name.size());
  }
  return span;
}

const Node* among_dependencies(const ProjectHost& host, const std::function<bool(const Node&)>& matches) {
  require(host.project != nullptr, "a final rendering has a project");
  const auto order = host.rendering.ref_order(host.package);
  const auto place = [&](const Node& node) { return std::find(order.begin(), order.end(), node.package); };
  const Node* found = nullptr;
  const auto look_at = [&](const Node& node) {
    if (matches(node) && (!found || place(node) < place(*found))) found = &node;
  };
  if (host.node)
    for (const std::string& id : host.node->depends_on)
      if (const Node* node = host.project->find(id)) look_at(*node);
  if (found || (host.node && !host.is_hook)) return found;
  for (const Node& node : host.project->nodes) look_at(node);
  return found;
}

}  // namespace weir::project
