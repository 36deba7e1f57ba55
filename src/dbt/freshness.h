// How fresh sources are: what is declared of them, what was found, and sources.json as dbt writes it (schema v3).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "dbt/run_results.h"
#include "project/node.h"

namespace weir::dbt {

struct FreshnessRule {
  std::optional<int64_t> warn_after_s, error_after_s;
  Json warn_after, error_after;  // as declared: {count, period}
  std::string filter;            // SQL; "" = none
  std::string loaded_at_field, loaded_at_query;
};

// nullopt: nothing is declared, or it is turned off. Throws Error{bad_schema_yaml} for what is declared wrongly.
std::optional<FreshnessRule> freshness_rule(const project::Node& source);

// The query for one row: max_loaded_at, NULL where there is none, and the time of asking (both as seconds since 1970).
std::string freshness_sql(const project::Node& source, const FreshnessRule& rule);

// When what has no row at all was loaded last, as dbt takes it: the first second of the year 1.
inline constexpr double never_s = -62'135'596'800.0;

struct FreshnessResult {
  const project::Node* source = nullptr;
  FreshnessRule rule;
  std::string status;                     // pass, warn, error, "runtime error"
  std::optional<Error> error;             // of a runtime error
  std::optional<double> max_loaded_at_s;  // nullopt: no row tells
  double asked_at_s = 0;
  int64_t started_ms = 0, ended_ms = 0;
  double loaded_at_s() const { return max_loaded_at_s.value_or(never_s); }
  double age_s() const { return asked_at_s - loaded_at_s(); }
};

// "pass", "warn" or "error" by the age.
std::string freshness_status(const FreshnessRule& rule, double age_s);

Json sources_json(const Invocation& invocation, const std::vector<FreshnessResult>& results);

}  // namespace weir::dbt
