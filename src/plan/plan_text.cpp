#include <algorithm>

#include "plan/plan.h"

namespace weir::plan {

namespace {

std::string_view action_text(Action action) {
  switch (action) {
    case Action::run:
      return "run";
    case Action::recheck:
      return "recheck";
    case Action::skip:
      return "skip";
  }
  return "";
}

std::string why_of(const Plan& plan, const Step& step) {
  if (step.decision.action != Action::skip) return step.decision.why;
  const bool ingest = step.kind == StepKind::ingest;
  if (ingest && plan.verb == Verb::ingest) return step.decision.why;
  return step.decision.why + " (weir " + (ingest ? "ingest" : "build") + " --full-refresh " + asset_of(step) +
         (ingest ? " loads all again)" : " runs it anyway)");
}

}  // namespace

std::string_view kind_text(StepKind kind) {
  constexpr std::string_view kinds[] = {"ingest",   "seed", "table",     "incremental", "view",
                                        "snapshot", "test", "unit test", "ephemeral",   "function"};
  return kinds[static_cast<size_t>(kind)];
}

std::string asset_of(const Step& step) { return step.node->asset.empty() ? step.node->name : step.node->asset; }

std::string plan_text(const Plan& plan) {
  size_t width = 0;
  for (const Step& step : plan.steps) width = std::max(width, asset_of(step).size());
  std::string out;
  for (const Step& step : plan.steps) {
    const std::string name = asset_of(step), action(action_text(step.decision.action));
    out += name + std::string(width - name.size() + 4, ' ') + action + std::string(7 - action.size() + 2, ' ');
    out += why_of(plan, step);
    if (!step.checks.empty() && step.decision.action != Action::skip)
      out += ", " + std::to_string(step.checks.size()) + (step.checks.size() == 1 ? " check" : " checks");
    out += '\n';
  }
  return out;
}

Json plan_json(const Plan& plan) {
  Json out = Json::array();
  for (const Step& step : plan.steps) {
    std::vector<std::string> checks, needs;
    for (const project::Node* check : step.checks) checks.push_back(check->unique_id);
    for (const size_t other : step.needs) needs.push_back(plan.steps[other].node->unique_id);
    Json inputs = Json::array();
    for (const Input& input : step.inputs)
      inputs.push_back(Json::object()
                           .set("table", input.table)
                           .set("version", input.version < 0 ? Json() : Json(input.version))
                           .set("check_only", input.check_only));
    out.push_back(Json::object()
                      .set("unique_id", step.node->unique_id)
                      .set("asset", step.node->asset)
                      .set("kind", kind_text(step.kind))
                      .set("action", action_text(step.decision.action))
                      .set("why", step.decision.why)
                      .set("waits_on_parent", step.waits_on_parent)
                      .set("wave", static_cast<int64_t>(step.wave))
                      .set("needs", Json::strings(needs))
                      .set("checks", Json::strings(checks))
                      .set("inputs", std::move(inputs))
                      .set("code", step.code));
  }
  return out;
}

}  // namespace weir::plan
