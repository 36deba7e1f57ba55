#include "dbt/freshness.h"

#include <cmath>

#include "base/error.h"
#include "project/event_time.h"

namespace weir::dbt {

namespace {

// {count: 12, period: hour}; null counts as not given.
std::optional<int64_t> seconds_of(const Json* limit, const project::Node& source) {
  if (!limit || !limit->is_object()) return std::nullopt;
  const std::optional<int64_t> count = limit->get_int("count");
  const std::string period = limit->get_string("period").value_or("");
  if (!count && period.empty()) return std::nullopt;
  const int64_t unit = period == "minute" ? 60 : period == "hour" ? 3600 : period == "day" ? 86'400 : 0;
  if (!count || unit == 0)
    throw Error(ErrorCode::bad_schema_yaml,
                "freshness of " + source.source_name + "." + source.name +
                    ": a limit needs count, a whole number, and period: minute, hour or day")
        .with_span(source.span);
  return *count * unit;
}

Json result_json(const FreshnessResult& result) {
  const std::string& id = result.source->unique_id;
  if (result.status == "runtime error")
    return Json::object()
        .set("unique_id", id)
        .set("error", result.error ? result.error->message() : std::string())
        .set("status", result.status);
  const auto time = [](double seconds) { return project::time_iso(std::llround(seconds * 1e6)); };
  return Json::object()
      .set("unique_id", id)
      .set("max_loaded_at", time(result.loaded_at_s()))
      .set("snapshotted_at", time(result.asked_at_s))
      .set("max_loaded_at_time_ago_in_s", result.age_s())
      .set("status", result.status)
      .set("criteria", Json::object()
                           .set("warn_after", result.rule.warn_after)
                           .set("error_after", result.rule.error_after)
                           .set("filter", result.rule.filter.empty() ? Json() : Json(result.rule.filter)))
      .set("adapter_response", Json::object().set("_message", "OK"))
      .set("timing", timings(result.started_ms, result.started_ms, result.ended_ms))
      .set("thread_id", "Thread-1 (worker)")
      .set("execution_time", static_cast<double>(result.ended_ms - result.started_ms) / 1000);
}

}  // namespace

std::optional<FreshnessRule> freshness_rule(const project::Node& source) {
  const Json* freshness = source.config->all.find("freshness");
  if (!freshness || !freshness->is_object()) return std::nullopt;
  FreshnessRule out;
  const auto take = [&](const char* key, Json& as_declared) {
    const Json* limit = freshness->find(key);
    as_declared = limit ? *limit : Json::object();
    if (as_declared.is_object() && as_declared.size() == 0) as_declared.set("count", Json()).set("period", Json());
    return seconds_of(limit, source);
  };
  out.warn_after_s = take("warn_after", out.warn_after);
  out.error_after_s = take("error_after", out.error_after);
  if (!out.warn_after_s && !out.error_after_s) return std::nullopt;
  out.filter = freshness->get_string("filter").value_or("");
  const auto text = [&](const char* key) {
    const Json* value = source.config->all.find(key);
    return value && value->is_string() ? value->as_string() : std::string();
  };
  out.loaded_at_field = text("loaded_at_field");
  out.loaded_at_query = text("loaded_at_query");
  return out;
}

std::string freshness_sql(const project::Node& source, const FreshnessRule& rule) {
  const std::string newest = rule.loaded_at_query.empty()
                                 ? "SELECT max(" + rule.loaded_at_field + ") AS newest FROM " + source.relation_text() +
                                       (rule.filter.empty() ? "" : " WHERE " + rule.filter)
                                 : "SELECT (\n" + rule.loaded_at_query + "\n)";
  // A time without zone is one of UTC, as dbt takes it.
  return "SELECT epoch(max_loaded_at) AS max_loaded_at, epoch(now()) AS asked_at FROM (\n" + newest +
         "\n) AS loaded(max_loaded_at)";
}

std::string freshness_status(const FreshnessRule& rule, double age_s) {
  const auto over = [&](const std::optional<int64_t>& limit) { return limit && age_s > static_cast<double>(*limit); };
  return over(rule.error_after_s) ? "error" : over(rule.warn_after_s) ? "warn" : "pass";
}

Json sources_json(const Invocation& invocation, const std::vector<FreshnessResult>& results) {
  Json list = Json::array();
  for (const FreshnessResult& result : results) list.push_back(result_json(result));
  return Json::object()
      .set("metadata", artifact_metadata("sources/v3", invocation))
      .set("results", std::move(list))
      .set("elapsed_time", static_cast<double>(invocation.ended_ms - invocation.started_ms) / 1000);
}

}  // namespace weir::dbt
