// Checks as data: what is asserted of a relation, and what came out.
//
// Names and meaning are those of dbt, dbt_utils and dbt_expectations: a check is a query for failing rows, `fail_calc`
// over them gives the number of failures, and warn_if / error_if with the severity turn it into a status.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "engine/session.h"
#include "lake/lake.h"
#include "project/cte.h"

namespace weir::checks {

enum class Severity { warn, error };

struct CheckConfig {
  Severity severity = Severity::error;
  std::string warn_if = "!= 0", error_if = "!= 0";  // SQL that follows the number of failures
  std::string fail_calc = "count(*)";               // SQL over the failing rows
  std::string where;                                // only rows of the relation for which it holds; "" = all
  std::optional<int64_t> limit;                     // count at most so many failing rows
};

enum class CheckKind {
  not_null,
  unique,
  accepted_values,
  relationships,  // dbt's four
  accepted_range,
  recency,
  equal_rowcount,  // dbt_utils.*
  row_count_between,
  row_count_equal,  // dbt_expectations.expect_table_row_count_to_*
  sql               // a query for failing rows: singular tests, custom generic tests
};

struct Check {
  std::string name;   // unique in the project, e.g. "not_null_orders_id"
  std::string title;  // for people: "not_null(id)"
  std::string asset;  // the asset it blocks, e.g. "raw.orders"
  CheckKind kind = CheckKind::sql;
  lake::TableName table;  // what is tested; unused by sql
  std::string database = "lake";
  std::string column;  // as written, "" for checks of a table; may be an SQL expression, as in dbt
  // accepted_values
  std::vector<Json> values;
  bool quote_values = true;  // false: the values are SQL expressions
  // relationships: every non-null column value is in other_column of other_table; equal_rowcount: other_table
  std::string other_table;  // SQL text of the relation, as ref() renders it
  std::string other_column;
  // accepted_range and row counts: SQL expressions, "" = open
  std::string min_value, max_value;
  bool inclusive = true;
  // recency: `column` is newer than now() - interval
  std::string datepart;  // day, hour, ...
  int64_t interval = 0;
  bool ignore_time_component = false;
  std::vector<std::string> group_by;  // of recency and row counts: asserted of each group
  // sql
  std::string sql;
  std::vector<project::InjectedModel> injected = {};  // ephemeral models that stand in it
  std::string evaluation;  // a query for failures, should_warn and should_error, in place of weir's own; "" = none
  CheckConfig config;
  Span span;  // where it was declared
};

// Fills kind and arguments from a test's name and keyword arguments, without `model` and `column_name`, as
// project::TestInfo has them. Returns nullopt if the name is no built-in: its SQL then comes from the macro
// test_<name>. Throws Error{check_arguments} with the span for a missing, unknown or malformed argument. Built in:
// not_null unique accepted_values relationships (dbt); dbt_utils.{accepted_range, recency, equal_rowcount};
// dbt_expectations.{expect_table_row_count_to_be_between, expect_table_row_count_to_equal}.
std::optional<Check> built_in_check(const std::string& test, const Json& arguments, const std::string& column,
                                    const Span& span);
bool is_built_in(const std::string& test);
const std::vector<std::string>& built_in_names();

enum class CheckStatus { pass, warn, fail, error };
std::string_view status_text(CheckStatus status);

struct CheckResult {
  std::string name, title, asset;
  CheckStatus status = CheckStatus::pass;
  Severity severity = Severity::error;
  int64_t failures = 0;
  std::string message;       // "17 rows below 0", or the engine's message for status error; "" if passed
  std::string failures_sql;  // query for the failing rows, against the published names
  std::string executed_sql;  // what decides it: what was asked, or what was proven; "" = nothing, statistics told
  engine::Rows sample;       // up to 10 of them, taken when it did not pass
  std::string decided_by;    // "statistics", "scan" (shared with other checks), "query"
  int64_t ms = 0;
  // A step with such a result is not published.
  bool blocks() const { return status == CheckStatus::fail || status == CheckStatus::error; }
};

// warn_if / error_if when it is a comparison with a number: holds(">= 5", 7). nullopt for any other SQL ("between 1 and
// 5"), which only the engine can decide.
std::optional<bool> holds(const std::string& condition, double value);

}  // namespace weir::checks
