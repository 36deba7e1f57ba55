// INSERT and CREATE TABLE AS on lake tables: values in their stored types, then LakeWrite.
#include <duckdb/execution/operator/projection/physical_projection.hpp>
#include <duckdb/function/function_binder.hpp>
#include <duckdb/planner/expression/bound_case_expression.hpp>
#include <duckdb/planner/expression/bound_cast_expression.hpp>
#include <duckdb/planner/expression/bound_comparison_expression.hpp>
#include <duckdb/planner/expression/bound_constant_expression.hpp>
#include <duckdb/planner/expression/bound_reference_expression.hpp>
#include <duckdb/planner/operator/logical_create_table.hpp>
#include <duckdb/planner/operator/logical_insert.hpp>

#include "engine/duckdb/lake_ddl.h"
#include "engine/duckdb/lake_write.h"
#include "engine/duckdb/types.h"

namespace weir::engine::duck {

using namespace duckdb;

namespace {

// The value in its stored type. A time in nanoseconds must be whole microseconds: it is cast back and compared.
duckdb::unique_ptr<Expression> stored(ClientContext& context, duckdb::unique_ptr<Expression> value,
                                      const LogicalType& target, const std::string& column) {
  auto source = value->return_type;
  if (source == target) return value;
  bool nanoseconds = contains_type(source, LogicalTypeId::TIMESTAMP_NS);
  auto cast = BoundCastExpression::AddCastToType(context, value->Copy(), target);
  if (!nanoseconds) return cast;
  auto back = BoundCastExpression::AddCastToType(context, cast->Copy(), source);
  auto lossy =
      make_uniq<BoundComparisonExpression>(ExpressionType::COMPARE_DISTINCT_FROM, std::move(back), std::move(value));
  duckdb::vector<duckdb::unique_ptr<Expression>> message;
  message.push_back(make_uniq<BoundConstantExpression>(Value(
      "column \"" + column + "\" holds nanoseconds, which Delta tables cannot; cast it to TIMESTAMP to drop them")));
  ErrorData error;
  auto fail = FunctionBinder(context).BindScalarFunction(DEFAULT_SCHEMA, "error", std::move(message), error);
  if (error.HasError()) error.Throw();
  return make_uniq<BoundCaseExpression>(
      std::move(lossy), BoundCastExpression::AddCastToType(context, std::move(fail), target), std::move(cast));
}

PhysicalOperator& plan_casts(PhysicalPlanGenerator& planner, ClientContext& context, PhysicalOperator& child,
                             const std::vector<LakeColumn>& columns) {
  bool needed = false;
  duckdb::vector<LogicalType> types;
  duckdb::vector<duckdb::unique_ptr<Expression>> list;
  for (size_t i = 0; i < columns.size(); ++i) {
    needed = needed || child.types[i] != columns[i].type;
    types.push_back(columns[i].type);
    list.push_back(
        stored(context, make_uniq<BoundReferenceExpression>(child.types[i], i), columns[i].type, columns[i].name));
  }
  if (!needed) return child;
  auto& projection = planner.Make<PhysicalProjection>(std::move(types), std::move(list), child.estimated_cardinality);
  projection.children.push_back(child);
  return projection;
}

// The binder has cast the values to the column types by now; its casts from nanoseconds become checked ones.
void check_nanoseconds(ClientContext& context, PhysicalOperator& plan, const std::vector<LakeColumn>& columns) {
  if (plan.type != PhysicalOperatorType::PROJECTION) return;
  auto& list = plan.Cast<PhysicalProjection>().select_list;
  for (size_t i = 0; i < list.size() && i < columns.size(); ++i) {
    if (list[i]->GetExpressionClass() != ExpressionClass::BOUND_CAST) continue;
    auto& cast = list[i]->Cast<BoundCastExpression>();
    if (!contains_type(cast.child->return_type, LogicalTypeId::TIMESTAMP_NS)) continue;
    list[i] = stored(context, cast.child->Copy(), cast.return_type, columns[i].name);
  }
}

// Columns that the statement does not name, by position.
std::vector<bool> unnamed_columns(const LogicalInsert& op, size_t count) {
  std::vector<bool> unnamed(count);
  for (size_t i = 0; i < count && !op.column_index_map.empty(); ++i)
    unnamed[i] = op.column_index_map[PhysicalIndex(i)] == DConstants::INVALID_INDEX;
  return unnamed;
}

void refuse_given_identities(const WritePlan& plan, const std::vector<bool>& unnamed) {
  for (auto& identity : plan.fresh.identities) {
    if (identity->takes_values || unnamed[identity->column]) continue;
    identity->refuse_value(plan.table);
  }
}

// Generated columns that the statement does not name get their values.
PhysicalOperator& plan_generated(PhysicalPlanGenerator& planner, PhysicalOperator& child, const WritePlan& plan,
                                 const std::vector<bool>& unnamed) {
  bool needed = false;
  duckdb::vector<duckdb::unique_ptr<Expression>> list;
  for (size_t i = 0; i < plan.columns.size(); ++i) {
    auto* generated = unnamed[i] ? plan.fresh.rules->of(i) : nullptr;
    needed = needed || generated;
    list.push_back(generated ? generated->value->Copy() : make_uniq<BoundReferenceExpression>(child.types[i], i));
  }
  if (!needed) return child;
  auto& projection = planner.Make<PhysicalProjection>(child.types, std::move(list), child.estimated_cardinality);
  projection.children.push_back(child);
  return projection;
}

}  // namespace

PhysicalOperator& LakeCatalog::PlanCreateTableAs(ClientContext& context, PhysicalPlanGenerator& planner,
                                                 LogicalCreateTable& op, PhysicalOperator& child) {
  auto& session = SessionState::of(context);
  WritePlan plan;
  across(&session.errors, [&] {
    plan.table = op.schema.Cast<LakeSchema>().table_name(op.info->Base().table);
    auto declared = declared_table(LakeTransaction::of(context, *this), plan.table, op.info->Base());
    auto& metadata = declared.metadata;
    plan.columns = columns_of(metadata);
    plan.schema = metadata.schema;
    plan.configuration = metadata.configuration;
    plan.operation = "CREATE TABLE AS SELECT";
    plan.fresh = new_rows_of(context, plan.table, metadata, plan.columns);
    plan.create = NewTable{op.info->Base().on_conflict, std::move(declared)};
  });
  auto& casts = plan_casts(planner, context, child, plan.columns);
  return plan_write(planner, *this, context, std::move(plan), casts);
}

PhysicalOperator& LakeCatalog::PlanInsert(ClientContext& context, PhysicalPlanGenerator& planner, LogicalInsert& op,
                                          optional_ptr<PhysicalOperator> child) {
  if (op.return_chunk)
    throw NotImplementedException("RETURNING is not supported on lake tables; SELECT the rows afterwards");
  if (op.on_conflict_info.action_type != OnConflictAction::THROW)
    throw NotImplementedException("ON CONFLICT is not supported on lake tables; use MERGE INTO");
  auto& state = *op.table.Cast<LakeTable>().state;
  refuse_unwritable(context, state, false);
  check_nanoseconds(context, *child, state.columns);
  if (!op.column_index_map.empty()) child = planner.ResolveDefaultsProjection(op, *child);
  auto plan = write_plan_of(state, "WRITE");
  plan.fresh = new_rows_of(context, plan.table, state.metadata, plan.columns);
  auto unnamed = unnamed_columns(op, plan.columns.size());
  across(&SessionState::of(context).errors, [&] { refuse_given_identities(plan, unnamed); });
  auto& rows = plan_generated(planner, *child, plan, unnamed);
  // Alone, new rows are told by their files; beside other changes of the transaction they must be in the feed too.
  plan.feed = plan.feed && !state.feed.empty();
  if (plan.feed) return plan_write(planner, *this, context, std::move(plan), with_kind(planner, rows, change_insert));
  return plan_write(planner, *this, context, std::move(plan), rows);
}

}  // namespace weir::engine::duck
