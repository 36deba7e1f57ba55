#include "engine/duckdb/kept_out.h"

#include <duckdb/execution/operator/scan/physical_table_scan.hpp>
#include <duckdb/planner/expression/bound_columnref_expression.hpp>
#include <duckdb/planner/expression/bound_constant_expression.hpp>
#include <duckdb/planner/expression/bound_operator_expression.hpp>
#include <duckdb/planner/expression_iterator.hpp>

#include "engine/duckdb/row_ids.h"

namespace weir::engine::duck {

using namespace duckdb;

namespace {

bool refers_to_kept_out(const TableState& table, const Expression& filter, const duckdb::vector<ColumnIndex>& columns) {
  bool refers = false;
  ExpressionIterator::VisitExpression<BoundColumnRefExpression>(filter, [&](const BoundColumnRefExpression& column) {
    auto place = column.binding.column_index;
    refers = refers || (place < columns.size() && is_kept_out(table, columns[place].GetPrimaryIndex()));
  });
  return refers;
}

}  // namespace

bool is_kept_out(const TableState& table, column_t column) {
  return is_row_tracking(column) || (column < table.columns.size() && table.columns[column].widened);
}

void keep_out_of_scan(const TableState& table, const MultiFilePushdownInfo& info,
                      duckdb::vector<duckdb::unique_ptr<Expression>>& filters) {
  for (auto& filter : filters) {
    if (filter->GetExpressionType() == ExpressionType::OPERATOR_COALESCE ||
        !refers_to_kept_out(table, *filter, info.column_indexes))
      continue;
    auto wrapped = make_uniq<BoundOperatorExpression>(ExpressionType::OPERATOR_COALESCE, LogicalType::BOOLEAN);
    wrapped->children.push_back(std::move(filter));
    wrapped->children.push_back(make_uniq<BoundConstantExpression>(Value::BOOLEAN(false)));
    filter = std::move(wrapped);
  }
}

bool may_go_into_scan(const TableState& table, const LogicalGet& get, const Expression& filter) {
  return !refers_to_kept_out(table, filter, get.GetColumnIds());
}

void check_kept_out(const TableState& table, const TableFunctionInitInput& input) {
  if (!input.op || input.op->type != PhysicalOperatorType::TABLE_SCAN) return;
  auto& filters = input.op->Cast<PhysicalTableScan>().table_filters;
  if (!filters) return;
  for (auto& [place, filter] : filters->filters)
    if (is_kept_out(table, input.column_indexes[place].GetPrimaryIndex()) &&
        filter->filter_type != TableFilterType::OPTIONAL_FILTER)
      throw NotImplementedException("this filter on a row id or on a widened column is not supported");
}

duckdb::unique_ptr<TableFilterSet> without_kept_out(const TableState& table, const TableFilterSet& filters,
                                                    const duckdb::vector<ColumnIndex>& ids) {
  auto others = make_uniq<TableFilterSet>();
  for (auto& [place, filter] : filters.filters)
    if (!is_kept_out(table, ids[place].GetPrimaryIndex())) others->filters.emplace(place, filter->Copy());
  return others;
}

}  // namespace weir::engine::duck
