// weir retry: what the last run left undone.
#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>
#include <system_error>

#include "base/file.h"
#include "base/text.h"
#include "base/time.h"
#include "cli/artifacts.h"
#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/input_flags.h"
#include "cli/run_steps.h"
#include "cli/say.h"
#include "cli/warning_rule.h"
#include "cli/workspace.h"

namespace weir::cli {

namespace {

namespace fs = std::filesystem;

struct Again {
  plan::Verb verb;
  bool with_checks;
};

std::optional<Again> again(const std::string& which) {
  if (which == "build") return Again{plan::Verb::build, true};
  if (which == "run") return Again{plan::Verb::run, false};
  if (which == "test") return Again{plan::Verb::test, true};
  if (which == "seed") return Again{plan::Verb::seed, false};
  if (which == "snapshot") return Again{plan::Verb::snapshot, false};
  return std::nullopt;
}

fs::path own_results(const project::Project& project) {
  return fs::path(project.root) / project.target_path / "run_results.json";
}

fs::path retried_results(const Call& call, const project::Project& project) {
  return call.options.is_set("state") ? fs::path(call.options.text("state")) / "run_results.json"
                                      : own_results(project);
}

Json last_results(const Call& call, const project::Project& project) {
  const fs::path path = retried_results(call, project);
  const auto text = read_file_if_exists(path);
  if (!text)
    throw Error(ErrorCode::usage,
                "there is nothing to retry: no run_results.json in " +
                    (call.options.is_set("state") ? call.options.text("state") : project.target_path),
                "weir build, run, test, seed and snapshot write it; --state names another folder");
  return Json::parse(*text, path.string());
}

bool is_undone(const std::string& status) {
  for (const std::string_view word : {"error", "fail", "skipped", "runtime error", "partial success"})
    if (status == word) return true;
  return false;
}

// Of what a project is built of; not a hook, a macro or an exposure.
bool is_node(const std::string& id) {
  const auto type = project::parse_resource_type(id.substr(0, id.find('.')));
  return type && *type != project::ResourceType::source;
}

Error gone(const std::string& id) {
  return Error(ErrorCode::usage,
               "Couldn't find " + id.substr(0, id.find('.')) + " '" + id + "', which the last run left undone",
               "it was removed, renamed or disabled since: give the command itself again");
}

// Nodes that failed or were skipped. On the lake a table is published only with all of its tests passed, so those that
// passed then come along.
std::vector<std::string> undone(const Call& call, const Json& results, const project::Project& project) {
  const bool warnings_fail = WarningRule(call, project.flags).of("LogTestResult") == WarningRule::Action::error;
  std::set<std::string> out;
  std::vector<const project::Node*> others;
  const Json* list = results.find("results");
  if (!list || !list->is_array()) return {};
  for (const Json& result : list->as_array()) {
    const std::string id = result.get_string("unique_id").value_or("");
    const project::Node* node = project.find(id);
    const std::string status = result.get_string("status").value_or("");
    const bool left = is_undone(status) || (warnings_fail && status == "warn");
    if (!node && left && is_node(id)) throw gone(id);
    if (!node) continue;
    if (left)
      out.insert(id);
    else
      others.push_back(node);
  }
  const std::set<std::string> first = out;
  if (project.target.kind == project::TargetKind::lake)
    for (const project::Node* node : others)
      if (node->is_test() && std::any_of(node->depends_on.begin(), node->depends_on.end(),
                                         [&](const std::string& id) { return first.count(id) > 0; }))
        out.insert(node->unique_id);
  return {out.begin(), out.end()};
}

// The flags that the last run was given hold again; what is typed now goes before.
Options options_again(const Call& call, const Json& results) {
  Options out = call.options;
  const Json* given = results.find("args");
  if (!given || !given->is_object()) return out;
  for (const char* name : {"full-refresh", "fail-fast", "vars", "target", "threads", "memory-limit", "defer",
                           "defer-state", "favor-state", "empty", "sample", "event-time-start", "event-time-end"}) {
    std::string key = name;
    std::replace(key.begin(), key.end(), '-', '_');
    const Json* value = given->find(key);
    if (value && !value->is_null() && !call.options.is_set(name))
      out.set_value(name, value->is_object() ? Json(value->dump()) : *value, "the run that is retried");
  }
  // What --state named then was the place to defer to; here it is where the results to retry lie.
  const Json* state = given->find("state");
  if (state && state->is_string() && out.boolean("defer") && !out.is_set("defer-state"))
    out.set_value("defer-state", *state, "the run that is retried");
  return out;
}

// Batches that failed while others of their model were built: only those are built again.
run::EarlierBatches batches_of(const Json& results) {
  run::EarlierBatches out;
  const Json* metadata = results.find("metadata");
  for (const char* key : {"invocation_started_at", "generated_at"})
    if (const auto at = metadata && out.until_us == 0 ? metadata->get_string(key) : std::nullopt)
      out.until_us = parse_iso_us(*at).value_or(0);
  const Json* list = results.find("results");
  if (!list || !list->is_array()) return out;
  for (const Json& result : list->as_array()) {
    const Json* written = result.find("batch_results");
    const auto batches = written ? dbt::read_batch_results(*written) : std::nullopt;
    if (batches && !batches->successful.empty() && !batches->failed.empty())
      out.of.emplace(result.get_string("unique_id").value_or(""), *batches);
  }
  return out;
}

const Verb& verb_called(const std::string& name) {
  return *std::find_if(verbs().begin(), verbs().end(), [&](const Verb& verb) { return verb.name == name; });
}

// The results of a retry that had nothing to do are those it was to retry, as in dbt. Whoever takes the results of a
// call from the file knows by its time that they are this call's. Those of another folder stay there.
void tell_results_again(const Call& call, const project::Project& project, const Json& results) {
  std::error_code not_there;
  const fs::path own = own_results(project);
  if (!writes_json(call) || !fs::equivalent(retried_results(call, project), own, not_there)) return;
  ArtifactFile file(own);
  file.write(results.dump() + "\n");
  file.finish();
}

// A macro is called again with the same arguments, if it failed.
int call_macro_again(const Call& call, const project::Project& project, const Json& results) {
  const Json* list = results.find("results");
  const bool failed =
      list && list->is_array() && std::any_of(list->as_array().begin(), list->as_array().end(), [](const Json& result) {
        return is_undone(result.get_string("status").value_or(""));
      });
  if (!failed) {
    say(call, "nothing to retry: the macro that was called last did not fail");
    tell_results_again(call, project, results);
    return exit_done;
  }
  const Verb& verb = verb_called("run-operation");
  Call once_more{verb, call.program, options_again(call, results), {}, call.terminal, call.words, call.log};
  const Json& args = *results.find("args");
  once_more.arguments.push_back(args.get_string("macro").value_or(""));
  if (const Json* given = args.find("args"); given && given->is_object())
    once_more.options.set_value("args", given->dump(), "the run that is retried");
  return verb.run(once_more);
}

int run_retry(Call& call) {
  Workspace workspace(call);
  const Json results = last_results(call, workspace.project());
  const std::vector<std::string> only = undone(call, results, workspace.project());
  const Json* args = results.find("args");
  const std::string which = args ? args->get_string("which").value_or("") : std::string();
  if (which == "run-operation") return call_macro_again(call, workspace.project(), results);
  const auto what = again(which);
  if (!what)
    throw Error(ErrorCode::usage, "a run of \"" + which + "\" cannot be retried",
                "build, run, test, seed, snapshot and run-operation can; give the command again");
  if (only.empty()) {
    say(call, "nothing to retry: the last " + which + " left nothing undone");
    const int64_t now_ms = workspace.clock().now_ms();
    write_results(call, workspace.project(), {}, now_ms, now_ms);
    return exit_done;
  }
  // As the verb it was: artefacts say so, and a retry can be retried.
  const Verb& verb = verb_called(which);
  Call once_more{verb, call.program, options_again(call, results), {}, call.terminal, call.words, call.log};
  return run_steps(once_more, what->verb, what->with_checks, only, batches_of(results));
}

}  // namespace

Verb retry_verb() {
  Verb verb;
  verb.name = "retry";
  verb.group = "Run";
  verb.summary = "do again what failed or was skipped in the last run (as dbt's retry)";
  verb.detail =
      "By target/run_results.json, or that of --state: the same verb with the same flags, for the nodes whose status "
      "is error, fail or skipped, or the same macro again. On the lake the tests of a retried table come "
      "along, since it is published only when all of them pass.";
  auto state = value_flag("state", 0, "FOLDER", "where the run_results.json of the run to retry lies");
  state.environment = "DBT_STATE";
  state.completes = Completes::folder;
  auto macro_arguments = value_flag("args", 0, "YAML", "of a macro that is called again");
  macro_arguments.hidden = true;
  verb.flags = together({project_flags(),
                         defer_flags(),
                         empty_flags(),
                         time_flags(),
                         engine_flags(),
                         run_switches(),
                         {state, macro_arguments}});
  verb.in_dbt = true;
  verb.run = run_retry;
  return verb;
}

}  // namespace weir::cli
