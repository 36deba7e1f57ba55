#include "cli/artifacts.h"

#include <algorithm>

#include "base/file.h"
#include "base/text.h"
#include "dbt/manifest.h"
#include "dbt/run_results.h"
#include "run/outcomes.h"

namespace weir::cli {

namespace fs = std::filesystem;

namespace {

fs::path target_folder(const project::Project& project) { return fs::path(project.root) / project.target_path; }

void put(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  write_file(path, text);
}

// daily.sql -> daily/daily_2026-01-05.sql
fs::path batch_path(const fs::path& path, const std::string& batch) {
  return path.parent_path() / path.stem() / (path.stem().string() + "_" + batch + path.extension().string());
}

Json argument_names(const Call& call) {
  Json out =
      Json::object().set("which", call.verb.name).set("invocation_command", call.program + " " + join(call.words, " "));
  for (const auto& spec : call.options.specs()) {
    if (!call.options.is_set(spec.name)) continue;
    std::string name = spec.name;
    std::replace(name.begin(), name.end(), '-', '_');
    out.set(name, call.options.entry(spec.name).value);
  }
  return out;
}

dbt::Invocation invocation_of(const Call& call, const project::Project& project, int64_t started_ms, int64_t ended_ms) {
  dbt::Invocation out;
  out.id = project.invocation_id;
  out.started_ms = started_ms;
  out.ended_ms = ended_ms;
  out.arguments = argument_names(call);
  return out;
}

}  // namespace

fs::path compiled_path(const project::Project& project, const project::Node& node) {
  const fs::path path = target_folder(project) / "compiled" / node.package / node.file;
  const bool below_yaml = (node.test && !node.test->singular()) || node.unit;
  return below_yaml ? path / (node.name + ".sql") : path;
}

void write_manifest(const Call& call, const project::Project& project, int64_t now_ms) {
  const dbt::Invocation invocation = invocation_of(call, project, now_ms, now_ms);
  put(target_folder(project) / "manifest.json", dbt::manifest(project, invocation).dump() + "\n");
}

void write_sources(const Call& call, const project::Project& project, const std::vector<dbt::FreshnessResult>& results,
                   int64_t started_ms, int64_t ended_ms) {
  const dbt::Invocation invocation = invocation_of(call, project, started_ms, ended_ms);
  put(target_folder(project) / "sources.json", dbt::sources_json(invocation, results).dump() + "\n");
}

void write_artifacts(const Call& call, const project::Project& project, const plan::Plan& plan,
                     const run::RunResult& result, int64_t started_ms, int64_t ended_ms) {
  const std::vector<dbt::NodeResult> outcomes = run::outcomes(plan, result);
  for (const dbt::NodeResult& outcome : outcomes)
    if (outcome.compiled_code)
      put(compiled_path(project, project.at(outcome.unique_id)), *outcome.compiled_code + "\n");
  for (const dbt::NodeResult& outcome : outcomes)
    for (const auto& [batch, sql] : outcome.batch_code)
      put(batch_path(compiled_path(project, project.at(outcome.unique_id)), batch), sql + "\n");
  for (const dbt::NodeResult& outcome : outcomes)
    for (const auto& [id, sql] : outcome.ephemeral) put(compiled_path(project, project.at(id)), sql + "\n");
  const dbt::Invocation invocation = invocation_of(call, project, started_ms, ended_ms);
  put(target_folder(project) / "manifest.json", dbt::manifest(project, invocation, outcomes).dump() + "\n");
  put(target_folder(project) / "run_results.json", dbt::run_results(invocation, outcomes).dump() + "\n");
}

}  // namespace weir::cli
