// dbt's order of work, for a target that is a database.
#include <algorithm>
#include <set>
#include <unordered_map>

#include "plan/plan.h"

namespace weir::plan {

using project::Node;
using project::Project;
using project::ResourceType;

namespace {

class DatabasePlanner {
 public:
  DatabasePlanner(const Project& project, const PlanRequest& request) : project_(project), request_(request) {}

  Plan make() {
    plan_.verb = request_.verb;
    Selected selected = select(project_, request_.selection);
    plan_.warnings = std::move(selected.warnings);
    std::vector<const Node*> nodes;
    for (const Node* node : selected.nodes)
      if (node->ingest)
        plan_.warnings.push_back("source " + node->source_name + "." + node->name +
                                 " is loaded on the lake only: here its table must be there already");
    for (const Node* node : selected.nodes)
      if (in_verb(request_.verb, *node) && !node->is_ephemeral() && node->type != ResourceType::source)
        nodes.push_back(node);
    refuse_unsupported(project_, nodes);
    for (const Node* node : nodes) add_step(*node);
    for (Step& step : plan_.steps) find_parents(step);
    if (request_.verb == Verb::build)
      for (Step& step : plan_.steps) wait_for_tests(step);
    for (Step& step : plan_.steps) std::sort(step.needs.begin(), step.needs.end());
    number_waves();
    return std::move(plan_);
  }

 private:
  void add_step(const Node& node) {
    Step step;
    step.node = &node;
    step.kind = kind_of(node);
    step.full_refresh = step.kind != StepKind::snapshot && node.config->full_refresh.value_or(request_.full_refresh);
    step.decision = {Action::run, "as dbt: all that is selected runs"};
    step_of_[&node] = plan_.steps.size();
    plan_.steps.push_back(std::move(step));
  }

  static void add_need(Step& step, size_t other) {
    if (std::find(step.needs.begin(), step.needs.end(), other) == step.needs.end()) step.needs.push_back(other);
  }

  // The nearest steps above, through what is no step. A unit test runs in the place of its model: it needs what the
  // model reads.
  void climb(Step& step, const Node& node, std::set<const Node*>& seen) {
    for (const std::string& id : node.depends_on) {
      const Node& parent = project_.at(id);
      if (!seen.insert(&parent).second) continue;
      if (const auto found = step_of_.find(&parent); found != step_of_.end())
        add_need(step, found->second);
      else
        climb(step, parent, seen);
    }
  }

  void find_parents(Step& step) {
    if (request_.verb == Verb::test) return;
    std::set<const Node*> seen;
    const bool unit = step.kind == StepKind::unit_test;
    climb(step, unit ? project_.at(step.node->depends_on.front()) : *step.node, seen);
  }

  const std::set<const Node*>& ancestors(const Node& node) {
    const auto [place, fresh] = ancestors_.try_emplace(&node);
    if (fresh)
      for (const std::string& id : node.depends_on) {
        const Node& parent = project_.at(id);
        std::set<const Node*> above = ancestors(parent);
        above.insert(&parent);
        ancestors_[&node].insert(above.begin(), above.end());
      }
    return ancestors_[&node];
  }

  // A test of what lies above a node comes before the node, unless it also reads something else.
  void wait_for_tests(Step& step) {
    if (step.node->is_test()) return;
    const std::set<const Node*>& above = ancestors(*step.node);
    const auto is_above = [&](const std::string& id) { return above.contains(&project_.at(id)); };
    for (const Node* node : above)
      for (const std::string& id : node->tests) {
        const Node& test = project_.at(id);
        const auto found = step_of_.find(&test);
        if (test.test && found != step_of_.end() &&
            std::all_of(test.depends_on.begin(), test.depends_on.end(), is_above))
          add_need(step, found->second);
      }
    for (const std::string& id : step.node->tests)
      if (const auto found = step_of_.find(&project_.at(id)); found != step_of_.end() && project_.at(id).unit)
        add_need(step, found->second);
  }

  // Steps are in topological order but for unit tests, which stand behind their models: the fixed point is near.
  void number_waves() {
    bool changed = true;
    while (changed) {
      changed = false;
      for (Step& step : plan_.steps)
        for (const size_t other : step.needs)
          if (plan_.steps[other].wave >= step.wave) {
            step.wave = plan_.steps[other].wave + 1;
            changed = true;
          }
    }
  }

  const Project& project_;
  const PlanRequest& request_;
  std::unordered_map<const Node*, size_t> step_of_;
  std::unordered_map<const Node*, std::set<const Node*>> ancestors_;
  Plan plan_;
};

}  // namespace

Plan make_database_plan(const Project& project, const PlanRequest& request) {
  return DatabasePlanner(project, request).make();
}

}  // namespace weir::plan
