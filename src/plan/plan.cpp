#include "plan/plan.h"

#include <algorithm>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "base/text.h"
#include "project/rendering.h"

namespace weir::plan {

using project::Node;
using project::Project;
using project::ResourceType;

namespace {

class Planner {
 public:
  Planner(const Project& project, const PlanRequest& request, LakeView& lake)
      : project_(project),
        request_(request),
        lake_(lake),
        fingerprints_(project, request.engine_version, request.python_version) {}

  Plan make() {
    plan_.verb = request_.verb;
    choose();
    const std::vector<const Node*> nodes = in_order();
    refuse_unsupported(project_, nodes);
    refuse_invalid(project_, nodes);
    make_steps();
    attach_tests();
    for (Step& step : plan_.steps) complete(step);
    if (request_.verb != Verb::compile) decide_all();
    return std::move(plan_);
  }

 private:
  void choose() {
    Selected selected = select(project_, request_.selection);
    plan_.warnings = std::move(selected.warnings);
    for (const Node* node : selected.nodes)
      if (in_verb(request_.verb, *node)) chosen_.insert(node);
    if (request_.verb == Verb::build) add_needed_sources();
    if (request_.verb == Verb::ingest)
      std::erase_if(chosen_, [&](const Node* node) { return node->is_test() && !only_sources(*node); });
  }

  bool only_sources(const Node& test) const {
    return std::all_of(test.depends_on.begin(), test.depends_on.end(),
                       [&](const std::string& id) { return project_.at(id).type == ResourceType::source; });
  }

  // Sources that a chosen node reads are loaded first, unless they were excluded.
  void add_needed_sources() {
    const Selection& selection = request_.selection;
    if (!selection.only.empty()) return;
    const auto lists = [](const std::vector<ResourceType>& types, ResourceType type) {
      return std::find(types.begin(), types.end(), type) != types.end();
    };
    if (!selection.resource_types.empty() && !lists(selection.resource_types, ResourceType::source)) return;
    if (lists(selection.exclude_resource_types, ResourceType::source)) return;
    std::unordered_set<const Node*> excluded;
    if (!selection.exclude.empty()) {
      Selection only;
      only.select = selection.exclude;
      only.indirect = IndirectSelection::empty;
      only.state = selection.state;
      for (const Node* node : select(project_, only).nodes) excluded.insert(node);
    }
    std::vector<const Node*> needed;
    for (const Node* node : chosen_)
      if (!node->is_test())
        for (const Node* input : fingerprints_.inputs(*node))
          if (input->ingest && !excluded.contains(input)) needed.push_back(input);
    chosen_.insert(needed.begin(), needed.end());
    if (selection.indirect == IndirectSelection::empty || lists(selection.exclude_resource_types, ResourceType::test))
      return;
    // They are published like any other: their own checks come along.
    for (const Node* source : needed)
      for (const std::string& id : source->tests)
        if (const Node& test = project_.at(id); !excluded.contains(&test) && only_chosen(test)) chosen_.insert(&test);
  }

  bool only_chosen(const Node& test) const {
    return std::all_of(test.depends_on.begin(), test.depends_on.end(),
                       [&](const std::string& id) { return chosen_.contains(&project_.at(id)); });
  }

  std::vector<const Node*> in_order() const {
    std::vector<const Node*> out(chosen_.begin(), chosen_.end());
    std::sort(out.begin(), out.end(), [&](const Node* a, const Node* b) { return position(*a) < position(*b); });
    return out;
  }

  int position(const Node& node) const { return project_.graph.position[static_cast<size_t>(project_.index_of(node))]; }

  void make_steps() {
    const bool compile = request_.verb == Verb::compile;
    for (const Node* node : in_order()) {
      if (!compile && (node->is_test() || node->is_ephemeral())) continue;
      add_step(*node);
    }
  }

  Step& add_step(const Node& node) {
    Step step;
    step.node = &node;
    step.kind = kind_of(node);
    step_of_[&node] = plan_.steps.size();
    plan_.steps.push_back(std::move(step));
    return plan_.steps.back();
  }

  // What a test reads that has a table or an entry of its own: ephemeral models stand for what they read.
  std::vector<const Node*> tested(const Node& test) const {
    std::vector<const Node*> out;
    for (const std::string& id : test.depends_on) {
      const Node& node = project_.at(id);
      if (!node.is_ephemeral()) {
        out.push_back(&node);
        continue;
      }
      const auto& inputs = fingerprints_.inputs(node);
      out.insert(out.end(), inputs.begin(), inputs.end());
    }
    return out;
  }

  // A test gates the last of the planned steps that it reads; one that reads none is a step by itself.
  void attach_tests() {
    if (request_.verb == Verb::compile) return;
    std::vector<const Node*> alone;
    for (const Node* test : in_order()) {
      if (!test->is_test()) continue;
      const Node* gate = nullptr;
      const std::vector<const Node*> read = tested(*test);
      for (const Node* node : read)
        if (step_of_.contains(node) && (!gate || position(*node) > position(*gate))) gate = node;
      if (!gate) {
        alone.push_back(test);
        continue;
      }
      Step& step = plan_.steps[step_of_[gate]];
      step.checks.push_back(test);
      for (const Node* node : read)
        if (node != gate) add_check_reads(step, *node);
    }
    for (const Node* test : alone) add_step(*test);
  }

  void add_check_reads(Step& step, const Node& node) {
    if (const auto other = step_of_.find(&node); other != step_of_.end()) need(step, other->second);
    if (node.has_table()) check_reads_[step.node].insert(&node);
    if (node.is_view() || node.is_function())
      for (const Node* input : fingerprints_.inputs(node)) check_reads_[step.node].insert(input);
  }

  static void need(Step& step, size_t other) {
    if (std::find(step.needs.begin(), step.needs.end(), other) == step.needs.end()) step.needs.push_back(other);
  }

  // Steps met going up from a node, through views and ephemeral models that are no steps.
  void need_parents(Step& step, const Node& node, std::set<const Node*>& seen) {
    for (const std::string& id : node.depends_on) {
      const Node& parent = project_.at(id);
      if (!seen.insert(&parent).second) continue;
      if (const auto found = step_of_.find(&parent); found != step_of_.end())
        need(step, found->second);
      else if (parent.is_view() || parent.is_ephemeral() || parent.is_function())
        need_parents(step, parent, seen);
    }
  }

  void complete(Step& step) {
    const Node& node = *step.node;
    std::set<const Node*> seen;
    need_parents(step, node, seen);
    std::sort(step.needs.begin(), step.needs.end());
    for (const size_t other : step.needs) step.wave = std::max(step.wave, plan_.steps[other].wave + 1);
    if (step.kind != StepKind::ephemeral) step.reads = fingerprints_.inputs(node);
    for (const Node* extra : check_reads_[&node])
      if (extra != &node && std::find(step.reads.begin(), step.reads.end(), extra) == step.reads.end())
        step.check_reads.push_back(extra);
    const auto by_id = [](const Node* a, const Node* b) { return a->unique_id < b->unique_id; };
    std::sort(step.check_reads.begin(), step.check_reads.end(), by_id);
    step.code = fingerprints_.code(node, step.checks);
    if (node.microbatch) {
      const bool asked = project_.inputs.event_time || project_.inputs.sample;
      step.batches_now_us = project_.rendering->started_at_ms * 1000;
      step.batches_until =
          asked ? "asked" : project::time_iso(project::ceil_time(step.batches_now_us, node.microbatch->batch_size));
    }
    // A snapshot is never made anew: what it remembers is nowhere else.
    const bool refreshable =
        step.kind != StepKind::snapshot && (step.kind != StepKind::ingest || request_.verb == Verb::ingest);
    step.full_refresh = refreshable && node.config->full_refresh.value_or(request_.full_refresh);
  }

  void decide_all() {
    std::vector<const Node*> wanted;
    std::unordered_map<const Node*, size_t> place;
    const auto want = [&](const Node* node) {
      if (place.emplace(node, wanted.size()).second) wanted.push_back(node);
    };
    for (const Step& step : plan_.steps) {
      if (step.kind != StepKind::test) want(step.node);
      for (const Node* node : step.reads) want(node);
      for (const Node* node : step.check_reads) want(node);
    }
    const std::vector<Observed> observed = lake_.observe_all(wanted, request_.threads);
    for (Step& step : plan_.steps) {
      const auto add = [&](const std::vector<const Node*>& nodes, bool check_only) {
        for (const Node* node : nodes) {
          const Observed& seen = observed[place.at(node)];
          step.inputs.push_back({node, lower(node->read_relation().text()), seen.table_id, seen.version, check_only});
        }
      };
      add(step.reads, false);
      add(step.check_reads, true);
      static const Observed nothing;
      const auto own = place.find(step.node);
      step.decision = decide(step, request_, own == place.end() ? nothing : observed[own->second], step.inputs, lake_);
      if (own != place.end()) step.warnings = observed[own->second].warnings;
      wait_for_parents(step);
    }
  }

  // A parent that runs may bring a new version: the step then runs too, and decides at its turn.
  void wait_for_parents(Step& step) const {
    if (step.decision.action == Action::run || step.kind == StepKind::ingest) return;
    for (const size_t other : step.needs) {
      const Step& parent = plan_.steps[other];
      if (parent.decision.action == Action::skip) continue;
      const bool by_view = is_entry(parent.kind) && is_entry(step.kind);
      if (parent.decision.action == Action::recheck || by_view) continue;
      const std::string name = parent.node->asset.empty() ? parent.node->name : parent.node->asset;
      // Down a chain of steps only what it begins with is news.
      step.decision = {Action::run,
                       parent.waits_on_parent ? parent.decision.why : "waits for " + name + ": " + parent.decision.why};
      step.waits_on_parent = true;
      return;
    }
  }

  const Project& project_;
  const PlanRequest& request_;
  LakeView& lake_;
  project::Fingerprints fingerprints_;
  std::unordered_set<const Node*> chosen_;
  std::unordered_map<const Node*, size_t> step_of_;
  std::unordered_map<const Node*, std::set<const Node*>> check_reads_;
  Plan plan_;
};

}  // namespace

const Step* Plan::find(const Node& node) const {
  const auto found = std::find_if(steps.begin(), steps.end(), [&](const Step& step) { return step.node == &node; });
  return found == steps.end() ? nullptr : &*found;
}

size_t Plan::running() const {
  return static_cast<size_t>(
      std::count_if(steps.begin(), steps.end(), [](const Step& step) { return step.decision.action != Action::skip; }));
}

Plan make_plan(const Project& project, const PlanRequest& request, LakeView& lake) {
  return Planner(project, request, lake).make();
}

}  // namespace weir::plan
