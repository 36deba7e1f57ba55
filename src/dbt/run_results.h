// run_results.json in the form that dbt writes and other tools read (schema v6).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "project/cte.h"
#include "project/dbt_version.h"
#include "project/event_time.h"

namespace weir::dbt {

// The batches of a microbatch model.
struct BatchResults {
  std::vector<project::TimeWindow> successful, failed;
};

// What came of one node.
// A batch of a microbatch model.
struct BatchText {
  std::string name, compiled, executed;  // executed "" = nothing was
};

struct NodeResult {
  std::string unique_id;
  // dbt's words: success, error, partial success (of batches), skipped for what is built; pass, fail, warn, error,
  // skipped for tests.
  std::string status;
  std::string message;                       // "" = none
  std::optional<int64_t> failures;           // of tests
  std::optional<std::string> compiled_code;  // of what was compiled
  // Ephemeral models that were compiled into it, in their order there. They have no result of their own.
  std::vector<project::EphemeralText> ephemeral;
  std::string executed_sql;  // what was run for it, for target/run; "" = nothing was
  std::optional<BatchResults> batches;
  std::vector<BatchText> batch_code;
  std::string relation_name;  // "" = none
  std::string thread_id = "Thread-1 (worker)";
  Json adapter_response = Json::object();
  int64_t compile_ms = 0, started_ms = 0, ended_ms = 0;  // when compiling began, when running began and ended; 0 = not
};

struct Invocation {
  std::string id;  // a UUID
  int64_t started_ms = 0, ended_ms = 0;
  Json arguments = Json::object();    // as dbt's `args`: flags by name
  Json environment = Json::object();  // what DBT_ENV_CUSTOM_ENV_<name> hold, by name
};

Json batch_results_json(const BatchResults& results);
// nullopt if the JSON is none, e.g. null.
std::optional<BatchResults> read_batch_results(const Json& json);

// When compiling began, when running began and ended, as `timing` of a result; 0 = it did not.
Json timings(int64_t compile_ms, int64_t started_ms, int64_t ended_ms);

// run_results.json, in pieces: of tens of thousands of nodes it is large.
void run_results_text(const Invocation& invocation, const std::vector<const NodeResult*>& results,
                      const std::function<void(std::string_view)>& write);

using project::dbt_version;
inline constexpr const char* adapter_version = "1.11.1";  // of dbt-duckdb

// `metadata` of an artefact: dbt_schema_version, generated_at, invocation_id, ...
Json artifact_metadata(const char* schema, const Invocation& invocation);
std::string artifact_time(int64_t ms);  // "2026-01-05T09:12:44.123000Z"

}  // namespace weir::dbt
