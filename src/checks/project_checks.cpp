#include "checks/project_checks.h"

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

}  // namespace

Check check_of(const project::Project& project, const project::Node& test, const std::string& asset,
               const project::RenderState& state) {
  const project::TestInfo& info = *test.test;
  std::optional<Check> built_in;
  if (!info.singular() && info.macro.empty()) built_in = built_in_check(info.kind, info.args, info.column, test.span);
  Check check = built_in.value_or(Check{});
  check.name = test.name;
  check.asset = asset;
  check.span = test.span;
  if (!info.attached_node.empty()) check.table = project.at(info.attached_node).relation;
  check.config = config_of(info, check.config);
  if (!built_in) {
    check.kind = CheckKind::sql;
    check.column = info.column;
    check.title = info.singular() ? test.name : info.kind + (info.column.empty() ? "" : "(" + info.column + ")");
    check.sql = project::render_test(project, test, state).sql;
  }
  return check;
}

}  // namespace weir::checks
