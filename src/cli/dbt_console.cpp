#include "cli/dbt_console.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "base/time.h"
#include "cli/error_text.h"
#include "dbt/sql_paths.h"
#include "project/node_values.h"
#include "run/outcomes.h"
#include "template/value.h"

namespace weir::cli {

using project::Node;
using project::ResourceType;

namespace {

constexpr size_t width = 80;  // what a line is filled up to, before its [STATUS]

std::string relation_of(const Node& node) { return node.schema + "." + node.alias; }

// "sql view model main.orders", "test not_null_orders_id"
std::string description(const Node& node) {
  switch (node.type) {
    case ResourceType::model:
      return std::string(node.python ? "python " : "sql ") + node.config->materialized + " model " + relation_of(node);
    case ResourceType::seed:
      return "seed file " + relation_of(node);
    case ResourceType::snapshot:
      return "snapshot " + relation_of(node);
    case ResourceType::function:
      return "function " + relation_of(node);
    default:
      return node.unit ? "unit_test " + node.unit->model + "::" + node.name : "test " + node.name;
  }
}

std::string plural(size_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

// "view model", "data test"
std::string kind_of(const Node& node) {
  if (node.unit) return "unit test";
  if (node.is_test()) return "data test";
  const std::string type(project::resource_type_text(node.type));
  return node.type == ResourceType::model ? node.config->materialized + " " + type : type;
}

std::string counted(const std::map<std::string, size_t>& counts) {
  std::vector<std::string> parts;
  parts.reserve(counts.size());
  for (const auto& [what, count] : counts) parts.push_back(plural(count, what));
  return join(parts, ", ");
}

// The node as dbt's events carry it.
Json node_info(const Node& node, const std::string& status, int64_t started_ms, int64_t finished_ms) {
  const auto moment = [](int64_t ms) { return ms > 0 ? Json(iso_ms(ms)) : Json(""); };
  const std::string type(project::resource_type_text(node.type));
  return Json::object()
      .set("node_path", node.path)
      .set("node_name", node.name)
      .set("unique_id", node.unique_id)
      .set("resource_type", node.unit ? "unit_test" : type)
      .set("materialized", node.is_test() ? "test" : node.config->materialized)
      .set("node_status", status)
      .set("node_started_at", moment(started_ms))
      .set("node_finished_at", moment(finished_ms))
      .set("meta", node.config->meta)
      .set("node_relation", Json::object()
                                .set("database", node.database)
                                .set("schema", node.schema)
                                .set("alias", node.alias)
                                .set("relation_name", node.is_test() ? "" : node.relation_text()))
      .set("node_checksum", node.test && !node.test->singular() ? std::string() : node.raw_sha256);
}

struct Told {
  std::string event, words, status, level = "info";
};

Told of_test(const Node& node, const dbt::NodeResult& result) {
  const std::string count = result.failures ? std::to_string(*result.failures) : "0";
  const std::string name = node.unit ? node.unit->model + "::" + node.name : node.name;
  if (result.status == "pass") return {"LogTestResult", "PASS " + name, "PASS"};
  if (result.status == "warn") return {"LogTestResult", "WARN " + count + " " + name, "WARN " + count, "warn"};
  if (result.status == "fail") return {"LogTestResult", "FAIL " + count + " " + name, "FAIL " + count, "error"};
  return {"LogTestResult", "ERROR " + name, "ERROR", "error"};
}

Told of_built(const Node& node, const dbt::NodeResult& result, int64_t rows) {
  const bool good = result.status == "success", partial = result.status == "partial success";
  const std::string status = good ? "OK" : partial ? "PARTIAL SUCCESS" : "ERROR";
  const std::string level = good ? "info" : partial ? "warn" : "error";
  if (node.type == ResourceType::seed)
    return {"LogSeedResult", status + (good ? " loaded " : " loading ") + description(node),
            good ? "INSERT " + std::to_string(rows) : status, level};
  if (node.type == ResourceType::snapshot)
    return {"LogSnapshotResult", status + (good ? " snapshotted " : " snapshotting ") + relation_of(node), status,
            level};
  if (node.is_function())
    return {"LogFunctionResult", status + (good ? " created " : " creating ") + description(node), status, level};
  return {"LogModelResult", status + (good || partial ? " created " : " creating ") + description(node), status, level};
}

// Why a node failed, for a log of details.
DbtEvent failure_event(const Node& node, const dbt::NodeResult& result, std::string_view kind, const Json& info) {
  const std::string text = dbt_title(node, kind) + "\n" + dbt_indented(result.message);
  return {"CatchableExceptionOnRun", "debug", text, Json::object().set("exc", text).set("node_info", info)};
}

// The group of a node, of a test that of what it tests: {} or {"name", "package_name", "owner"}.
Json group_of(const project::Project& project, const Node& node) {
  const auto name = project::group_name(project, node);
  for (const project::Declared& item : project.declared) {
    if (!name || item.kind != "group" || item.name != *name) continue;
    Json owner = Json::object();
    if (const Json* written = item.body.find("owner"); written && written->is_object())
      for (const auto& [key, value] : written->as_object())
        if (!value.is_null()) owner.set(key, tmpl::Value(value).str());
    return Json::object().set("name", item.name).set("package_name", item.package).set("owner", std::move(owner));
  }
  return Json::object();
}

}  // namespace

std::string dbt_line(const std::string& progress, const std::string& words, const std::string& status,
                     std::optional<double> seconds) {
  std::string text = progress + " " + words + " ";
  if (text.size() < width) text.append(width - text.size(), '.');
  return text + (seconds ? fmt::format(" [{} in {:.2f}s]", status, *seconds) : " [" + status + "]");
}

DbtConsole::DbtConsole(const Call& call, const project::Project& project, const plan::Plan& plan, store::Clock& clock,
                       int threads)
    : call_(call), project_(project), plan_(plan), clock_(clock), threads_(threads), rule_(call, project.flags) {
  for (const plan::Step& step : plan.steps)
    total_ += (step.kind == plan::StepKind::ingest ? 0 : 1) + step.checks.size();
}

void DbtConsole::planned(const std::vector<PlannedAsset>&) {
  std::map<std::string, size_t> counts;
  for (const Node& node : project_.nodes) {
    if (node.unit || node.is_test() || node.config->enabled)
      counts[node.unit        ? "unit test"
             : node.is_test() ? "data test"
                              : std::string(project::resource_type_text(node.type))]++;
  }
  for (const project::Declared& item : project_.declared) {
    std::string kind = item.kind;
    std::replace(kind.begin(), kind.end(), '_', ' ');
    counts[kind]++;
  }
  if (const size_t hooks = project_.on_run_start.size() + project_.on_run_end.size()) counts["operation"] = hooks;
  tell_event(call_,
             {"FoundStats", "info", "Found " + counted(counts), Json::object().set("stat_line", counted(counts))});
  if (plan_.steps.empty()) return tell_event(call_, {"NoNodesSelected", "warn", "Nothing to do: no node is selected"});
  const std::string& target = project_.target.name;
  tell_event(call_, {"Formatting", "info", ""});
  tell_event(call_,
             {"ConcurrencyLine", "info",
              fmt::format("Concurrency: {} (target='{}')", plural(static_cast<size_t>(threads_), "thread"), target),
              Json::object().set("num_threads", threads_).set("target_name", target)});
  tell_event(call_, {"Formatting", "info", ""});
}

void DbtConsole::emit(const Event& event) {
  if (event.name == "asset.note")
    return tell_event(call_, jinja_event({event.text("message"), event.fields.find("warns") != nullptr}, true));
  if (event.name != "asset.batch") return;
  const bool good = event.text("status") == "success";
  const std::string progress = fmt::format("Batch {} of {}", event.number("number"), event.number("total"));
  const std::string words =
      (good ? "OK created batch " : "ERROR creating batch ") + event.text("batch") + " of " + event.text("asset");
  const double seconds = static_cast<double>(event.number("ms")) / 1000;
  tell_event(call_,
             {"LogBatchResult", good ? "info" : "error", dbt_line(progress, words, good ? "OK" : "ERROR", seconds),
              Json::object()
                  .set("description", "batch " + event.text("batch") + " of " + event.text("asset"))
                  .set("status", good ? "success" : "error")
                  .set("batch_index", event.number("number"))
                  .set("total_batches", event.number("total"))
                  .set("execution_time", seconds)});
}

void DbtConsole::stopping() {
  tell_event(call_, {"Note", "warn", "stopping: what commits now is finished first (again to kill)"});
}

size_t DbtConsole::number_of(const std::string& unique_id) {
  const std::lock_guard guard(mutex_);
  return numbers_.try_emplace(unique_id, numbers_.size() + 1).first->second;
}

void DbtConsole::begun(const Node& node) {
  const size_t number = number_of(node.unique_id);
  const int64_t begun_ms = clock_.now_ms();
  {
    const std::lock_guard guard(mutex_);
    begun_ms_[node.unique_id] = begun_ms;
  }
  const Json info = node_info(node, "started", begun_ms, 0);
  tell_event(call_,
             {"LogStartLine", "info",
              dbt_line(fmt::format("{} of {}", number, total_), "START " + description(node), "RUN", std::nullopt),
              Json::object()
                  .set("description", description(node))
                  .set("index", static_cast<int64_t>(number))
                  .set("total", static_cast<int64_t>(total_))
                  .set("node_info", info)});
  log_event(call_,
            {"NodeStart", "debug", "Began running node " + node.unique_id, Json::object().set("node_info", info)});
}

void DbtConsole::started(const plan::Step& step) {
  if (step.kind == plan::StepKind::ingest) return;
  begun(*step.node);
}

void DbtConsole::told(const Node& node, const dbt::NodeResult& result, std::string_view kind) {
  const size_t number = number_of(node.unique_id);
  int64_t started_ms = result.started_ms;
  {
    const std::lock_guard guard(mutex_);
    if (const auto found = begun_ms_.find(node.unique_id); started_ms == 0 && found != begun_ms_.end())
      started_ms = found->second;
  }
  const int64_t ended_ms = result.ended_ms > 0 ? result.ended_ms : clock_.now_ms();
  const double seconds = started_ms > 0 ? static_cast<double>(ended_ms - started_ms) / 1000 : 0;
  const std::string progress = fmt::format("{} of {}", number, total_);
  Json data = Json::object()
                  .set("description", description(node))
                  .set("name", node.name)
                  .set("status", result.status)
                  .set("index", static_cast<int64_t>(number))
                  .set("total", static_cast<int64_t>(total_))
                  .set("num_models", static_cast<int64_t>(total_))
                  .set("execution_time", seconds)
                  .set("num_failures", result.failures ? *result.failures : 0)
                  .set("node_info", node_info(node, result.status, started_ms, ended_ms));
  if (Json group = group_of(project_, node); !group.as_object().empty()) data.set("group", std::move(group));
  if (node.test && !node.test->attached_node.empty()) data.set("attached_node", node.test->attached_node);
  if (result.status == "error") tell_event(call_, failure_event(node, result, kind, *data.find("node_info")));
  if (result.status == "skipped") {
    const std::string words = "SKIP " + (node.is_test() ? "test " + node.name : "relation " + relation_of(node));
    tell_event(call_, {"LogSkipBecauseError", "info", dbt_line(progress, words, "SKIP", std::nullopt), data});
  } else {
    const auto rows = result.adapter_response.get_int("rows_affected");
    const Told verdict = node.is_test() ? of_test(node, result) : of_built(node, result, rows.value_or(0));
    tell_event(call_, {verdict.event, verdict.level, dbt_line(progress, verdict.words, verdict.status, seconds), data});
  }
  log_event(call_, {"NodeFinished", "debug", "Finished running node " + node.unique_id,
                    Json::object()
                        .set("node_info", *data.find("node_info"))
                        .set("run_result", Json::object()
                                               .set("status", result.status)
                                               .set("message", result.message)
                                               .set("execution_time", seconds)
                                               .set("num_failures", result.failures ? *result.failures : 0)
                                               .set("thread", result.thread_id)
                                               .set("adapter_response", result.adapter_response))});
}

void DbtConsole::ended(const plan::Step& step, const run::StepResult& result) {
  for (dbt::NodeResult& outcome : run::outcomes_of(step, result)) {
    const Node* node = project_.find(outcome.unique_id);
    if (node == nullptr) continue;
    if (node->type == ResourceType::seed) outcome.adapter_response.set("rows_affected", result.rows);
    const bool own = node == step.node && result.error;
    told(*node, outcome, own ? dbt_error_kind(*result.error) : "Runtime Error");
  }
}

void DbtConsole::hook_started(const std::string& name, size_t number, size_t total) {
  tell_event(call_,
             {"LogHookStartLine", "info",
              dbt_line(fmt::format("{} of {}", number, total), "START hook: " + name, "RUN", std::nullopt),
              Json::object().set("index", static_cast<int64_t>(number)).set("total", static_cast<int64_t>(total))});
}

void DbtConsole::hook_ended(const std::string& name, size_t number, size_t total, const dbt::NodeResult& result) {
  const bool good = result.status == "success", skipped = result.status == "skipped";
  const std::string status = good ? "OK" : skipped ? "SKIP" : "ERROR";
  const double seconds = static_cast<double>(result.ended_ms - result.started_ms) / 1000;
  tell_event(call_, {"LogHookEndLine", good ? "info" : "error",
                     dbt_line(fmt::format("{} of {}", number, total), status + " hook: " + name, status, seconds),
                     Json::object()
                         .set("index", static_cast<int64_t>(number))
                         .set("total", static_cast<int64_t>(total))
                         .set("status", result.status)
                         .set("execution_time", seconds)});
}

void DbtConsole::sent(const std::string& connection, const std::string& sql) {
  Json data = Json::object().set("conn_name", connection).set("sql", sql);
  if (const Node* node = project_.find(connection)) data.set("node_info", node_info(*node, "executing", 0, 0));
  tell_event(call_, {"SQLQuery", "debug", "On " + connection + ": " + sql, data});
}

void DbtConsole::noted(const project::LogLine& line) { tell_event(call_, jinja_event(line, false)); }

void DbtConsole::times_differ(const plan::Step& step, const std::string& type) {
  constexpr const char *event = "SnapshotTimestampWarning", *time_of_now = "TIMESTAMP";
  const std::string text = "snapshot " + step.node->name + " has dbt_updated_at of type " + type +
                           ", and the time of now is a " + time_of_now +
                           ". Please update snapshot config: updated_at: cast(… as timestamp)";
  if (!rule_.tells({text, "", step.node->span, event})) return;
  tell_event(
      call_,
      {event, "warn", text,
       Json::object().set("msg", text).set("snapshot_time_data_type", time_of_now).set("updated_at_data_type", type)});
}

void DbtConsole::tell_failure(const dbt::NodeResult& result, const run::RunResult& run) {
  const Node* node = project_.find(result.unique_id);
  const bool warns = result.status == "warn", of_data = node && node->is_test() && (warns || result.status == "fail");
  std::string kind = warns ? "Warning" : "Failure", text = result.message;
  if (!of_data) {
    kind = "Runtime Error";
    for (size_t i = 0; node && i < plan_.steps.size() && i < run.steps.size(); i++)
      if (plan_.steps[i].node == node && run.steps[i].error) {
        kind = dbt_error_kind(*run.steps[i].error);
        text = error_text(*run.steps[i].error, Style{});
      }
  }
  const std::string title = node ? dbt_title(*node, kind) : kind + " in operation " + result.unique_id;
  const std::string level = warns ? "warn" : "error";
  tell_event(call_, {"Formatting", "info", ""});
  Json data = Json::object();
  if (node)
    data.set("node_name", node->name)
        .set("path", node->file)
        .set("group", group_of(project_, *node))
        .set("node_info", node_info(*node, result.status, result.started_ms, result.ended_ms));
  const auto wanted = [&](const char* event, const std::string& message) {
    return !warns || rule_.tells({message, "", {}, event});
  };
  if (wanted("RunResultWarning", title))
    tell_event(call_, {warns ? "RunResultWarning" : "RunResultFailure", level, title, data});
  if (text.empty()) text = "Status: " + result.status;
  if (wanted("RunResultWarningMessage", text))
    tell_event(call_, {warns ? "RunResultWarningMessage" : "RunResultError", level, dbt_indented(text),
                       data.set("msg", of_data || result.message.empty() ? text : result.message)});
  if (node && result.compiled_code && dbt::has_compiled_file(*node))
    tell_event(call_, {"SQLCompiledPath", "info", "  compiled code at " + dbt::compiled_path(project_, *node),
                       Json::object().set("path", dbt::compiled_path(project_, *node))});
}

void DbtConsole::summary(const run::RunResult& result, const std::vector<dbt::NodeResult>& outcomes) {
  std::map<std::string, size_t> kinds, statuses;
  for (const dbt::NodeResult& outcome : outcomes) {
    const Node* node = project_.find(outcome.unique_id);
    const auto unbuilt =
        std::find_if(project_.declared.begin(), project_.declared.end(),
                     [&](const project::Declared& item) { return item.unique_id == outcome.unique_id; });
    if (unbuilt != project_.declared.end())
      kinds[replace_all(unbuilt->kind, "_", " ")]++;
    else if (outcome.status != "skipped" || node == nullptr)
      kinds[node ? kind_of(*node) : "project hook"]++;
    statuses[outcome.status]++;
  }
  const double seconds = static_cast<double>(result.ms) / 1000;
  const auto whole = static_cast<int64_t>(seconds);
  const int64_t minutes = whole / 60;
  tell_event(call_, {"Formatting", "info", ""});
  tell_event(call_,
             {"FinishedRunningStats", "info",
              fmt::format("Finished running {} in {} hours {} minutes and {:.2f} seconds ({:.2f}s).", counted(kinds),
                          minutes / 60, minutes % 60, seconds - static_cast<double>(minutes * 60), seconds),
              Json::object().set("stat_line", counted(kinds)).set("execution_time", seconds)});
  const size_t errors = statuses["error"] + statuses["fail"], warnings = statuses["warn"],
               partial = statuses["partial success"];
  tell_event(call_, {"Formatting", "info", ""});
  if (errors + warnings + partial == 0 && !result.cancelled)
    tell_event(call_, {"EndOfRunSummary", "info", "Completed successfully"});
  else
    tell_event(call_, {"EndOfRunSummary", errors > 0 ? "error" : "info",
                       fmt::format("Completed with {}, {}, and {}:", plural(errors, "error"),
                                   partial == 1 ? "1 partial success" : fmt::format("{} partial successes", partial),
                                   plural(warnings, "warning"))});
  for (const dbt::NodeResult& outcome : outcomes)
    if (outcome.status == "error" || outcome.status == "fail" || outcome.status == "warn" ||
        outcome.status == "partial success")
      tell_failure(outcome, result);
  tell_event(call_, {"Formatting", "info", ""});
  const size_t passed = statuses["success"] + statuses["pass"], skipped = statuses["skipped"];
  std::string counts = fmt::format("Done. PASS={} WARN={} ERROR={} SKIP={} NO-OP={} ", passed, warnings, errors,
                                   skipped, statuses["no-op"]);
  if (partial > 0) counts += fmt::format("PARTIAL SUCCESS={} ", partial);
  counts += fmt::format("TOTAL={}", outcomes.size());
  tell_event(call_, {"StatsLine", "info", counts,
                     Json::object().set("stats", Json::object()
                                                     .set("pass", static_cast<int64_t>(passed))
                                                     .set("warn", static_cast<int64_t>(warnings))
                                                     .set("error", static_cast<int64_t>(errors))
                                                     .set("skip", static_cast<int64_t>(skipped))
                                                     .set("total", static_cast<int64_t>(outcomes.size())))});
}

}  // namespace weir::cli
