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

// The condition of the rows that fail, for a check that looks at each row alone; nullopt for others.
std::optional<std::string> failing_condition(const Check& check);

// Are values of this type (as engine::ColumnInfo has it) told apart by weir_all_differ?
bool are_places(const std::string& type);

// For the compiled SQL of dbt's test `unique`: a query whose one value is true only if no row comes out, in a fraction
// of the time. "" for any other SQL; an error of the engine where the column is of another type.
std::string proof_of_unique(const std::string& sql);

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
