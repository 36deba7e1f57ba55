// Run, recheck or skip: a step against what the lake says of it and of its inputs.
#include <algorithm>

#include "base/text.h"
#include "plan/batch_ledger.h"
#include "plan/plan.h"

namespace weir::plan {

using project::Node;

namespace {

// What was recorded when the step was last published, whether in a manifest or in the catalogue.
struct Recorded {
  std::string code, run;
  std::vector<lake::publish::ManifestInput> inputs;
};

std::optional<Recorded> recorded(const Step& step, const Observed& own) {
  if (!is_entry(step.kind)) {
    if (!own.head) return std::nullopt;
    return Recorded{own.head->code, own.head->run, own.head->inputs};
  }
  if (!own.view) return std::nullopt;
  Recorded out;
  const Json& properties = own.view->properties;
  out.code = properties.get_string("code").value_or("");
  out.run = properties.get_string("run").value_or("");
  if (const Json* inputs = properties.find("inputs"); inputs && inputs->is_array())
    for (const Json& input : inputs->as_array())
      out.inputs.push_back({input.get_string("table").value_or(""), input.get_string("id").value_or(""),
                            input.get_int("version").value_or(-1)});
  return out;
}

std::string version_text(int64_t version) { return version < 0 ? "nothing" : "v" + std::to_string(version); }

// Why an input is not what it was; "" if it is.
std::string difference(const Input& input, const Recorded& last, LakeView& lake) {
  const auto same_table = [&](const lake::publish::ManifestInput& other) { return other.table == input.table; };
  const auto found = std::find_if(last.inputs.begin(), last.inputs.end(), same_table);
  if (found == last.inputs.end()) return "input " + input.table + " is new";
  if (found->id != input.id) return "input " + input.table + " is another table now";
  if (found->version == input.version) return {};
  if (input.version > found->version && lake.same_rows(*input.node, found->version, input.version)) return {};
  return "input " + input.table + " " + version_text(found->version) + " → " + version_text(input.version);
}

std::string changed_input(const std::vector<Input>& inputs, bool check_only, const Recorded& last, LakeView& lake) {
  for (const Input& input : inputs)
    if (input.check_only == check_only && input.node->deferred && input.version < 0)
      return "reads " + input.table + ", a view of another environment: always runs";
  for (const Input& input : inputs)
    if (input.check_only == check_only)
      if (std::string why = difference(input, last, lake); !why.empty()) return why;
  return {};
}

// Steps whose result depends on more than their code and inputs.
std::string never_settled(const Step& step, const PlanRequest& request) {
  const Node& node = *step.node;
  if (node.queries_while_rendering) return "asks the lake while its SQL is rendered: always runs";
  if (node.reads_clock) return "reads the clock while its SQL is rendered: always runs";
  if (node.is_python_model() && node.depends_on.empty()) return "a Python model without inputs: always runs";
  if (!is_entry(step.kind) && request.volatile_functions)
    if (const auto functions = request.volatile_functions(node); !functions.empty())
      return "calls " + join(functions, ", ") + ": always runs";
  return {};
}

// Which batches of a microbatch model are to be built, if time alone asks for some; "" if not.
std::string batches_due(const Step& step, const Observed& own, std::string_view built_until) {
  if (!step.node->microbatch) return {};
  if (step.batches_until == "asked") return "batches asked for";
  const project::Microbatch& config = *step.node->microbatch;
  const BatchLedger ledger = BatchLedger::of(*own.head, config, step.batches_now_us);
  if (step.batches_until == built_until && missing_batches(config, ledger, step.batches_now_us).empty()) return {};
  const auto due = due_batches(config, ledger, step.batches_now_us);
  const int64_t gaps = static_cast<int64_t>(due.size()) - config.lookback - 1;
  return "builds " + batches_text(due, config.batch_size) +
         (gaps > 0 ? ", " + std::to_string(gaps) + " of them missing" : "");
}

}  // namespace

std::vector<Input> observe_inputs(const Step& step, LakeView& lake) {
  std::vector<Input> out;
  const auto add = [&](const std::vector<const Node*>& nodes, bool check_only) {
    for (const Node* node : nodes) {
      const Observed seen = lake.observe(*node);
      out.push_back({node, lower(node->read_relation().text()), seen.table_id, seen.version, check_only});
    }
  };
  add(step.reads, false);
  add(step.check_reads, true);
  return out;
}

Decision decide(const Step& step, const PlanRequest& request, const Observed& own, const std::vector<Input>& inputs,
                LakeView& lake) {
  if (step.kind == StepKind::test) return {Action::run, "tests what is published"};
  if (step.kind == StepKind::ephemeral) return {Action::run, "has no table"};
  if (step.kind == StepKind::ingest) {
    if (own.refusal) return {Action::run, own.refusal->message()};
    if (step.full_refresh) return {Action::run, "full refresh"};
    if (!request.look_at_source) return {Action::run, own.head ? "looks for new files" : "first run"};
    const std::string found = request.look_at_source(*step.node);
    if (!found.empty()) return {Action::run, found};
    if (!own.head) return {Action::run, "first run"};
    if (own.head->code != step.code) return {Action::recheck, "no new files; its configuration or checks changed"};
    return {Action::skip, "no new files since run " + own.head->run};
  }
  if (own.refusal) return {Action::run, own.refusal->message()};
  if (step.full_refresh) return {Action::run, "full refresh"};
  if (request.force) return {Action::run, "asked for"};
  const std::optional<Recorded> last = recorded(step, own);
  if (!last || !own.exists) return {Action::run, "first run"};
  const project::SplitCode now = project::split_code(step.code), then = project::split_code(last->code);
  if (now.node != then.node) return {Action::run, "code changed"};
  if (std::string why = never_settled(step, request); !why.empty()) return {Action::run, why};
  if (std::string why = batches_due(step, own, then.batches); !why.empty()) return {Action::run, why};
  const bool view = is_entry(step.kind);
  if (!view && !then.volatile_functions.empty())
    return {Action::run, "calls " + std::string(then.volatile_functions) + ": always runs"};
  std::string why = view ? "" : changed_input(inputs, false, *last, lake);
  if (!why.empty()) return {Action::run, why};
  // Skipping checks that a step has not been through would publish nothing wrong, but leave it unchecked.
  if (now.checks != then.checks) return {now.checks.empty() ? Action::skip : Action::recheck, "checks changed"};
  if (view && !step.checks.empty()) why = changed_input(inputs, false, *last, lake);
  if (why.empty()) why = changed_input(inputs, true, *last, lake);
  if (!why.empty()) return {Action::recheck, why + ": checked again"};
  return {Action::skip, "inputs and code unchanged since run " + last->run};
}

Json view_properties(const Step& step, const std::vector<Input>& inputs) {
  Json list = Json::array();
  for (const Input& input : inputs)
    list.push_back(Json::object().set("table", input.table).set("id", input.id).set("version", input.version));
  return Json::object().set("code", step.code).set("inputs", std::move(list));
}

}  // namespace weir::plan
