#include "plan/select.h"

#include <algorithm>
#include <deque>

#include "base/error.h"
#include "base/text.h"
#include "plan/criterion.h"

namespace weir::plan {

using project::Node;
using project::Project;
using project::ResourceType;

namespace {

using Set = std::vector<char>;  // one flag per node of the project

class Selector {
 public:
  Selector(const Project& project, IndirectSelection indirect) : project_(project), indirect_(indirect) {}

  // Union of what space-separated and repeated texts select; each is an intersection of comma-separated criteria.
  Set any_of(const std::vector<std::string>& texts, std::vector<std::string>* warnings) const {
    Set out(project_.nodes.size(), 0);
    for (const std::string& text : texts)
      for (const std::string& part : words(text)) {
        const Set selected = all_of(part);
        if (warnings && std::find(selected.begin(), selected.end(), 1) == selected.end())
          warnings->push_back(no_match(part));
        for (size_t i = 0; i < out.size(); i++) out[i] = out[i] || selected[i];
      }
    return with_tests(out);  // criteria together may hold all that a test reads
  }

 private:
  static std::vector<std::string> words(const std::string& text) {
    std::vector<std::string> out;
    for (const std::string& word : split(text, ' '))
      if (!trim(word).empty()) out.emplace_back(trim(word));
    return out;
  }

  Set all_of(const std::string& text) const {
    Set out;
    for (const std::string& part : split(text, ',')) {
      const Set one = with_tests(expand(parse_criterion(part)));
      if (out.empty()) out = one;
      for (size_t i = 0; i < out.size(); i++) out[i] = out[i] && one[i];
    }
    return out;
  }

  Set expand(const Criterion& criterion) const {
    Set base(project_.nodes.size(), 0);
    for (size_t i = 0; i < base.size(); i++) base[i] = matches(criterion, project_, project_.nodes[i]);
    Set out = base;
    if (criterion.with_childrens_parents) {
      Set down = base;
      walk(base, project_.graph.children, std::nullopt, down);
      walk(down, project_.graph.parents, std::nullopt, out);
      for (size_t i = 0; i < out.size(); i++) out[i] = out[i] || down[i];
    }
    if (criterion.ancestors) walk(base, project_.graph.parents, criterion.ancestors_depth, out);
    if (criterion.descendants) walk(base, project_.graph.children, criterion.descendants_depth, out);
    return out;
  }

  // Adds to `out` what lies within `depth` steps of `from`.
  static void walk(const Set& from, const std::vector<std::vector<int>>& edges, std::optional<int> depth, Set& out) {
    std::vector<int> distance(from.size(), -1);
    std::deque<int> open;
    for (size_t i = 0; i < from.size(); i++)
      if (from[i]) distance[i] = 0, open.push_back(static_cast<int>(i));
    while (!open.empty()) {
      const auto at = static_cast<size_t>(open.front());
      open.pop_front();
      out[at] = 1;
      if (depth && distance[at] >= *depth) continue;
      for (const int next : edges[at])
        if (distance[static_cast<size_t>(next)] < 0) {
          distance[static_cast<size_t>(next)] = distance[at] + 1;
          open.push_back(next);
        }
    }
  }

  // Tests that come along with what they test.
  Set with_tests(const Set& direct) const {
    Set out = direct;
    if (indirect_ == IndirectSelection::empty) return out;
    Set allowed = direct;
    if (indirect_ == IndirectSelection::buildable) walk(direct, project_.graph.parents, std::nullopt, allowed);
    for (size_t i = 0; i < direct.size(); i++) {
      if (!direct[i] || project_.nodes[i].is_test()) continue;
      for (const int child : project_.graph.children[i]) {
        if (!project_.nodes[static_cast<size_t>(child)].is_test()) continue;
        const auto& parents = project_.graph.parents[static_cast<size_t>(child)];
        const auto in = [&](int parent) { return allowed[static_cast<size_t>(parent)] != 0; };
        if (indirect_ == IndirectSelection::eager || std::all_of(parents.begin(), parents.end(), in))
          out[static_cast<size_t>(child)] = 1;
      }
    }
    return out;
  }

  std::string no_match(const std::string& text) const {
    std::vector<std::string> names;
    for (const Node& node : project_.nodes) {
      if (node.is_test()) continue;
      names.push_back(node.name);
      if (!node.asset.empty()) names.push_back(node.asset);
    }
    const Criterion criterion = parse_criterion(split(text, ',').front());
    return "selection \"" + text + "\" matches nothing" + did_you_mean(criterion.value, names);
  }

  const Project& project_;
  IndirectSelection indirect_;
};

bool wanted_type(const Selection& selection, ResourceType type) {
  const auto& only = selection.resource_types;
  const auto& without = selection.exclude_resource_types;
  if (!only.empty() && std::find(only.begin(), only.end(), type) == only.end()) return false;
  return std::find(without.begin(), without.end(), type) == without.end();
}

}  // namespace

bool Selected::contains(const Node& node) const { return std::find(nodes.begin(), nodes.end(), &node) != nodes.end(); }

Selected select(const Project& project, const Selection& selection) {
  Selected out;
  const Selector selector(project, selection.indirect);
  Set chosen(project.nodes.size(), 1);
  if (!selection.select.empty()) chosen = selector.any_of(selection.select, &out.warnings);
  if (!selection.exclude.empty()) {
    const Set excluded = Selector(project, IndirectSelection::eager).any_of(selection.exclude, &out.warnings);
    for (size_t i = 0; i < chosen.size(); i++) chosen[i] = chosen[i] && !excluded[i];
  }
  for (const int index : project.graph.order) {
    const Node& node = project.nodes[static_cast<size_t>(index)];
    if (chosen[static_cast<size_t>(index)] && wanted_type(selection, node.type)) out.nodes.push_back(&node);
  }
  return out;
}

}  // namespace weir::plan
