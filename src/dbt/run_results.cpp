#include "dbt/run_results.h"

#include "base/time.h"

namespace weir::dbt {

namespace {

Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

Json timing(const char* name, int64_t from_ms, int64_t to_ms) {
  return Json::object()
      .set("name", name)
      .set("started_at", artifact_time(from_ms))
      .set("completed_at", artifact_time(to_ms));
}

Json result_json(const NodeResult& result) {
  const int64_t from_ms = result.compile_ms > 0 ? result.compile_ms : result.started_ms;
  // Keys that have nothing to tell are there too: readers take them for granted.
  return Json::object()
      .set("status", result.status)
      .set("timing", timings(result.compile_ms, result.started_ms, result.ended_ms))
      .set("thread_id", result.thread_id)
      .set("execution_time", static_cast<double>(result.ended_ms - from_ms) / 1000)
      .set("adapter_response", result.adapter_response)
      .set("message", text_or_null(result.message))
      .set("failures", result.failures ? Json(*result.failures) : Json())
      .set("unique_id", result.unique_id)
      .set("compiled", result.compiled_code ? Json(true) : Json())
      .set("compiled_code", result.compiled_code ? Json(*result.compiled_code) : Json())
      .set("relation_name", text_or_null(result.relation_name))
      .set("batch_results", result.batches ? batch_results_json(*result.batches) : Json());
}

}  // namespace

Json timings(int64_t compile_ms, int64_t started_ms, int64_t ended_ms) {
  Json out = Json::array();
  if (compile_ms > 0) out.push_back(timing("compile", compile_ms, started_ms));
  if (started_ms > 0) out.push_back(timing("execute", started_ms, ended_ms));
  return out;
}

Json batch_results_json(const BatchResults& results) {
  const auto list = [](const std::vector<project::TimeWindow>& windows) {
    Json out = Json::array();
    for (const project::TimeWindow& window : windows)
      out.push_back(Json::strings(
          std::vector<std::string>{project::time_iso(window.start_us), project::time_iso(window.end_us)}));
    return out;
  };
  return Json::object().set("successful", list(results.successful)).set("failed", list(results.failed));
}

std::optional<BatchResults> read_batch_results(const Json& json) {
  if (!json.is_object()) return std::nullopt;
  const auto windows = [&](const char* key) {
    std::vector<project::TimeWindow> out;
    const Json* list = json.find(key);
    if (!list || !list->is_array()) return out;
    for (const Json& window : list->as_array()) {
      if (!window.is_array() || window.size() != 2) continue;
      const Json &start = window.as_array()[0], &end = window.as_array()[1];
      const auto from = start.is_string() ? parse_iso_us(start.as_string()) : std::nullopt;
      const auto to = end.is_string() ? parse_iso_us(end.as_string()) : std::nullopt;
      if (from && to) out.push_back({*from, *to});
    }
    return out;
  };
  return BatchResults{windows("successful"), windows("failed")};
}

std::string artifact_time(int64_t ms) {
  std::string text = iso_ms(ms);                                 // …:44.123Z
  if (text.ends_with("Z")) text.insert(text.size() - 1, "000");  // microseconds, as dbt writes them
  return text;
}

Json artifact_metadata(const char* schema, const Invocation& invocation) {
  return Json::object()
      .set("dbt_schema_version", std::string("https://schemas.getdbt.com/dbt/") + schema + ".json")
      .set("dbt_version", dbt_version)
      .set("generated_at", artifact_time(invocation.ended_ms))
      .set("invocation_id", invocation.id)
      .set("invocation_started_at", artifact_time(invocation.started_ms))
      .set("env", invocation.environment);
}

void run_results_text(const Invocation& invocation, const std::vector<const NodeResult*>& results,
                      const std::function<void(std::string_view)>& write) {
  std::string text = "{\"metadata\":" + artifact_metadata("run-results/v6", invocation).dump() + ",\"results\":[";
  for (size_t i = 0; i < results.size(); i++) {
    if (text.size() >= size_t{1} << 18) {
      write(text);
      text.clear();
    }
    text += (i == 0 ? "" : ",") + result_json(*results[i]).dump();
  }
  const double elapsed = static_cast<double>(invocation.ended_ms - invocation.started_ms) / 1000;
  write(text + "],\"elapsed_time\":" + Json(elapsed).dump() + ",\"args\":" + invocation.arguments.dump() + "}");
}

}  // namespace weir::dbt
