#include "checks/project_checks.h"

#include <algorithm>

#include "base/text.h"
#include "project/rendering.h"

namespace weir::checks {

namespace {

CheckConfig config_of(const project::TestInfo& test, const CheckConfig& built_in) {
  CheckConfig config = built_in;
  config.severity = test.severity == project::Severity::warn ? Severity::warn : Severity::error;
  config.warn_if = test.warn_if;
  config.error_if = test.error_if;
  config.fail_calc = test.fail_calc;
  config.limit = test.limit;
  if (config.where.empty()) {
    config.where = test.where;
  } else if (!test.where.empty()) {
    config.where = "(" + config.where + ") AND (" + test.where + ")";
  }
  return config;
}

// Rows that only one side has; none if the unit test passes.
std::string difference_sql(const project::UnitTestSql& unit) {
  const std::string columns = quoted_identifiers(unit.columns);
  const auto rows = [&](const std::string& name, const std::string& query) {
    return name + " AS (SELECT " + columns + " FROM (\n" + query + "\n) AS rows)";
  };
  const auto only = [&](const char* word, const char* in, const char* not_in) {
    return std::string("SELECT '") + word + "' AS actual_or_expected, * FROM (SELECT * FROM " + in +
           " EXCEPT ALL SELECT * FROM " + not_in + ")";
  };
  return "WITH " + rows("dbt_internal_unit_test_actual", unit.actual) + ",\n" +
         rows("dbt_internal_unit_test_expected", unit.expected) + "\n" +
         only("actual", "dbt_internal_unit_test_actual", "dbt_internal_unit_test_expected") + "\nUNION ALL\n" +
         only("expected", "dbt_internal_unit_test_expected", "dbt_internal_unit_test_actual");
}

Check unit_check(const project::Project& project, const project::Node& test, const std::string& asset,
                 const project::RenderState& state) {
  Check check;
  check.name = check.title = test.name;
  check.asset = asset;
  check.span = test.span;
  check.sql = difference_sql(project::render_unit_test(project, test, state));
  return check;
}

// Is what the test reads more than a relation's name, known when the project was read? An ephemeral model's query comes
// in front; --empty and --defer decide what ref() gives; a source may be a call. The test's macro writes all of it.
bool needs_macro(const project::Project& project, const project::Node& test, const Check& check) {
  if (!project.rendering->macros.find(project::standard_package, "test_" + test.test->kind)) return false;
  if (project.inputs.empty || check.other_table.starts_with("__dbt__cte__")) return true;
  return std::any_of(test.depends_on.begin(), test.depends_on.end(), [&](const std::string& id) {
    const project::Node& node = project.at(id);
    return node.is_ephemeral() || node.deferred || !node.external.empty();
  });
}

// The relation that a node is read from, without rows under --empty; those of a check with no macro.
void settle_relations(const project::Project& project, const project::Node& test, Check& check) {
  for (const std::string& id : test.depends_on) {
    const project::Node& node = project.at(id);
    if (node.deferred && check.other_table == node.relation_text()) check.other_table = node.read_place().text();
  }
  if (!project.inputs.empty) return;
  if (!check.other_table.empty()) check.other_table = "(select * from " + check.other_table + " where false limit 0)";
  check.config.where = check.config.where.empty() ? "false" : "(" + check.config.where + ") AND false";
}

}  // namespace

Check check_of(const project::Project& project, const project::Node& test, const std::string& asset,
               const project::RenderState& state) {
  if (test.unit) return unit_check(project, test, asset, state);
  const project::TestInfo& info = *test.test;
  std::optional<Check> built_in;
  if (!info.singular() && info.macro.empty()) built_in = built_in_check(info.kind, info.args, info.column, test.span);
  if (built_in && needs_macro(project, test, *built_in)) built_in.reset();
  Check check = built_in.value_or(Check{});
  check.name = test.name;
  check.asset = asset;
  check.span = test.span;
  if (!info.attached_node.empty()) {
    const project::Node& attached = project.at(info.attached_node);
    if (built_in && !attached.external.empty())
      throw Error(ErrorCode::check_arguments, test.name + ": " + info.kind + " tests tables, and the source " +
                                                  attached.source_name + "." + attached.name + " is read from " +
                                                  attached.external)
          .with_span(test.span)
          .with_hint("Test a model that reads the source.");
    const project::Place place = attached.read_place();
    check.table = place.table();
    check.database = place.database;
  }
  check.config = config_of(info, check.config);
  if (built_in) settle_relations(project, test, check);
  if (!built_in) {
    check.kind = CheckKind::sql;
    check.column = info.column;
    check.title = info.singular() ? test.name : info.kind + (info.column.empty() ? "" : "(" + info.column + ")");
    project::Rendered rendered = project::render_test(project, test, state);
    check.sql = std::move(rendered.sql);
    check.injected = std::move(rendered.injected);
  }
  return check;
}

}  // namespace weir::checks
