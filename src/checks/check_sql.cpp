#include "checks/check_sql.h"

#include <cctype>

#include "base/text.h"

namespace weir::checks {

namespace {

// As dbt's template engine prints a value, so that quote: false means the same.
std::string value_text(const Json& value) {
  if (value.is_bool()) return value.as_bool() ? "True" : "False";
  return value.is_string() ? value.as_string() : value.dump();
}

std::string value_list(const Check& check) {
  std::vector<std::string> items;
  for (const Json& value : check.values) {
    items.push_back(check.quote_values ? quote_literal(value_text(value)) : value_text(value));
  }
  return join(items, ", ");
}

std::string out_of_range(const Check& check, const std::string& value) {
  std::string equal = check.inclusive ? "=" : "";
  std::vector<std::string> parts;
  if (!check.min_value.empty()) parts.push_back("NOT (" + value + " >" + equal + " (" + check.min_value + "))");
  if (!check.max_value.empty()) parts.push_back("NOT (" + value + " <" + equal + " (" + check.max_value + "))");
  return parts.size() == 1 ? parts[0] : "(" + join(parts, " OR ") + ")";
}

std::string too_old(const Check& check, const std::string& value) {
  std::string type = check.ignore_time_component ? "DATE" : "TIMESTAMP";
  std::string interval = "INTERVAL (" + std::to_string(check.interval) + ") " + check.datepart;
  return "CAST(" + value + " AS " + type + ") < CAST(CAST(now() AS TIMESTAMP) - " + interval + " AS " + type + ")";
}

std::string grouped(const Check& check, const std::string& aggregate, const std::string& alias,
                    const std::string& having) {
  std::string keys;
  for (const std::string& column : check.group_by) keys += column_sql(column) + ", ";
  std::string sql = "SELECT " + keys + aggregate + " AS " + alias + " FROM " + tested_relation(check);
  if (!keys.empty()) sql += " GROUP BY " + keys.substr(0, keys.size() - 2);
  return sql + " HAVING " + having;
}

std::string filter(const Check& check, const std::string& condition) {
  std::string all = condition;
  if (!check.config.where.empty()) all = "(" + check.config.where + ")" + (all.empty() ? "" : " AND " + all);
  return all.empty() ? "" : " FILTER (WHERE " + all + ")";
}

}  // namespace

std::string column_sql(const std::string& column) {
  bool plain = !column.empty() && std::isdigit(static_cast<unsigned char>(column[0])) == 0;
  for (char c : column) plain &= std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
  return plain ? quote_identifier(column) : column;
}

std::string tested_relation(const Check& check) {
  std::string relation = quote_identifier(check.database) + "." + quote_identifier(check.table.schema) + "." +
                         quote_identifier(check.table.name);
  if (check.config.where.empty()) return relation;
  return "(SELECT * FROM " + relation + " WHERE " + check.config.where + ") AS dbt_subquery";
}

std::string failing_rows_sql(const Check& check) {
  std::string relation = tested_relation(check);
  std::string column = column_sql(check.column);
  switch (check.kind) {
    case CheckKind::not_null:
    case CheckKind::accepted_range:
      return "SELECT * FROM " + relation + " WHERE " + *failing_condition(check);
    case CheckKind::unique:
      return "SELECT " + column + " AS unique_field, count(*) AS n_records FROM " + relation + " WHERE " + column +
             " IS NOT NULL GROUP BY " + column + " HAVING count(*) > 1";
    case CheckKind::accepted_values:
      return "SELECT " + column + " AS value_field, count(*) AS n_records FROM " + relation + " GROUP BY " + column +
             " HAVING " + *failing_condition(check);
    case CheckKind::relationships:
      return "SELECT child.from_field FROM (SELECT " + column + " AS from_field FROM " + relation + " WHERE " + column +
             " IS NOT NULL) AS child LEFT JOIN (SELECT " + column_sql(check.other_column) + " AS to_field FROM " +
             check.other_table + ") AS parent ON child.from_field = parent.to_field WHERE parent.to_field IS NULL";
    case CheckKind::recency:
      return grouped(check, "max(" + column + ")", "most_recent", too_old(check, "max(" + column + ")"));
    case CheckKind::row_count_between:
    case CheckKind::row_count_equal:
      return grouped(check, "count(*)", "row_count", out_of_range(check, "count(*)"));
    case CheckKind::equal_rowcount:
      return "SELECT * FROM (SELECT count_a, count_b, abs(count_a - count_b) AS diff_count FROM (SELECT count(*) AS "
             "count_a "
             "FROM " +
             relation + ") AS a, (SELECT count(*) AS count_b FROM " + check.other_table +
             ") AS b) AS counts WHERE diff_count <> 0";
    case CheckKind::sql:
      return check.sql;
  }
  return check.sql;
}

std::optional<std::string> failing_condition(const Check& check) {
  const std::string column = column_sql(check.column);
  switch (check.kind) {
    case CheckKind::not_null:
      return column + " IS NULL";
    case CheckKind::accepted_values:
      return column + " NOT IN (" + value_list(check) + ")";
    case CheckKind::accepted_range:
      return out_of_range(check, column);
    default:
      return std::nullopt;
  }
}

bool are_places(const std::string& type) {
  for (const char* known : {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "DATE",
                            "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"})
    if (type == known) return true;
  return false;
}

std::string evaluate_sql(const Check& check) {
  if (!check.evaluation.empty()) return check.evaluation;
  std::string calc = check.config.fail_calc;
  if (check.kind == CheckKind::equal_rowcount && calc == CheckConfig{}.fail_calc) calc = "coalesce(sum(diff_count), 0)";
  std::string rows = failing_rows_sql(check);
  if (check.config.limit)
    rows = "SELECT * FROM (\n" + rows + "\n) AS dbt_limited LIMIT " + std::to_string(*check.config.limit);
  return "SELECT failures, failures " + check.config.warn_if + " AS should_warn, failures " + check.config.error_if +
         " AS should_error FROM (SELECT " + calc + " AS failures FROM (\n" + rows +
         "\n) AS dbt_internal_test) AS dbt_internal_counted";
}

std::optional<Aggregate> aggregate_of(const Check& check, bool places) {
  if (check.config.fail_calc != CheckConfig{}.fail_calc || check.config.limit || !check.group_by.empty())
    return std::nullopt;
  std::string column = column_sql(check.column);
  std::string count = "count(*)" + filter(check, "");
  switch (check.kind) {
    case CheckKind::not_null:
    case CheckKind::accepted_range:
      return Aggregate{"count(*)" + filter(check, *failing_condition(check)), ""};
    case CheckKind::unique:
      if (places)
        return Aggregate{
            "CASE weir_all_differ(" + column + ")" + filter(check, "") + " WHEN true THEN 0 WHEN false THEN 1 END", ""};
      return Aggregate{
          "count(" + column + ")" + filter(check, "") + " - count(DISTINCT " + column + ")" + filter(check, ""), ""};
    case CheckKind::accepted_values:
      return Aggregate{"count(DISTINCT " + column + ")" + filter(check, *failing_condition(check)), ""};
    case CheckKind::row_count_between:
    case CheckKind::row_count_equal:
      return Aggregate{"CASE WHEN " + out_of_range(check, count) + " THEN 1 ELSE 0 END", count};
    case CheckKind::recency: {
      std::string newest = "max(" + column + ")" + filter(check, "");
      return Aggregate{"CASE WHEN " + too_old(check, newest) + " THEN 1 ELSE 0 END", newest};
    }
    default:
      return std::nullopt;
  }
}

}  // namespace weir::checks
