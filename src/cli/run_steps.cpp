#include "cli/run_steps.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <map>
#include <set>

#include "base/text.h"
#include "cli/artifacts.h"
#include "cli/dbt_console.h"
#include "cli/dbt_log.h"
#include "cli/deferral.h"
#include "cli/error_text.h"
#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/input_flags.h"
#include "cli/interrupts.h"
#include "cli/print.h"
#include "cli/progress.h"
#include "cli/say.h"
#include "cli/selection.h"
#include "cli/source_look.h"
#include "cli/trust.h"
#include "cli/workspace.h"
#include "run/outcomes.h"
#include "run/python_interpreter.h"

namespace weir::cli {

namespace {

using state::StepStatus;

std::vector<PlannedAsset> planned_assets(const plan::Plan& plan) {
  std::vector<PlannedAsset> assets;
  for (const auto& step : plan.steps) {
    if (step.decision.action == plan::Action::skip) continue;
    PlannedAsset asset{
        plan::asset_of(step), std::string(plan::kind_text(step.kind)), {}, static_cast<int64_t>(step.checks.size())};
    for (const size_t need : step.needs) asset.needs.push_back(plan::asset_of(plan.steps[need]));
    assets.push_back(std::move(asset));
  }
  return assets;
}

void print_plan(const Call& call, const plan::Plan& plan) {
  if (call.options.text("output") == "json")
    print(stdout, plan::plan_json(plan).dump(2) + "\n");
  else
    print(stdout, plan::plan_text(plan));
}

// Errors in full, below the lines of the display: place, caret, hint. A check's verdict was told by its own line.
void print_errors(const Call& call, const run::RunResult& result) {
  const auto tell = [&](const Error& error) {
    print(stderr, call.json_log() ? error_json(error).dump() + "\n" : error_text(error, call.terminal.error));
  };
  for (const auto& step : result.steps) {
    if (!step.error || step.status == StepStatus::cancelled) continue;
    if (step.error->code() == ErrorCode::checks_failed && !call.json_log() && !call.quiet()) continue;
    tell(*step.error);
  }
  for (const Error& error : result.hook_errors) tell(error);
}

// Messages of errors begin as dbt's do: "Compilation Error in model orders (models/orders.sql)".
void entitle_messages(const plan::Plan& plan, const run::RunResult& result, std::vector<dbt::NodeResult>& outcomes) {
  std::map<std::string, size_t> failed;  // steps by unique_id
  for (size_t i = 0; i < plan.steps.size() && i < result.steps.size(); i++)
    if (result.steps[i].error) failed.emplace(plan.steps[i].node->unique_id, i);
  for (dbt::NodeResult& outcome : outcomes) {
    const auto found = failed.find(outcome.unique_id);
    if (outcome.status != "error" || found == failed.end()) continue;
    const std::string title =
        dbt_title(*plan.steps[found->second].node, dbt_error_kind(*result.steps[found->second].error));
    outcome.message = title + "\n" + dbt_indented(outcome.message);
  }
}

plan::Plan plan_on_lake(Workspace& workspace, const plan::PlanRequest& request) {
  auto publisher = workspace.publisher();
  const auto view =
      plan::open_lake_view(workspace.project(), workspace.lake(), publisher, workspace.engine().parquet());
  return plan::make_plan(workspace.project(), request, *view);
}

// What the verb works on.
std::vector<const project::Node*> nodes_of(const project::Project& project, const plan::PlanRequest& request) {
  std::vector<const project::Node*> nodes = plan::select(project, request.selection).nodes;
  std::erase_if(nodes, [&](const project::Node* node) { return !plan::in_verb(request.verb, *node); });
  return nodes;
}

// As in dbt, a build tells of exposures and saved queries too, though nothing is built of them. One that reads what was
// not built is skipped.
std::vector<dbt::NodeResult> declared_results(const project::Project& project, const plan::PlanRequest& request,
                                              const std::vector<dbt::NodeResult>& outcomes) {
  std::vector<dbt::NodeResult> out;
  if (request.verb != plan::Verb::build || !request.selection.only.empty() || project.declared.empty()) return out;
  std::set<std::string> undone;
  for (const dbt::NodeResult& outcome : outcomes)
    if (outcome.status == "error" || outcome.status == "fail" || outcome.status == "skipped")
      undone.insert(outcome.unique_id);
  for (const project::Declared* item : plan::select(project, request.selection).declared) {
    if (item->kind != "exposure" && item->kind != "saved_query") continue;
    const bool skipped = std::any_of(item->depends_on.begin(), item->depends_on.end(),
                                     [&](const std::string& id) { return undone.contains(id); });
    dbt::NodeResult result;
    result.unique_id = item->unique_id;
    result.status = skipped ? "skipped" : "no-op";
    result.message = skipped ? "" : "NO-OP";
    out.push_back(std::move(result));
  }
  return out;
}

size_t count_deterministic(const run::RunResult& result, bool deterministic) {
  return static_cast<size_t>(std::count_if(result.steps.begin(), result.steps.end(), [&](const run::StepResult& step) {
    return step.deterministic == deterministic;
  }));
}

std::string count_text(size_t count, std::string_view words) {
  return count == 0 ? std::string() : fmt::format("{} {}", count, words);
}

}  // namespace

std::vector<Flag> run_switches() {
  auto plan = switch_flag("plan", 0, "show what would run and why, and change nothing");
  auto dry = switch_flag("dry-run", 0, "the same as --plan");
  auto output = value_flag("output", 0, "FORM", "form of --plan");
  output.spec.allowed = {"text", "json"};
  output.spec.default_value = "text";
  auto store = switch_flag("store-failures", 0,
                           "keep the rows on which tests fail as tables, unless a test's configuration says otherwise");
  store.environment = "DBT_STORE_FAILURES";
  return {switch_flag("full-refresh", 'f', "make tables anew instead of adding to them"),
          switch_flag("fail-fast", 'x', "start nothing more after the first failure"),
          store,
          plan,
          dry,
          output};
}

std::vector<Flag> run_flags() {
  return together({project_flags(), selection_flags(), defer_flags(), engine_flags(), run_switches()});
}

Argument selector_argument() {
  return {"SELECTOR", "assets to take, as with --select; without any: everything", false, true, Completes::asset};
}

std::string summary_text(const run::RunResult& result, const Style& style) {
  const size_t published = result.count(StepStatus::published), same = result.count(StepStatus::up_to_date);
  const size_t tests =
      result.count(StepStatus::passed) + result.count(StepStatus::warned) + result.count(StepStatus::failed_test);
  const int code = result.exit_code();
  if (result.steps.empty()) return "nothing to do: no asset is selected\n";
  if (code == exit_done && published == 0 && tests == 0 && result.count(StepStatus::skipped) == 0)
    return fmt::format("nothing to do: {} asset{} up to date ({})\n", same, same == 1 ? "" : "s",
                       human_duration_ms(result.ms));
  std::vector<std::string> parts;
  const auto add = [&](const std::string& part) {
    if (!part.empty()) parts.push_back(part);
  };
  add(count_text(published, "published"));
  add(count_text(count_deterministic(result, true), "the same when built twice"));
  add(count_text(count_deterministic(result, false), "not the same when built twice"));
  add(count_text(result.count(StepStatus::passed), "passed"));
  add(count_text(result.count(StepStatus::warned), "warned"));
  add(count_text(result.count(StepStatus::failed_test), "failed"));
  add(count_text(result.count(StepStatus::held_back), "held back"));
  add(count_text(result.count(StepStatus::failed), "failed"));
  add(count_text(result.count(StepStatus::skipped), "skipped because of it"));
  add(count_text(result.count(StepStatus::cancelled), "cancelled"));
  add(count_text(same, "up to date"));
  if (parts.empty()) parts.emplace_back("nothing was run");
  std::string text = join(parts, ", ");
  text += fmt::format(" {} {}", style.dot(), human_duration_ms(result.ms));
  if (code != exit_done) text += fmt::format(" {} exit {}", style.dot(), code);
  return text + "\n";
}

namespace {

// "" = not known: a plan runs nothing that nobody has confirmed.
std::string known_python(const Call& call, const project::Project& project) {
  if (!run::is_interpreter_of_project(project) || project.trust.allows("interpreter"))
    return run::python_version(run::python_interpreter(project));
  say(call, call.terminal.error.yellow("warning:") +
                " the interpreter that weir.yml names asks for trust (weir trust): " +
                "whether a change of it makes Python models run is not known");
  return {};
}

bool wants_plan_only(const Call& call) {
  if (call.options.boolean("plan") || call.options.boolean("dry-run")) return true;
  if (call.options.text("output") == "json")
    throw Error(ErrorCode::bad_option_value, "--output json is a form of --plan",
                "add --plan; `--log-format json` writes a run's progress as JSON, `weir logs --output json` tells it "
                "afterwards");
  return false;
}

void refuse_ingest_of_databases(const project::Project& project, plan::Verb verb) {
  if (project.target.kind == project::TargetKind::database && verb == plan::Verb::ingest)
    throw Error(ErrorCode::not_built,
                "sources are loaded into the lake, and target " + project.target.name + " is a database",
                "weir ingest --target lake");
}

void tell_warnings(const Call& call, const plan::Plan& plan) {
  for (const auto& warning : plan.warnings) {
    log_event(call, "NoNodesForSelectionCriteria", "warn", warning);
    if (!call.json_log()) say(call, call.terminal.error.yellow("warning:") + " " + warning);
  }
}

run::RunOptions options_of(const Call& call, Workspace& workspace, bool with_checks,
                           std::optional<run::EarlierBatches> earlier) {
  run::RunOptions options;
  options.verb = call.verb.name;
  options.arguments = Json::strings(call.words);
  options.threads = workspace.steps_at_once();
  options.fail_fast = call.options.boolean("fail-fast");
  options.checks = with_checks;
  if (call.is_on("verify-deterministic")) options.verify_in = workspace.spill_dir();
  options.earlier_batches = std::move(earlier);
  return options;
}

// The exit code.
int tell_result(const Call& call, DbtConsole* console, const run::RunResult& result,
                const std::vector<dbt::NodeResult>& outcomes) {
  if (console)
    console->summary(result, outcomes);
  else
    print_errors(call, result);
  if (result.error) throw Error(*result.error);
  if (!console && !call.json_log() && (!call.quiet() || result.exit_code() != exit_done))
    print(stderr, summary_text(result, call.terminal.error));
  return result.exit_code();
}

}  // namespace

int run_steps(Call& call, plan::Verb verb, bool with_checks, const std::vector<std::string>& only,
              std::optional<run::EarlierBatches> earlier) {
  CancelToken cancel;
  std::unique_ptr<ProgressSink> sink;  // made after the threads' signal mask is set
  const bool only_plan = wants_plan_only(call);
  std::atomic<ProgressSink*> shown = nullptr;  // the same, for the thread that waits for signals
  Interrupts interrupts(cancel, [&shown] {
    if (ProgressSink* now = shown.load()) now->stopping();
  });
  Workspace workspace(call);
  const project::Project& project = workspace.project();
  const bool on_lake = project.target.kind == project::TargetKind::lake;
  refuse_ingest_of_databases(project, verb);
  plan::PlanRequest request;
  request.verb = verb;
  request.selection = selection_of(call, project);
  request.selection.only = only;
  request.full_refresh = call.options.boolean("full-refresh");
  const std::vector<const project::Node*> selected = nodes_of(project, request);
  if (only_plan)
    settle_trust(workspace);
  else
    ask_for_trust(call, workspace, {selected, !on_lake || verb != plan::Verb::test});
  // The lock comes before planning: a second process should know at once.
  std::unique_ptr<state::StateWriter> state;
  if (!only_plan) state = workspace.state_writer(call.verb.name);
  if (call.is_on("defer")) defer_inputs(call, workspace, selected, verb != plan::Verb::test);
  request.engine_version = workspace.engine().version();
  if (std::any_of(selected.begin(), selected.end(), [](const project::Node* node) { return node->is_python_model(); }))
    request.python_version = known_python(call, project);
  if (only_plan)
    request.look_at_source = [&](const project::Node& source) { return look_at_source(workspace, source); };
  const plan::Plan plan = on_lake ? plan_on_lake(workspace, request) : plan::make_database_plan(project, request);
  tell_warnings(call, plan);
  if (only_plan) {
    print_plan(call, plan);
    return exit_done;
  }

  DbtConsole* console = nullptr;
  if (is_dbt(call))
    sink.reset(console = new DbtConsole(call, project, plan, workspace.clock(), workspace.steps_at_once()));
  else
    sink = progress_sink(call.terminal, call.json_log(), call.quiet());
  shown = sink.get();
  sink->planned(planned_assets(plan));
  const run::RunOptions options = options_of(call, workspace, with_checks, std::move(earlier));
  const run::World world{project,    workspace.lake(), workspace.engine(), workspace.clock(), state.get(),
                         sink.get(), console};
  const int64_t started_ms = workspace.clock().now_ms();
  const run::RunResult result = verb == plan::Verb::test && on_lake ? run::test_published(world, plan, options, cancel)
                                                                    : run::execute(world, plan, options, cancel);
  sink->finish();
  std::vector<dbt::NodeResult> outcomes = run::outcomes(plan, result);
  if (console) entitle_messages(plan, result, outcomes);
  const std::vector<dbt::NodeResult> unbuilt = declared_results(project, request, outcomes);
  outcomes.insert(outcomes.end(), unbuilt.begin(), unbuilt.end());
  write_artifacts(call, project, outcomes, started_ms, workspace.clock().now_ms());
  return tell_result(call, console, result, outcomes);
}

}  // namespace weir::cli
