// The SQL of checks, as text. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "checks/check.h"

namespace weir::checks {

// The relation of a check as SQL: "lake"."raw"."orders", or a subquery if config.where is set.
std::string tested_relation(const Check& check);

// The query whose rows are the failures, in dbt's form.
std::string failing_rows_sql(const Check& check);

// select fail_calc, warn and error conditions over the failing rows (with limit).
std::string evaluate_sql(const Check& check);

// The condition of the rows that fail, for a check that looks at each row alone; nullopt for others.
std::optional<std::string> failing_condition(const Check& check);

// Are values of this type (as engine::ColumnInfo has it) places in a bitmap: whole numbers, dates, times?
bool are_places(const std::string& type);

// What proves that no row fails in a fraction of the time of the check's own query.
struct Proof {
  std::string sql;                   // one value, true only if no row fails
  std::vector<std::string> columns;  // queries of one column each: places of one kind, else `sql` proves nothing
};
// Of relationships, and of dbt's tests `unique` and `relationships` as their compiled SQL stands; nullopt of any other
// SQL.
std::optional<Proof> proof_of(const Check& check);

// A check as aggregates over the unfiltered relation, so that many share one scan.
struct Aggregate {
  std::string failures;  // the number of failures; of `unique`: 0, NULL if that is not known, or else it must be
                         // counted by evaluate_sql
  std::string observed;  // what the message tells (a row count, a time); "" = nothing
};
// nullopt if the check has no such form: it needs another relation or groups, or has its own fail_calc or a limit.
// `places`: the column of a `unique` holds what are_places() says.
std::optional<Aggregate> aggregate_of(const Check& check, bool places = false);

// A column as it goes into SQL: plain names are quoted, expressions are left as they are.
std::string column_sql(const std::string& column);

}  // namespace weir::checks
