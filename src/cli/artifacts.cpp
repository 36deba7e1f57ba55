#include "cli/artifacts.h"

#include <algorithm>

#include "base/file.h"
#include "base/text.h"
#include "base/yaml.h"
#include "cli/dbt_log.h"
#include "dbt/graph_summary.h"
#include "dbt/manifest.h"
#include "dbt/run_results.h"
#include "dbt/sql_paths.h"
#include "project/load.h"
#include "project/rendering.h"

namespace weir::cli {

namespace fs = std::filesystem;

namespace {

fs::path target_folder(const project::Project& project) { return fs::path(project.root) / project.target_path; }

std::string ended(const std::string& sql) { return sql.ends_with("\n") ? sql : sql + "\n"; }

// daily.sql -> daily/daily_2026-01-05.sql
fs::path batch_path(const fs::path& path, const std::string& batch) {
  return path.parent_path() / path.stem() / (path.stem().string() + "_" + batch + path.extension().string());
}

// As a mapping, without what is secret.
Json vars_of(const std::string& text) {
  Json vars = Yaml::parse(text, "--vars").to_json();
  if (!vars.is_object()) return vars;
  for (auto& [name, value] : vars.as_object())
    if (name.starts_with(project::secret_prefix)) value = "*****";
  return vars;
}

// Switches that dbt has on where nothing is said.
bool on_in_dbt(std::string_view name) {
  for (const std::string_view known :
       {"print", "use-colors", "use-colors-file", "version-check", "write-json", "populate-cache", "partial-parse",
        "static-parser", "introspect", "send-anonymous-usage-stats"})
    if (name == known) return true;
  return false;
}

Json argument_names(const Call& call) {
  Json out =
      Json::object().set("which", call.verb.name).set("invocation_command", call.program + " " + join(call.words, " "));
  for (const auto& spec : call.options.specs()) {
    if (!call.options.is_set(spec.name)) continue;
    std::string name = spec.name;
    std::replace(name.begin(), name.end(), '-', '_');
    const Json& value = call.options.entry(spec.name).value;
    out.set(name, name == "vars" && value.is_string() ? vars_of(value.as_string()) : value);
  }
  if (call.verb.name == "run-operation") {
    out.set("macro", call.argument(0));
    const Json* args = out.find("args");
    out.set("args", args && args->is_string() ? Yaml::parse(args->as_string(), "--args").to_json() : Json::object());
  }
  return out;
}

}  // namespace

bool writes_json(const Call& call) {
  return !(call.declares("no-write-json") && call.options.boolean("no-write-json"));
}

dbt::Invocation invocation_of(const Call& call, const project::Project& project, int64_t started_ms, int64_t ended_ms) {
  dbt::Invocation out;
  out.id = project.invocation_id;
  out.started_ms = started_ms;
  out.ended_ms = ended_ms;
  out.arguments = argument_names(call);
  out.environment = project::custom_environment();
  return out;
}

Json dbt_arguments(const Call& call) {
  Json usual = Json::object().set("indirect_selection", "eager"), given = argument_names(call);
  for (const auto& spec : call.options.specs()) {
    if (spec.name.starts_with("no-") && call.declares(spec.name.substr(3))) continue;
    const Json& value = call.options.entry(spec.name).value;
    const std::string name = replace_all(spec.name, "-", "_");
    if (spec.type != OptionType::boolean) {
      if (!value.is_null() && !(value.is_array() && value.size() == 0)) usual.set(name, value);
      continue;
    }
    const bool off = call.declares("no-" + spec.name) && call.options.boolean("no-" + spec.name);
    usual.set(name, on_in_dbt(spec.name));
    if (off || call.options.is_set(spec.name)) given.set(name, call.is_on(spec.name));
    given.erase("no_" + name);
  }
  return Json::object().set("usual", std::move(usual)).set("given", std::move(given));
}

std::string compiled_text(const Call& call, const std::string& sql) { return is_dbt(call) ? sql : sql + "\n"; }

fs::path compiled_path(const project::Project& project, const project::Node& node) {
  return fs::path(project.root) / dbt::compiled_path(project, node);
}

namespace {

void put_manifest(const Call& call, const project::Project& project, const dbt::Invocation& invocation,
                  const std::vector<dbt::NodeResult>& outcomes) {
  ArtifactFile file(target_folder(project) / "manifest.json");
  dbt::manifest_text(project, invocation, outcomes, [&](std::string_view piece) { file.write(piece); });
  file.write("\n");
  file.finish();
  log_event(call, "ArtifactWritten", "debug", "wrote manifest.json",
            Json::object()
                .set("artifact_type", "WritableManifest")
                .set("artifact_path", (target_folder(project) / "manifest.json").string()));
}

// An ephemeral model that was compiled is in the manifest alone, as in dbt, but where it was asked for.
bool tells_ephemeral(const Call& call) {
  if (call.verb.name != "compile") return false;
  return call.options.is_set("select") || call.options.is_set("inline") || !call.arguments.empty();
}

// A file for dbt's own diagnostics: whoever calls weir by its name has no use for it.
void put_graph_summary(const Call& call, const project::Project& project) {
  if (is_dbt(call))
    write_artifact(target_folder(project) / "graph_summary.json",
                   dbt::graph_summary(project, project.invocation_id).dump() + "\n");
}

}  // namespace

dbt::NodeResult compiled_result(const std::string& unique_id, const std::string& sql, int64_t now_ms) {
  dbt::NodeResult result;
  result.unique_id = unique_id;
  result.status = "success";
  result.compiled_code = sql;
  result.compile_ms = result.started_ms = result.ended_ms = now_ms;
  return result;
}

dbt::NodeResult inline_result(const project::Project& project, const std::string& sql, int64_t now_ms) {
  return compiled_result("sql_operation." + project.name + ".inline_query", sql, now_ms);
}

void write_manifest(const Call& call, const project::Project& project, int64_t now_ms) {
  if (!writes_json(call)) return;
  if (call.verb.name != "parse") put_graph_summary(call, project);  // which makes no graph in dbt
  put_manifest(call, project, invocation_of(call, project, now_ms, now_ms), {});
}

void write_sources(const Call& call, const project::Project& project, const std::vector<dbt::FreshnessResult>& results,
                   int64_t started_ms, int64_t ended_ms, const fs::path& file) {
  const dbt::Invocation invocation = invocation_of(call, project, started_ms, ended_ms);
  write_artifact(file.empty() ? target_folder(project) / "sources.json" : file,
                 dbt::sources_json(invocation, results).dump() + "\n");
}

void write_artifacts(const Call& call, const project::Project& project, const std::vector<dbt::NodeResult>& outcomes,
                     int64_t started_ms, int64_t ended_ms) {
  for (const dbt::NodeResult& outcome : outcomes) {
    if (!project.find(outcome.unique_id)) continue;  // a hook, an exposure
    const project::Node& node = project.at(outcome.unique_id);
    if (outcome.compiled_code && dbt::has_compiled_file(node))
      write_artifact(compiled_path(project, node), compiled_text(call, *outcome.compiled_code));
    if (!outcome.executed_sql.empty())
      write_artifact(fs::path(project.root) / dbt::run_path(project, node), ended(outcome.executed_sql));
  }
  for (const dbt::NodeResult& outcome : outcomes)
    for (const auto& batch : outcome.batch_code) {
      const project::Node& node = project.at(outcome.unique_id);
      write_artifact(batch_path(compiled_path(project, node), batch.name), compiled_text(call, batch.compiled));
      if (!batch.executed.empty())
        write_artifact(batch_path(fs::path(project.root) / dbt::run_path(project, node), batch.name),
                       ended(batch.executed));
    }
  for (const dbt::NodeResult& outcome : outcomes)
    for (const project::EphemeralText& model : outcome.ephemeral)
      write_artifact(compiled_path(project, project.at(model.id)), compiled_text(call, model.compiled));
  write_results(call, project, outcomes, started_ms, ended_ms);
}

void write_results(const Call& call, const project::Project& project, const std::vector<dbt::NodeResult>& outcomes,
                   int64_t started_ms, int64_t ended_ms) {
  if (!writes_json(call)) return;
  const dbt::Invocation invocation = invocation_of(call, project, started_ms, ended_ms);
  put_manifest(call, project, invocation, outcomes);
  if (call.verb.name != "run-operation") put_graph_summary(call, project);
  const fs::path path = target_folder(project) / "run_results.json";
  std::vector<const dbt::NodeResult*> told;
  const bool with_ephemeral = tells_ephemeral(call);
  for (const dbt::NodeResult& outcome : outcomes)
    if (const project::Node* node = project.find(outcome.unique_id); with_ephemeral || !node || !node->is_ephemeral())
      told.push_back(&outcome);
  ArtifactFile file(path);
  dbt::run_results_text(invocation, told, [&](std::string_view piece) { file.write(piece); });
  file.write("\n");
  file.finish();
  log_event(call, "ArtifactWritten", "debug", "wrote run_results.json",
            Json::object().set("artifact_type", "RunResultsArtifact").set("artifact_path", path.string()));
}

}  // namespace weir::cli
