#include "plan/select.h"

#include <algorithm>
#include <deque>
#include <unordered_map>

#include "base/error.h"
#include "base/text.h"
#include "plan/selector_spec.h"

namespace weir::plan {

using project::Declared;
using project::Node;
using project::Project;
using project::ResourceType;

namespace {

using Set = std::vector<char>;  // one flag per node of the project, then per exposure, metric, ...
using Edges = std::vector<std::vector<int>>;

template <class T>
bool holds(const std::vector<T>& list, const T& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

// The project's graph and, behind it, what is declared and not built.
struct Members {
  explicit Members(const Project& project)
      : project(project), parents(project.graph.parents), children(project.graph.children) {
    std::unordered_map<std::string_view, int> place;
    for (const Declared& item : project.declared)
      if (item.kind != "group") {
        place.emplace(item.unique_id, static_cast<int>(project.nodes.size() + declared.size()));
        declared.push_back(&item);
      }
    if (declared.empty()) return;
    for (size_t i = 0; i < project.nodes.size(); i++) place.emplace(project.nodes[i].unique_id, static_cast<int>(i));
    parents.resize(size());
    children.resize(size());
    for (size_t i = 0; i < declared.size(); i++)
      for (const std::string& id : declared[i]->depends_on)
        if (const auto found = place.find(id); found != place.end()) {
          const size_t at = project.nodes.size() + i;
          parents[at].push_back(found->second);
          children[static_cast<size_t>(found->second)].push_back(static_cast<int>(at));
        }
  }

  size_t size() const { return project.nodes.size() + declared.size(); }
  const Node* node(size_t at) const { return at < project.nodes.size() ? &project.nodes[at] : nullptr; }
  bool is_test(size_t at) const { return node(at) && node(at)->is_test(); }

  const Project& project;
  std::vector<const Declared*> declared;
  Edges parents, children;
};

// What a part of a selection takes, and the tests that would come with it if more of what they read were taken.
struct Taken {
  Set direct, indirect;
};

class Selector {
 public:
  Selector(const Members& members, const PreviousState* state) : members_(members), state_(state) {}

  Taken take(const Spec& spec, std::vector<std::string>* warnings) const {
    if (spec.kind == Spec::Kind::criterion) return with_tests(expand(spec.criterion), spec.indirect);
    Taken out;
    bool first = true;
    for (const Spec& part : spec.parts) {
      Taken one = take(part, warnings);
      for (size_t i = 0; i < one.indirect.size(); i++) one.indirect[i] = one.indirect[i] || one.direct[i];
      if (first)
        out = std::move(one);
      else {
        combine(spec.kind, out.direct, one.direct);
        combine(spec.kind, out.indirect, one.indirect);
      }
      first = false;
    }
    if (first) out = {Set(members_.size(), 0), Set(members_.size(), 0)};
    out.direct = with_completed(out, spec.indirect);
    if (warnings && !spec.told.empty() && !holds(out.direct, char{1})) warnings->push_back(no_match(spec.told));
    return out;
  }

 private:
  static void combine(Spec::Kind kind, Set& into, const Set& other) {
    for (size_t i = 0; i < into.size(); i++) {
      if (kind == Spec::Kind::any_of) into[i] = into[i] || other[i];
      if (kind == Spec::Kind::all_of) into[i] = into[i] && other[i];
      if (kind == Spec::Kind::without) into[i] = into[i] && !other[i];
    }
  }

  Set expand(const Criterion& criterion) const {
    Set base(members_.size(), 0);
    for (size_t i = 0; i < base.size(); i++)
      base[i] = members_.node(i) ? matches(criterion, members_.project, *members_.node(i), state_)
                                 : matches(criterion, members_.project,
                                           *members_.declared[i - members_.project.nodes.size()], state_);
    Set out = base;
    if (criterion.with_childrens_parents) {
      Set down = base;
      walk(base, members_.children, std::nullopt, down);
      walk(down, members_.parents, std::nullopt, out);
      for (size_t i = 0; i < out.size(); i++) out[i] = out[i] || down[i];
    }
    if (criterion.ancestors) walk(base, members_.parents, criterion.ancestors_depth, out);
    if (criterion.descendants) walk(base, members_.children, criterion.descendants_depth, out);
    return out;
  }

  // Adds to `out` what lies within `depth` steps of `from`.
  static void walk(const Set& from, const Edges& edges, std::optional<int> depth, Set& out) {
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

  bool reads_only(size_t test, const Set& allowed) const {
    const auto& parents = members_.parents[test];
    return std::all_of(parents.begin(), parents.end(),
                       [&](int parent) { return allowed[static_cast<size_t>(parent)] != 0; });
  }

  // What of its parents a test may have without their being selected.
  Set with_ancestors(const Set& direct) const {
    Set out = direct;
    walk(direct, members_.parents, std::nullopt, out);
    return out;
  }

  // Tests that come along with what they test.
  Taken with_tests(const Set& selected, IndirectSelection indirect) const {
    Taken out{selected, Set(selected.size(), 0)};
    if (indirect == IndirectSelection::empty) return out;
    Set allowed = selected;
    if (indirect == IndirectSelection::buildable) {
      allowed = with_ancestors(selected);
      for (size_t i = 0; i < members_.project.nodes.size(); i++)
        if (members_.project.nodes[i].type == ResourceType::source) allowed[i] = 1;
    }
    for (size_t i = 0; i < selected.size(); i++) {
      if (!selected[i]) continue;
      for (const int child : members_.children[i]) {
        const auto test = static_cast<size_t>(child);
        if (!members_.is_test(test)) continue;
        if (indirect == IndirectSelection::eager || reads_only(test, allowed))
          out.direct[test] = 1;
        else
          out.indirect[test] = 1;
      }
    }
    return out;
  }

  // Criteria together may hold all that a test reads.
  Set with_completed(const Taken& taken, IndirectSelection indirect) const {
    if (indirect != IndirectSelection::cautious && indirect != IndirectSelection::buildable) return taken.direct;
    Set out = taken.direct;
    const Set allowed = indirect == IndirectSelection::buildable ? with_ancestors(taken.direct) : taken.direct;
    for (size_t i = 0; i < out.size(); i++)
      if (taken.indirect[i] && members_.is_test(i) && reads_only(i, allowed)) out[i] = 1;
    return out;
  }

  std::string no_match(const std::string& text) const {
    std::vector<std::string> names;
    for (const Node& node : members_.project.nodes) {
      if (node.is_test()) continue;
      names.push_back(node.name);
      if (!node.asset.empty()) names.push_back(node.asset);
    }
    const Criterion criterion = parse_criterion(split(text, ',').front());
    return "The selection criterion '" + text + "' does not match any enabled nodes" +
           did_you_mean(criterion.value, names);
  }

  const Members& members_;
  const PreviousState* state_;
};

// nullopt: everything.
std::optional<Spec> spec_of(const Project& project, const Selection& selection) {
  std::vector<NamedSelector> named;
  if (project.selectors) named = read_selectors(*project.selectors, selection.indirect);
  if (!selection.selector.empty()) return find_selector(named, selection.selector).spec;
  if (selection.select.empty() && selection.exclude.empty()) {
    for (const NamedSelector& selector : named)
      if (selector.is_default) return selector.spec;
    return std::nullopt;
  }
  Spec everything;
  everything.kind = Spec::Kind::criterion;
  everything.criterion.method = "all";
  Spec out;
  out.kind = Spec::Kind::without;
  out.parts.push_back(selection.select.empty() ? everything
                                               : parse_selection(selection.select, selection.indirect, named));
  if (!selection.exclude.empty()) out.parts.push_back(parse_selection(selection.exclude, selection.indirect, named));
  return out;
}

// Nothing is said of types: all. Else what is listed, less what is excluded.
bool wanted(const Selection& selection, const Node& node) {
  const bool all = selection.resource_types.empty() && selection.declared_kinds.empty();
  return (all || holds(selection.resource_types, node.type)) && !holds(selection.exclude_resource_types, node.type);
}

bool wanted(const Selection& selection, const Declared& item) {
  const bool all = selection.resource_types.empty() && selection.declared_kinds.empty();
  return (all || holds(selection.declared_kinds, item.kind)) && !holds(selection.exclude_declared_kinds, item.kind);
}

}  // namespace

bool Selected::contains(const Node& node) const { return std::find(nodes.begin(), nodes.end(), &node) != nodes.end(); }

Selected select(const Project& project, const Selection& selection) {
  Selected out;
  if (!selection.only.empty()) {
    for (const int index : project.graph.order)
      if (const Node& node = project.nodes[static_cast<size_t>(index)]; holds(selection.only, node.unique_id))
        out.nodes.push_back(&node);
    return out;
  }
  const Members members(project);
  Set chosen(members.size(), 1);
  if (const auto spec = spec_of(project, selection))
    chosen = Selector(members, selection.state.get()).take(*spec, &out.warnings).direct;
  for (const int index : project.graph.order) {
    const Node& node = project.nodes[static_cast<size_t>(index)];
    if (chosen[static_cast<size_t>(index)] && wanted(selection, node)) out.nodes.push_back(&node);
  }
  for (size_t i = 0; i < members.declared.size(); i++)
    if (chosen[project.nodes.size() + i] && wanted(selection, *members.declared[i]))
      out.declared.push_back(members.declared[i]);
  return out;
}

}  // namespace weir::plan
