#include "engine/duckdb/volatile_functions.h"

#include <duckdb/planner/expression/bound_function_expression.hpp>
#include <duckdb/planner/expression_iterator.hpp>
#include <duckdb/planner/logical_operator_visitor.hpp>
#include <duckdb/planner/operator/logical_get.hpp>

#include "engine/duckdb/column_lineage.h"

namespace weir::engine::duck {

using namespace duckdb;

namespace {

void collect_volatile(Expression& expression, std::set<std::string>& names) {
  if (expression.GetExpressionClass() == ExpressionClass::BOUND_FUNCTION) {
    auto& function = expression.Cast<BoundFunctionExpression>().function;
    // error() is what the binder puts around a subquery that must give one row: it has no answer to be another.
    if (function.GetStability() != FunctionStability::CONSISTENT && function.name != "error")
      names.insert(function.name);
  }
  ExpressionIterator::EnumerateChildren(expression, [&](Expression& child) { collect_volatile(child, names); });
}

void collect_volatile(LogicalOperator& plan, std::set<std::string>& names) {
  if (plan.type == LogicalOperatorType::LOGICAL_GET) {
    auto& function = plan.Cast<LogicalGet>().function.name;
    if (reads_elsewhere(function)) names.insert(as_called(function));
  }
  LogicalOperatorVisitor::EnumerateExpressions(
      plan, [&](duckdb::unique_ptr<Expression>* expression) { collect_volatile(**expression, names); });
  for (auto& child : plan.children) collect_volatile(*child, names);
}

}  // namespace

std::set<std::string> volatile_functions(LogicalOperator& plan) {
  std::set<std::string> names;
  collect_volatile(plan, names);
  return names;
}

}  // namespace weir::engine::duck
