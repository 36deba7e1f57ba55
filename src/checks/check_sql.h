// The SQL of checks, as text. Pure functions.
#pragma once

#include <optional>
#include <string>

#include "checks/check.h"

namespace weir::checks {

// The relation of a check as SQL: "lake"."raw"."orders", or a subquery if config.where is set.
std::string tested_relation(const Check& check);

// The query whose rows are the failures, in dbt's form.
std::string failing_rows_sql(const Check& check);

// select fail_calc, warn and error conditions over the failing rows (with limit).
std::string evaluate_sql(const Check& check);

// The number of failures as one aggregate over the relation without where, or nullopt if the check has no such form
// (it needs another relation, a group, or has its own fail_calc or limit). For `unique` the aggregate only tells
// whether there are duplicates; if it is not 0 the failing rows are counted by evaluate_sql.
std::optional<std::string> aggregate_of(const Check& check);

}  // namespace weir::checks
