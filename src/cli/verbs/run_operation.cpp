// weir run-operation: a macro of the project, called by name.
#include <cstdio>

#include "base/yaml.h"
#include "cli/artifacts.h"
#include "cli/dbt_log.h"
#include "cli/error_text.h"
#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/print.h"
#include "cli/trust.h"
#include "cli/workspace.h"
#include "project/render.h"
#include "run/database.h"

namespace weir::cli {

namespace {

Json arguments_of(const Call& call) {
  if (!call.options.is_set("args")) return Json::object();
  Json arguments = Yaml::parse(call.options.text("args"), "--args").to_json();
  if (arguments.is_null()) return Json::object();
  if (!arguments.is_object())
    throw Error(ErrorCode::bad_option_value, "--args must be a mapping, not " + std::string(arguments.kind()),
                "--args takes a YAML mapping: --args '{name: value}'");
  return arguments;
}

// A line as it comes, so that it is told of a macro that fails later too.
void hear(const Call& call, const project::LogLine& line, bool told) {
  const DbtEvent event = jinja_event(line, told);
  if (is_dbt(call) && (!told || call.json_log())) return tell_event(call, event);
  if (!told) return;
  log_event(call, event);
  print(stdout, line.text + "\n");
}

// A macro's statements are those of no node. What was sent is told before the macro goes on.
void annotate(const Call& call, const project::Project& project, engine::Session& session, const std::string& macro) {
  if (project.target.kind != project::TargetKind::database) return;
  const std::string connection = "macro_" + macro;
  session.annotate({project::query_comment(project, nullptr, connection), project.query_comment.append,
                    [&call, connection](const std::string& sql) {
                      tell_event(call, {"SQLQuery", "debug", "On " + connection + ": " + sql,
                                        Json::object().set("conn_name", connection).set("sql", sql)});
                    }});
}

int run_operation(Call& call) {
  Workspace workspace(call);
  const project::Project& project = workspace.project();
  if (call.arguments.empty()) throw Error(ErrorCode::usage, "run-operation needs the name of a macro");
  ask_for_trust(call, workspace, {{}, false, call.argument(0)});
  run::TargetSession target(workspace.engine(), workspace.lake(), project, {});
  annotate(call, project, target.session(), call.argument(0));
  project::RenderState state;
  state.warehouse = &target.warehouse();
  state.heard = [&](const project::LogLine& line, bool told) { hear(call, line, told); };
  const Json arguments = arguments_of(call);
  dbt::NodeResult result;
  result.unique_id = project::macro_id(project, call.argument(0));
  result.thread_id = "MainThread";
  result.failures = 0;
  result.status = "success";
  const int64_t started_ms = result.compile_ms = result.started_ms = workspace.clock().now_ms();
  std::optional<Error> error;
  try {
    project::call_macro(project, call.argument(0), arguments, state);
  } catch (const Error& thrown) {
    error = thrown;
    result.status = "error";
    result.failures = 1;
  }
  result.ended_ms = workspace.clock().now_ms();
  write_results(call, project, {result}, started_ms, result.ended_ms);
  if (!error) return exit_done;
  std::fflush(stdout);
  print(stderr, call.json_log() ? error_json(*error).dump() + "\n" : error_text(*error, call.terminal.error));
  return exit_failed;
}

}  // namespace

Verb run_operation_verb() {
  Verb verb;
  verb.name = "run-operation";
  verb.group = "Run";
  verb.summary = "call a macro of the project";
  verb.detail =
      "What it logs and prints goes to standard output. What its statements change in the target stays, each at once.";
  verb.flags =
      together({project_flags(), engine_flags(), {value_flag("args", 0, "YAML", "the macro's arguments, a mapping")}});
  verb.arguments = {{"MACRO", "its name, or package.name", true, false, Completes::nothing}};
  verb.in_dbt = true;
  verb.run = run_operation;
  return verb;
}

}  // namespace weir::cli
