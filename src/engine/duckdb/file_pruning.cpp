#include "engine/duckdb/file_pruning.h"

#include <duckdb/execution/expression_executor.hpp>
#include <duckdb/planner/expression/bound_constant_expression.hpp>
#include <duckdb/planner/filter/conjunction_filter.hpp>
#include <duckdb/planner/filter/constant_filter.hpp>
#include <duckdb/planner/filter/dynamic_filter.hpp>
#include <duckdb/planner/filter/in_filter.hpp>
#include <duckdb/planner/filter/optional_filter.hpp>

#include "engine/duckdb/types.h"

namespace weir::engine::duck {

using namespace duckdb;

namespace {

bool compare_excludes(ExpressionType type, const Value& constant, const FileBounds& bounds) {
  if (bounds.null_count && bounds.row_count && *bounds.null_count == *bounds.row_count) return true;
  auto& min = bounds.min;
  auto& max = bounds.max;
  if (constant.IsNull() || (min && min->type() != constant.type()) || (max && max->type() != constant.type()))
    return false;
  switch (type) {
    case ExpressionType::COMPARE_EQUAL:
      return (min && constant < *min) || (max && constant > *max);
    case ExpressionType::COMPARE_NOTEQUAL:
      return min && max && *min == constant && *max == constant;
    case ExpressionType::COMPARE_LESSTHAN:
      return min && *min >= constant;
    case ExpressionType::COMPARE_LESSTHANOREQUALTO:
      return min && *min > constant;
    case ExpressionType::COMPARE_GREATERTHAN:
      return max && *max <= constant;
    case ExpressionType::COMPARE_GREATERTHANOREQUALTO:
      return max && *max < constant;
    default:
      return false;
  }
}

}  // namespace

bool excludes(ClientContext& context, const TableFilter& filter, const FileBounds& bounds) {
  switch (filter.filter_type) {
    case TableFilterType::OPTIONAL_FILTER: {
      auto& child = filter.Cast<OptionalFilter>().child_filter;
      return child && excludes(context, *child, bounds);
    }
    case TableFilterType::DYNAMIC_FILTER: {
      auto& data = filter.Cast<DynamicFilter>().filter_data;
      if (!data || !data->initialized) return false;
      std::lock_guard<mutex> lock(data->lock);
      return excludes(context, *data->filter, bounds);
    }
    case TableFilterType::CONJUNCTION_AND: {
      auto& children = filter.Cast<ConjunctionAndFilter>().child_filters;
      return std::any_of(children.begin(), children.end(),
                         [&](auto& child) { return excludes(context, *child, bounds); });
    }
    case TableFilterType::CONJUNCTION_OR: {
      auto& children = filter.Cast<ConjunctionOrFilter>().child_filters;
      return std::all_of(children.begin(), children.end(),
                         [&](auto& child) { return excludes(context, *child, bounds); });
    }
    default:
      break;
  }
  if (bounds.constant) {  // exact: the filter itself is asked
    auto test = filter.ToExpression(BoundConstantExpression(*bounds.constant));
    Value passes;
    return test->IsFoldable() && ExpressionExecutor::TryEvaluateScalar(context, *test, passes) &&
           (passes.IsNull() || !passes.GetValue<bool>());
  }
  switch (filter.filter_type) {
    case TableFilterType::CONSTANT_COMPARISON: {
      auto& comparison = filter.Cast<ConstantFilter>();
      return compare_excludes(comparison.comparison_type, comparison.constant, bounds);
    }
    case TableFilterType::IN_FILTER: {
      auto& values = filter.Cast<InFilter>().values;
      return std::all_of(values.begin(), values.end(), [&](const Value& value) {
        return compare_excludes(ExpressionType::COMPARE_EQUAL, value, bounds);
      });
    }
    case TableFilterType::IS_NULL:
      return bounds.null_count && *bounds.null_count == 0;
    case TableFilterType::IS_NOT_NULL:
      return bounds.null_count && bounds.row_count && *bounds.null_count == *bounds.row_count;
    default:
      return false;
  }
}

bool asks_statistics(const TableFilter& filter) {
  auto asks = [](auto& child) { return asks_statistics(*child); };
  switch (filter.filter_type) {
    case TableFilterType::CONSTANT_COMPARISON:
    case TableFilterType::IN_FILTER:
    case TableFilterType::IS_NULL:
    case TableFilterType::IS_NOT_NULL:
      return true;
    case TableFilterType::OPTIONAL_FILTER: {
      auto& child = filter.Cast<OptionalFilter>().child_filter;
      return child && asks_statistics(*child);
    }
    case TableFilterType::DYNAMIC_FILTER: {
      auto& data = filter.Cast<DynamicFilter>().filter_data;
      return data && data->initialized;
    }
    case TableFilterType::CONJUNCTION_AND: {
      auto& children = filter.Cast<ConjunctionAndFilter>().child_filters;
      return std::any_of(children.begin(), children.end(), asks);
    }
    case TableFilterType::CONJUNCTION_OR: {
      auto& children = filter.Cast<ConjunctionOrFilter>().child_filters;
      return std::all_of(children.begin(), children.end(), asks);
    }
    default:
      return false;
  }
}

namespace {

std::optional<lake::Compare> compare_of(ExpressionType type) {
  switch (type) {
    case ExpressionType::COMPARE_EQUAL:
      return lake::Compare::equal;
    case ExpressionType::COMPARE_NOTEQUAL:
      return lake::Compare::not_equal;
    case ExpressionType::COMPARE_LESSTHAN:
      return lake::Compare::less;
    case ExpressionType::COMPARE_LESSTHANOREQUALTO:
      return lake::Compare::less_equal;
    case ExpressionType::COMPARE_GREATERTHAN:
      return lake::Compare::greater;
    case ExpressionType::COMPARE_GREATERTHANOREQUALTO:
      return lake::Compare::greater_equal;
    default:
      return std::nullopt;
  }
}

// The filter as alternatives for the read set; nullopt if it cannot be said that way (then it narrows nothing).
std::optional<std::vector<lake::Condition>> any_of_conditions(const TableFilter& filter, const std::string& column) {
  std::vector<lake::Condition> any;
  switch (filter.filter_type) {
    case TableFilterType::OPTIONAL_FILTER: {
      auto& child = filter.Cast<OptionalFilter>().child_filter;
      if (!child) return std::nullopt;
      return any_of_conditions(*child, column);
    }
    case TableFilterType::CONSTANT_COMPARISON: {
      auto& comparison = filter.Cast<ConstantFilter>();
      auto compare = compare_of(comparison.comparison_type);
      auto scalar = to_scalar(comparison.constant);
      if (!compare || !scalar) return std::nullopt;
      return std::vector{lake::Condition{column, *compare, *scalar}};
    }
    case TableFilterType::IS_NULL:
      return std::vector{lake::Condition{column, lake::Compare::is_null, {}}};
    case TableFilterType::IS_NOT_NULL:
      return std::vector{lake::Condition{column, lake::Compare::is_not_null, {}}};
    case TableFilterType::IN_FILTER:
      for (auto& value : filter.Cast<InFilter>().values) {
        auto scalar = to_scalar(value);
        if (!scalar) return std::nullopt;
        any.push_back({column, lake::Compare::equal, *scalar});
      }
      return any;
    case TableFilterType::CONJUNCTION_OR:
      for (auto& child : filter.Cast<ConjunctionOrFilter>().child_filters) {
        auto part = any_of_conditions(*child, column);
        if (!part) return std::nullopt;
        any.insert(any.end(), part->begin(), part->end());
      }
      return any;
    default:
      return std::nullopt;
  }
}

}  // namespace

bool narrow(lake::Predicate& predicate, const TableFilter& filter, const std::string& column) {
  if (filter.filter_type == TableFilterType::CONJUNCTION_AND) {
    bool all = true;
    for (auto& child : filter.Cast<ConjunctionAndFilter>().child_filters)
      all = narrow(predicate, *child, column) && all;
    return all;
  }
  auto any = any_of_conditions(filter, column);
  if (!any || any->empty()) return false;
  predicate.all_of_any.push_back(std::move(*any));
  return true;
}

}  // namespace weir::engine::duck
