#include "run/seed_types.h"

#include <array>

#include "base/text.h"

namespace weir::run {

namespace {

// '' and 'null' (any case) mean null, in every type, as in dbt.
std::string text_sql(const std::string& name) {
  std::string column = quote_identifier(name);
  return "CASE WHEN lower(trim(" + column + ")) IN ('', 'null') THEN NULL ELSE " + column + " END";
}

// Numbers may carry a percent sign, a currency symbol and thousands separators.
std::string number_sql(const std::string& name) {
  return "regexp_replace(regexp_replace(trim(" + text_sql(name) +
         "), '^(-?)[$€£¥]*|[$€£¥%]*$', '\\1', 'g'), ',', '', 'g')";
}

constexpr const char* number_pattern = "'[-+]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][-+]?[0-9]+)?'";
constexpr const char* date_pattern = "'[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}'";
// A time is "2024-01-31 12:00:00", or ISO 8601 with a T; what dbt does not take for a time stays text. One column has
// one form.
constexpr const char* time_pattern = "'[0-9]{4}-[0-9]{1,2}-[0-9]{1,2} [0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}'";
constexpr const char* iso_time_pattern =
    "'[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}(:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?)?(Z|[+-][0-9]{2}(:?[0-9]{2})?)?'";

// What must hold of all values of a column, and whether its numbers are whole and fit.
std::vector<std::string> facts_sql(const std::string& name) {
  std::string text = "trim(" + text_sql(name) + ")", number = number_sql(name),
              value = "TRY_CAST(" + number + " AS DOUBLE)";
  auto all = [](const std::string& condition) { return "coalesce(bool_and(" + condition + "), true)"; };
  return {all("regexp_full_match(" + number + ", " + std::string(number_pattern) + ")"),
          all(value + " = trunc(" + value + ")"),
          all("abs(" + value + ") <= 2147483647"),
          all("abs(" + value + ") < 9.2e18"),
          all("regexp_full_match(" + text + ", " + std::string(date_pattern) + ") AND TRY_CAST(" + text +
              " AS DATE) IS NOT NULL OR " + text + " IS NULL"),
          all("regexp_full_match(" + text + ", " + std::string(time_pattern) + ") AND TRY_CAST(" + text +
              " AS TIMESTAMP) IS NOT NULL OR " + text + " IS NULL"),
          all("regexp_full_match(" + text + ", " + std::string(iso_time_pattern) + ") AND TRY_CAST(" + text +
              " AS TIMESTAMP) IS NOT NULL OR " + text + " IS NULL"),
          all("lower(" + text + ") IN ('true', 'false')")};
}

bool fact(const engine::Cell& cell) {
  const auto* value = std::get_if<bool>(&cell);
  return value != nullptr && *value;
}

SeedColumn typed(const std::string& name, const engine::Cell* facts) {
  bool number = fact(facts[0]), whole = fact(facts[1]), small = fact(facts[2]), medium = fact(facts[3]);
  if (number && whole) {
    std::string type = small ? "integer" : medium ? "bigint" : "decimal(38,0)";
    // Through DOUBLE only where an exponent needs it: whole numbers keep all their digits.
    std::string digits = number_sql(name);
    return {name, type,
            "coalesce(TRY_CAST(" + digits + " AS " + type + "), CAST(CAST(" + digits + " AS DOUBLE) AS " + type + "))"};
  }
  if (number) return {name, "double", "CAST(" + number_sql(name) + " AS DOUBLE)"};
  std::string text = "trim(" + text_sql(name) + ")";
  if (fact(facts[4])) return {name, "date", "CAST(" + text + " AS DATE)"};
  if (fact(facts[5]) || fact(facts[6])) return {name, "timestamp", "CAST(" + text + " AS TIMESTAMP)"};
  if (fact(facts[7])) return {name, "boolean", "CAST(" + text + " AS BOOLEAN)"};
  return {name, "varchar", text_sql(name)};
}

}  // namespace

std::vector<SeedColumn> infer_seed_types(engine::Session& session, const std::string& relation,
                                         const std::vector<std::string>& names) {
  std::vector<std::string> facts;
  for (const std::string& name : names) {
    for (std::string& sql : facts_sql(name)) facts.push_back(std::move(sql));
  }
  engine::Rows rows = session.query("SELECT " + join(facts, ",\n") + "\nFROM " + relation);
  size_t per_column = facts.size() / names.size();
  std::vector<SeedColumn> columns;
  for (size_t i = 0; i < names.size(); i++) columns.push_back(typed(names[i], &rows.rows.at(0).at(i * per_column)));
  return columns;
}

SeedColumn declared_seed_column(const std::string& name, const std::string& type) {
  return {name, type, "CAST(" + text_sql(name) + " AS " + type + ")"};
}

}  // namespace weir::run
