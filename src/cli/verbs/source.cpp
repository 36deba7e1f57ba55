// weir source freshness: how old the newest rows of sources are, against what the project declares.
#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <optional>
#include <vector>

#include "base/text.h"
#include "base/time.h"
#include "cli/artifacts.h"
#include "cli/dbt_console.h"
#include "cli/dbt_log.h"
#include "cli/error_text.h"
#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/print.h"
#include "cli/progress.h"
#include "cli/say.h"
#include "cli/selection.h"
#include "cli/trust.h"
#include "cli/workspace.h"
#include "dbt/freshness.h"
#include "project/render.h"
#include "run/database.h"
#include "run/run.h"

namespace weir::cli {

namespace {

double number_of(const engine::Cell& cell) {
  if (const auto* real = std::get_if<double>(&cell)) return *real;
  if (const auto* whole = std::get_if<int64_t>(&cell)) return static_cast<double>(*whole);
  return parse_double(engine::cell_text(cell)).value_or(0);
}

// When the newest row was loaded, and when that was asked, in seconds since 1970.
struct Times {
  std::optional<double> loaded;
  double asked = 0;
};

Error wrong_answer(const project::CollectedFreshness& told, const std::string& what) {
  return Error(ErrorCode::check_arguments, told.macro + " gives " + what)
      .with_span(told.span)
      .with_hint("one row: when the newest row of the source was loaded, and the time of now");
}

// A time as templates see it. One without zone is one of UTC.
double seconds_of(const project::CollectedFreshness& told, const Json& cell) {
  if (cell.is_number()) return cell.as_double();
  const auto us = cell.is_string() ? parse_iso_us(cell.as_string()) : std::nullopt;
  if (!us) throw wrong_answer(told, cell.dump() + ", which is no time");
  return static_cast<double>(*us) / 1e6;
}

// By the project's own macro.
Times times_of(const Call& call, const project::Project& project, const project::CollectedFreshness& told) {
  if (!told.whole_result)
    tell_warning(
        call,
        {told.macro + " returns a table: dbt wants the whole result of its statement",
         "return(load_result('" + told.macro + "')), without .table", told.span, "CollectFreshnessReturnSignature"},
        project.flags);
  if (told.rows.size() != 1 || told.rows[0].size() != 2) throw wrong_answer(told, "no row of two times");
  const Json& loaded = told.rows[0][0];
  return {loaded.is_null() ? std::nullopt : std::optional(seconds_of(told, loaded)), seconds_of(told, told.rows[0][1])};
}

Times times_of(const Call& call, const project::Project& project, run::TargetSession& target,
               const project::Node& source, dbt::FreshnessRule rule) {
  if (rule.loaded_at_field.empty() && rule.loaded_at_query.empty())
    throw Error(ErrorCode::bad_schema_yaml, "Could not compute freshness for source " + source.name +
                                                ": it names neither loaded_at_field nor loaded_at_query")
        .with_span(source.span)
        .with_hint("loaded_at_field: names the column that tells when a row was loaded");
  // Its template may ask the target for what it needs.
  project::RenderState state;
  state.warehouse = &target.warehouse();
  if (!rule.loaded_at_query.empty())
    rule.loaded_at_query = project::render_text(project, &source, rule.loaded_at_query, "loaded_at_query", state).sql;
  if (const auto own =
          project::own_freshness(project, source, rule.loaded_at_field, rule.filter, rule.loaded_at_query, state))
    return times_of(call, project, *own);
  const engine::Rows rows = target.session().query(dbt::freshness_sql(source, rule));
  const auto& row = rows.rows.at(0);
  const bool none = std::holds_alternative<std::monostate>(row.at(0));
  return {none ? std::nullopt : std::optional(number_of(row[0])), number_of(row.at(1))};
}

dbt::FreshnessResult look(const Call& call, const project::Project& project, run::TargetSession& target,
                          const project::Node& source, const dbt::FreshnessRule& rule) {
  dbt::FreshnessResult out;
  out.source = &source;
  out.rule = rule;
  try {
    const Times times = times_of(call, project, target, source, rule);
    out.max_loaded_at_s = times.loaded;
    out.asked_at_s = times.asked;
    out.status = dbt::freshness_status(rule, out.age_s());
  } catch (const Error& error) {
    out.status = "runtime error";
    out.error = error;
  }
  return out;
}

void print_result(const Call& call, const dbt::FreshnessResult& result) {
  const Style& style = call.terminal.out;
  const std::string name = result.source->source_name + "." + result.source->name;
  if (result.error) {
    print(stdout, fmt::format("{}  {}  {}\n", style.red("error"), name, result.error->message()));
    if (result.error->span()) print(stdout, span_text(*result.error->span(), style));
    if (!result.error->hint().empty()) print(stdout, "  hint: " + result.error->hint() + "\n");
    return;
  }
  const std::string newest =
      result.max_loaded_at_s ? "newest row " + human_duration_ms(static_cast<int64_t>(result.age_s() * 1000)) + " old"
                             : "no row tells when it was loaded";
  const std::string word = result.status == "pass"   ? style.green("pass ")
                           : result.status == "warn" ? style.yellow("warn ")
                                                     : style.red("error");
  print(stdout, fmt::format("{}  {}  {}\n", word, name, newest));
}

void print_as_dbt(const Call& call, const dbt::FreshnessResult& result, size_t number, size_t total) {
  const std::string name = result.source->source_name + "." + result.source->name;
  const std::string word = result.status == "pass"    ? "PASS"
                           : result.status == "warn"  ? "WARN"
                           : result.status == "error" ? "ERROR STALE"
                                                      : "ERROR";
  const double seconds = static_cast<double>(result.ended_ms - result.started_ms) / 1000;
  const std::string level = word == "PASS" ? "info" : word == "WARN" ? "warn" : "error";
  tell_event(call, {"LogFreshnessResult", level,
                    dbt_line(fmt::format("{} of {}", number, total), word + " freshness of " + name, word, seconds),
                    Json::object()
                        .set("status", result.status)
                        .set("source_name", result.source->source_name)
                        .set("table_name", result.source->name)
                        .set("index", static_cast<int64_t>(number))
                        .set("total", static_cast<int64_t>(total))
                        .set("execution_time", seconds)});
  if (result.error) tell_event(call, {"RunResultError", "error", "  " + result.error->message()});
}

std::vector<const project::Node*> with_rule(const std::vector<const project::Node*>& nodes) {
  std::vector<const project::Node*> out;
  for (const project::Node* node : nodes)
    if (node->type == project::ResourceType::source && dbt::freshness_rule(*node)) out.push_back(node);
  return out;
}

class Freshness {
 public:
  explicit Freshness(Call& call) : call_(call), workspace_(call), project_(workspace_.project()) {}

  int run() {
    if (call_.options.is_set("output"))
      log_event(call_, "CustomOutputPathInSourceFreshnessDeprecation", "warn",
                "--output of source freshness is deprecated: sources.json lies with the other artefacts",
                Json::object().set("path", call_.options.text("output")));
    const int64_t started_ms = workspace_.clock().now_ms();
    const std::vector<const project::Node*> sources = with_rule(selected_nodes(call_, project_));
    const bool hooked = !sources.empty() && (!project_.on_run_start.empty() || !project_.on_run_end.empty());
    const bool with_hooks = project_.flags.get_bool("source_freshness_run_project_hooks").value_or(true);
    if (hooked && !with_hooks)
      tell_warning(call_,
                   {"the flag source_freshness_run_project_hooks keeps on-run-start and on-run-end from running here",
                    "leave it out",
                    {},
                    "SourceFreshnessProjectHooksNotRun"},
                   project_.flags);
    if (hooked && with_hooks)
      look_between_hooks(sources);
    else
      look_at(sources);
    if (results_.empty()) say(call_, "no source declares its freshness");
    write_manifest(call_, project_, workspace_.clock().now_ms());
    write_sources(call_, project_, results_, started_ms, workspace_.clock().now_ms(),
                  call_.options.is_set("output") ? call_.options.text("output") : std::string());
    return good_ ? exit_done : exit_failed;
  }

 private:
  void look_at(const std::vector<const project::Node*>& sources) {
    if (sources.empty()) return;
    settle_trust(workspace_);
    run::TargetSession target(workspace_.engine(), workspace_.lake(), project_, CancelToken());
    for (const project::Node* node : sources) {
      const int64_t asked_ms = workspace_.clock().now_ms();
      dbt::FreshnessResult result = look(call_, project_, target, *node, *dbt::freshness_rule(*node));
      result.started_ms = asked_ms;
      result.ended_ms = workspace_.clock().now_ms();
      if (is_dbt(call_))
        print_as_dbt(call_, result, results_.size() + 1, sources.size());
      else
        print_result(call_, result);
      good_ = good_ && (result.status == "pass" || result.status == "warn");
      results_.push_back(std::move(result));
    }
  }

  void look_between_hooks(const std::vector<const project::Node*>& sources) {
    ask_for_trust(call_, workspace_, {sources, true});
    const plan::Plan none;
    DbtConsole* console = nullptr;
    std::unique_ptr<ProgressSink> sink;
    if (is_dbt(call_))
      sink.reset(console = new DbtConsole(call_, project_, none, workspace_.clock(), workspace_.steps_at_once()));
    else
      sink = progress_sink(call_.terminal, call_.json_log(), call_.quiet());
    run::RunOptions options;
    options.verb = "source freshness";
    const run::World world{project_, workspace_.lake(), workspace_.engine(), workspace_.clock(), nullptr, sink.get(),
                           console};
    const run::RunResult result = run::between_hooks(world, options, CancelToken(), [&] { look_at(sources); });
    sink->finish();
    for (const Error& error : result.hook_errors)
      print(stderr, call_.json_log() ? error_json(error).dump() + "\n" : error_text(error, call_.terminal.error));
    good_ = good_ && result.hook_errors.empty();
  }

  Call& call_;
  Workspace workspace_;
  const project::Project& project_;
  std::vector<dbt::FreshnessResult> results_;
  bool good_ = true;
};

int run_freshness(Call& call) { return Freshness(call).run(); }

}  // namespace

Verb source_verb() {
  Verb freshness;
  freshness.name = "freshness";
  freshness.summary = "how old the newest rows of sources are, against warn_after and error_after";
  auto output =
      value_flag("output", 'o', "FILE", "where the report goes (default: sources.json with the other artefacts)");
  output.completes = Completes::file;
  freshness.flags = together({project_flags(), selection_flags(), engine_flags(), {output}});
  freshness.arguments = {{"SELECTOR", "sources to look at: source:raw.orders", false, true, Completes::asset}};
  freshness.run = run_freshness;
  Verb verb;
  verb.name = "source";
  verb.group = "Look";
  verb.summary = "freshness of sources";
  verb.verbs = {freshness};
  verb.in_dbt = true;
  return verb;
}

}  // namespace weir::cli
