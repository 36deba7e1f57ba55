#include "engine/duckdb/lineage_walk.h"

#include <duckdb/planner/expression/bound_case_expression.hpp>
#include <duckdb/planner/expression/bound_columnref_expression.hpp>
#include <duckdb/planner/expression_iterator.hpp>
#include <duckdb/planner/logical_operator_visitor.hpp>

namespace weir::engine::duck {

using namespace duckdb;

void add(Made& into, const Made& more) {
  for (const auto& [input, kinds] : more) into[input].add(kinds);
}

Made deciding(const Made& made, Derivation by) {
  Made out;
  for (auto [input, kinds] : made) {
    for (const Derivation direct : {Derivation::identity, Derivation::transformation, Derivation::aggregation})
      kinds.remove(direct);
    kinds.add(by);
    out[input] = kinds;
  }
  return out;
}

Made changed(const Made& made, Derivation by) {
  Made out;
  for (auto [input, kinds] : made) {
    const bool aggregated = kinds.has(Derivation::aggregation);
    const bool direct = kinds.direct();
    for (const Derivation each : {Derivation::identity, Derivation::transformation, Derivation::aggregation})
      kinds.remove(each);
    if (direct) kinds.add(aggregated ? Derivation::aggregation : by);
    out[input] = kinds;
  }
  return out;
}

uint32_t LineageWalk::number(const NamedRelation& relation, const std::string& column) {
  return numbers_.try_emplace({relation, column}, static_cast<uint32_t>(numbers_.size())).first->second;
}

Origins LineageWalk::named(const Made& made) const {
  std::vector<const InputColumn*> names(numbers_.size());
  for (const auto& [input, index] : numbers_) names[index] = &input;
  Origins out;
  for (const auto& [index, kinds] : made) out.emplace(*names[index], kinds);
  return out;
}

Made LineageWalk::column(const ColumnBinding& binding) const {
  const auto found = columns_.find(binding.table_index);
  if (found == columns_.end() || binding.column_index >= found->second.size()) return {};
  return found->second[binding.column_index];
}

// ---- expressions ----

Made LineageWalk::children_of(Expression& parent) const {
  Made out;
  ExpressionIterator::EnumerateChildren(parent, [&](Expression& child) { add(out, expression(child)); });
  return out;
}

Made LineageWalk::orders(const duckdb::vector<BoundOrderByNode>& nodes, Derivation by) const {
  Made out;
  for (const auto& node : nodes) add(out, deciding(expression(*node.expression), by));
  return out;
}

Made LineageWalk::aggregate(BoundAggregateExpression& call) const {
  Made out;
  for (auto& child : call.children) add(out, changed(expression(*child), Derivation::aggregation));
  if (call.filter) add(out, deciding(expression(*call.filter), Derivation::conditional));
  if (call.order_bys) add(out, orders(call.order_bys->orders, Derivation::sort));
  return out;
}

Made LineageWalk::window(BoundWindowExpression& call) const {
  Made out;
  const Derivation by = call.aggregate ? Derivation::aggregation : Derivation::transformation;
  for (auto& child : call.children) add(out, changed(expression(*child), by));
  if (call.default_expr) add(out, changed(expression(*call.default_expr), Derivation::transformation));
  for (auto& partition : call.partitions) add(out, deciding(expression(*partition), Derivation::window));
  add(out, orders(call.orders, Derivation::window));
  add(out, orders(call.arg_orders, Derivation::sort));
  if (call.filter_expr) add(out, deciding(expression(*call.filter_expr), Derivation::conditional));
  for (auto* bound : {&call.start_expr, &call.end_expr, &call.offset_expr})
    if (*bound) add(out, deciding(expression(**bound), Derivation::window));
  return out;
}

Made LineageWalk::expression(Expression& asked) const {
  switch (asked.GetExpressionClass()) {
    case ExpressionClass::BOUND_COLUMN_REF:
      return column(asked.Cast<BoundColumnRefExpression>().binding);
    case ExpressionClass::BOUND_AGGREGATE:
      return aggregate(asked.Cast<BoundAggregateExpression>());
    case ExpressionClass::BOUND_WINDOW:
      return window(asked.Cast<BoundWindowExpression>());
    case ExpressionClass::BOUND_CASE: {
      auto& choice = asked.Cast<BoundCaseExpression>();
      Made out = changed(expression(*choice.else_expr), Derivation::transformation);
      for (auto& check : choice.case_checks) {
        add(out, changed(expression(*check.then_expr), Derivation::transformation));
        add(out, deciding(expression(*check.when_expr), Derivation::conditional));
      }
      return out;
    }
    default:
      return changed(children_of(asked), Derivation::transformation);
  }
}

Made LineageWalk::all_expressions(LogicalOperator& plan) const {
  Made out;
  LogicalOperatorVisitor::EnumerateExpressions(
      plan, [&](duckdb::unique_ptr<Expression>* each) { add(out, expression(**each)); });
  return out;
}

}  // namespace weir::engine::duck
