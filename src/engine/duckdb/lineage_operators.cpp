#include <algorithm>
#include <duckdb/catalog/catalog_entry/table_catalog_entry.hpp>
#include <optional>

#include "engine/duckdb/column_lineage.h"
#include "engine/duckdb/lineage_walk.h"

namespace weir::engine::duck {

using namespace duckdb;

namespace {

std::string call_text(const LogicalGet& get) {
  std::string arguments;
  const auto append = [&](const std::string& text) { arguments += (arguments.empty() ? "" : ", ") + text; };
  for (const auto& value : get.parameters) append(value.ToSQLString());
  for (const auto& [name, value] : get.named_parameters) append(name + " = " + value.ToSQLString());
  return as_called(get.function.name) + "(" + arguments + ")";
}

bool always_one_row(LogicalOperator& plan) {
  switch (plan.type) {
    case LogicalOperatorType::LOGICAL_AGGREGATE_AND_GROUP_BY: {
      auto& aggregate = plan.Cast<LogicalAggregate>();
      return aggregate.groups.empty() && aggregate.grouping_sets.size() <= 1;
    }
    case LogicalOperatorType::LOGICAL_PROJECTION:
      return always_one_row(*plan.children.front());
    case LogicalOperatorType::LOGICAL_DUMMY_SCAN:
      return true;
    default:
      return false;
  }
}

}  // namespace

Made LineageWalk::rows_of_children(LogicalOperator& plan) {
  Made out;
  for (auto& child : plan.children) add(out, rows(*child));
  return out;
}

LineageWalk::Columns LineageWalk::visible(LogicalOperator& plan) const {
  Columns out;
  for (const auto& binding : plan.GetColumnBindings()) out.push_back(column(binding));
  return out;
}

void LineageWalk::put_expressions(idx_t table, const duckdb::vector<duckdb::unique_ptr<Expression>>& expressions) {
  Columns made;
  for (const auto& each : expressions) made.push_back(expression(*each));
  columns_[table] = std::move(made);
}

void LineageWalk::give(LogicalOperator& plan, const Made& more) {
  for (const auto& binding : plan.GetColumnBindings()) {
    const auto found = columns_.find(binding.table_index);
    if (found != columns_.end() && binding.column_index < found->second.size())
      add(found->second[binding.column_index], more);
  }
}

Made LineageWalk::get(LogicalGet& get) {
  Made rows = rows_of_children(get);
  const auto table = get.GetTable();
  std::optional<NamedRelation> relation;
  if (table)
    relation = NamedRelation{table->ParentCatalog().GetName(), table->ParentSchema().name, table->name};
  else if (reads_elsewhere(get.function.name))
    relation = NamedRelation{"", "", call_text(get)};
  Made inputs;  // of a function that is given rows
  for (auto& child : get.children)
    for (const auto& made : visible(*child)) add(inputs, changed(made, Derivation::transformation));
  Columns columns;
  for (const auto& id : get.GetColumnIds()) {
    Made made = inputs;
    if (relation) made[number(*relation, get.GetColumnName(id))].add(Derivation::identity);
    columns.push_back(std::move(made));
  }
  if (columns.empty()) columns.emplace_back();
  if (!get.children.empty()) {
    const Columns given = visible(*get.children.front());
    for (const auto index : get.projected_input) columns.push_back(index < given.size() ? given[index] : inputs);
    add(rows, deciding(inputs, Derivation::join));
  }
  columns_[get.table_index] = std::move(columns);
  return rows;
}

Made LineageWalk::aggregation(LogicalAggregate& plan) {
  Made out = rows_of_children(plan);
  put_expressions(plan.group_index, plan.groups);
  put_expressions(plan.aggregate_index, plan.expressions);
  const Columns& groups = columns_[plan.group_index];
  for (const auto& group : groups) add(out, deciding(group, Derivation::group_by));
  if (plan.grouping_functions.empty()) return out;
  Columns levels;  // GROUPING(a, b): which of them a row is grouped by
  for (const auto& call : plan.grouping_functions) {
    Made& level = levels.emplace_back();
    for (const idx_t group : call) add(level, deciding(groups.at(group), Derivation::group_by));
  }
  columns_[plan.groupings_index] = std::move(levels);
  return out;
}

// What decides the rows of a side that always has one decides its values only.
Made LineageWalk::cross(LogicalOperator& plan) {
  Made out;
  for (auto& child : plan.children) {
    const Made more = rows(*child);
    if (always_one_row(*child))
      give(*child, more);
    else
      add(out, more);
  }
  return out;
}

Made LineageWalk::join(LogicalJoin& plan) {
  Made left = rows(*plan.children.at(0));
  const bool delim = plan.type == LogicalOperatorType::LOGICAL_DELIM_JOIN;
  if (delim) {
    Columns columns;
    for (auto& each : plan.Cast<LogicalComparisonJoin>().duplicate_eliminated_columns)
      columns.push_back(expression(*each));
    eliminated_.push_back(std::move(columns));
  }
  const Made right = rows(*plan.children.at(1));
  if (delim) eliminated_.pop_back();
  Made condition = all_expressions(plan);
  if (plan.type == LogicalOperatorType::LOGICAL_DEPENDENT_JOIN) {
    auto& dependent = plan.Cast<LogicalDependentJoin>();
    if (dependent.join_condition) add(condition, expression(*dependent.join_condition));
    for (auto* more : {&dependent.arbitrary_expressions, &dependent.expression_children})
      for (auto& each : *more) add(condition, expression(*each));
  }
  const Made keys = deciding(condition, Derivation::join);
  if (plan.join_type == JoinType::MARK) {
    Made mark = changed(condition, Derivation::transformation);
    add(mark, right);
    columns_[plan.mark_index] = {std::move(mark)};
    return left;
  }
  if (plan.join_type == JoinType::SINGLE) {
    give(*plan.children.at(1), right);
    give(*plan.children.at(1), keys);
    return left;
  }
  add(left, right);
  add(left, keys);
  return left;
}

Made LineageWalk::set_operation(LogicalSetOperation& plan) {
  Made out = rows_of_children(plan);
  const bool unites = plan.type == LogicalOperatorType::LOGICAL_UNION;
  Columns columns(plan.column_count);
  for (size_t i = 0; i < plan.children.size(); ++i) {
    const Columns given = visible(*plan.children[i]);
    for (size_t k = 0; k < given.size(); ++k) {
      if (k < columns.size() && (unites || i == 0)) add(columns[k], given[k]);
      if (!unites) add(out, deciding(given[k], Derivation::join));
      if (unites && !plan.setop_all) add(out, deciding(given[k], Derivation::group_by));
    }
  }
  columns_[plan.table_index] = std::move(columns);
  return out;
}

// Until nothing is added.
Made LineageWalk::recursion(LogicalRecursiveCTE& plan) {
  Common now;
  now.rows = rows(*plan.children.at(0));
  now.columns = visible(*plan.children.at(0));
  now.columns.resize(plan.column_count);
  while (true) {
    common_[plan.table_index] = now;
    Common next = now;
    add(next.rows, rows(*plan.children.at(1)));
    const Columns given = visible(*plan.children.at(1));
    for (size_t i = 0; i < std::min(given.size(), next.columns.size()); ++i) add(next.columns[i], given[i]);
    if (!plan.union_all)
      for (const auto& made : next.columns) add(next.rows, deciding(made, Derivation::group_by));
    if (next.columns == now.columns && next.rows == now.rows) break;
    now = std::move(next);
  }
  columns_[plan.table_index] = now.columns;
  return now.rows;
}

// Of the columns below, the first are the groups; then comes a list of values for each aggregate, last the list of
// names that these stand under. The columns above hold one value of each aggregate for the first name, and so on.
Made LineageWalk::pivot(LogicalPivot& plan) {
  Made out = rows_of_children(plan);
  const Columns given = visible(*plan.children.front());
  const size_t groups = plan.bound_pivot.group_count;
  const size_t calls = std::max<size_t>(plan.bound_pivot.aggregates.size(), 1);
  const Made names = given.empty() ? Made() : deciding(given.back(), Derivation::conditional);
  Columns columns;
  for (size_t i = 0; i < plan.bound_pivot.types.size(); ++i) {
    const size_t from = i < groups ? i : groups + (i - groups) % calls;
    Made& made = columns.emplace_back(from < given.size() ? given[from] : Made());
    if (i >= groups) add(made, names);
  }
  columns_[plan.pivot_index] = std::move(columns);
  return out;
}

Made LineageWalk::stand_in(LogicalColumnDataGet& scan) {
  Columns columns(scan.chunk_types.size());
  if (const auto* table = stand_ins_.find(scan.collection.get()))
    for (size_t i = 0; i < columns.size(); ++i)
      columns[i][number(table->relation, table->columns[i])].add(Derivation::identity);
  columns_[scan.table_index] = std::move(columns);
  return {};
}

Made LineageWalk::values(LogicalExpressionGet& plan) {
  Made out = rows_of_children(plan);
  Columns columns(plan.expr_types.size());
  for (auto& row : plan.expressions)
    for (size_t i = 0; i < std::min(row.size(), columns.size()); ++i) add(columns[i], expression(*row[i]));
  columns_[plan.table_index] = std::move(columns);
  return out;
}

// The left side of a join, as its right side reads it.
Made LineageWalk::eliminated(LogicalDelimGet& scan) {
  Columns columns = eliminated_.empty() ? Columns() : eliminated_.back();
  Made out;
  for (const auto& made : columns) add(out, deciding(made, Derivation::join));
  columns.resize(scan.chunk_types.size());
  columns_[scan.table_index] = std::move(columns);
  return out;
}

Made LineageWalk::common(LogicalCTERef& reference) {
  const Common& common = common_[reference.cte_index];
  Columns columns = common.columns;
  columns.resize(reference.chunk_types.size());
  columns_[reference.table_index] = std::move(columns);
  return common.rows;
}

Made LineageWalk::materialized(LogicalMaterializedCTE& plan) {
  Common common;
  common.rows = rows(*plan.children.at(0));
  common.columns = visible(*plan.children.at(0));
  common_[plan.table_index] = std::move(common);
  return rows(*plan.children.at(1));
}

Made LineageWalk::expressions(LogicalOperator& plan, idx_t table) {
  Made out = rows_of_children(plan);
  put_expressions(table, plan.expressions);
  return out;
}

Made LineageWalk::unnest(LogicalUnnest& plan) {
  Made out = expressions(plan, plan.unnest_index);
  add(out, deciding(all_expressions(plan), Derivation::join));
  return out;
}

Made LineageWalk::distinct(LogicalDistinct& plan) {
  Made out = rows_of_children(plan);
  for (auto& target : plan.distinct_targets) add(out, deciding(expression(*target), Derivation::group_by));
  if (plan.order_by) add(out, orders(plan.order_by->orders, Derivation::sort));
  return out;
}

Made LineageWalk::order(LogicalOrder& plan) {
  Made out = rows_of_children(plan);
  add(out, orders(plan.orders, Derivation::sort));
  return out;
}

// An operator that this does not know hands its rows on, all of them depending on all it looks at.
Made LineageWalk::other(LogicalOperator& plan) {
  Made out = rows_of_children(plan);
  add(out, deciding(all_expressions(plan), Derivation::filter));
  return out;
}

Made LineageWalk::rows(LogicalOperator& plan) {
  switch (plan.type) {
    case LogicalOperatorType::LOGICAL_GET:
      return get(plan.Cast<LogicalGet>());
    case LogicalOperatorType::LOGICAL_CHUNK_GET:
      return stand_in(plan.Cast<LogicalColumnDataGet>());
    case LogicalOperatorType::LOGICAL_EXPRESSION_GET:
      return values(plan.Cast<LogicalExpressionGet>());
    case LogicalOperatorType::LOGICAL_DELIM_GET:
      return eliminated(plan.Cast<LogicalDelimGet>());
    case LogicalOperatorType::LOGICAL_CTE_REF:
      return common(plan.Cast<LogicalCTERef>());
    case LogicalOperatorType::LOGICAL_MATERIALIZED_CTE:
      return materialized(plan.Cast<LogicalMaterializedCTE>());
    case LogicalOperatorType::LOGICAL_RECURSIVE_CTE:
      return recursion(plan.Cast<LogicalRecursiveCTE>());
    case LogicalOperatorType::LOGICAL_PROJECTION:
      return expressions(plan, plan.Cast<LogicalProjection>().table_index);
    case LogicalOperatorType::LOGICAL_AGGREGATE_AND_GROUP_BY:
      return aggregation(plan.Cast<LogicalAggregate>());
    case LogicalOperatorType::LOGICAL_WINDOW:
      return expressions(plan, plan.Cast<LogicalWindow>().window_index);
    case LogicalOperatorType::LOGICAL_UNNEST:
      return unnest(plan.Cast<LogicalUnnest>());
    case LogicalOperatorType::LOGICAL_DISTINCT:
      return distinct(plan.Cast<LogicalDistinct>());
    case LogicalOperatorType::LOGICAL_ORDER_BY:
      return order(plan.Cast<LogicalOrder>());
    case LogicalOperatorType::LOGICAL_CROSS_PRODUCT:
      return cross(plan);
    case LogicalOperatorType::LOGICAL_COMPARISON_JOIN:
    case LogicalOperatorType::LOGICAL_DELIM_JOIN:
    case LogicalOperatorType::LOGICAL_ANY_JOIN:
    case LogicalOperatorType::LOGICAL_ASOF_JOIN:
    case LogicalOperatorType::LOGICAL_DEPENDENT_JOIN:
      return join(plan.Cast<LogicalJoin>());
    case LogicalOperatorType::LOGICAL_UNION:
    case LogicalOperatorType::LOGICAL_EXCEPT:
    case LogicalOperatorType::LOGICAL_INTERSECT:
      return set_operation(plan.Cast<LogicalSetOperation>());
    case LogicalOperatorType::LOGICAL_PIVOT:
      return pivot(plan.Cast<LogicalPivot>());
    default:
      return other(plan);
  }
}

}  // namespace weir::engine::duck
