// What a verb leaves below target/, where dbt's users and tools look for it: manifest.json, run_results.json, compiled
// SQL, executed SQL.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "cli/verb.h"
#include "dbt/freshness.h"
#include "dbt/run_results.h"
#include "project/project.h"

namespace weir::cli {

// Whether manifest.json and run_results.json are written: not with --no-write-json.
bool writes_json(const Call& call);

// target/compiled/<package>/<file of the node>; a generic test's lies below its YAML file.
std::filesystem::path compiled_path(const project::Project& project, const project::Node& node);
// What is written there: under dbt's name it ends as the template does, else with a line's end.
std::string compiled_text(const Call& call, const std::string& sql);

// What artefacts tell of the call that made them.
dbt::Invocation invocation_of(const Call& call, const project::Project& project, int64_t started_ms, int64_t ended_ms);

// LoadFlags::arguments of a call under dbt's name.
Json dbt_arguments(const Call& call);

// What was compiled, and has not been run. That of --inline has no node of its own, but a name that stands for it: dbt
// tells of it like of a model.
dbt::NodeResult compiled_result(const std::string& unique_id, const std::string& sql, int64_t now_ms);
dbt::NodeResult inline_result(const project::Project& project, const std::string& sql, int64_t now_ms);

// manifest.json alone, for verbs that read the project and run nothing.
void write_manifest(const Call& call, const project::Project& project, int64_t now_ms);

// sources.json, or that file.
void write_sources(const Call& call, const project::Project& project, const std::vector<dbt::FreshnessResult>& results,
                   int64_t started_ms, int64_t ended_ms, const std::filesystem::path& file = {});

// manifest.json, run_results.json, the compiled SQL and what was run.
void write_artifacts(const Call& call, const project::Project& project, const std::vector<dbt::NodeResult>& outcomes,
                     int64_t started_ms, int64_t ended_ms);

// manifest.json and run_results.json alone.
void write_results(const Call& call, const project::Project& project, const std::vector<dbt::NodeResult>& outcomes,
                   int64_t started_ms, int64_t ended_ms);

}  // namespace weir::cli
