#include "engine/duckdb/column_lineage.h"

#include <algorithm>
#include <array>
#include <duckdb/planner/expression/bound_aggregate_expression.hpp>
#include <duckdb/planner/expression/bound_case_expression.hpp>
#include <duckdb/planner/expression/bound_columnref_expression.hpp>
#include <duckdb/planner/expression/bound_window_expression.hpp>
#include <duckdb/planner/expression_iterator.hpp>
#include <duckdb/planner/logical_operator_visitor.hpp>
#include <duckdb/planner/operator/list.hpp>

#include "base/text.h"
#include "engine/duckdb/result_rows.h"

namespace weir::engine::duck {

using namespace duckdb;

namespace {

// Input columns by number, so that sets of them are small.
using Made = std::map<uint32_t, Derivations>;

void add(Made& into, const Made& more) {
  for (const auto& [input, kinds] : more) into[input].add(kinds);
}

// What is only decided by these, in this way; how they came to it is kept.
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

class LineageWalk {
 public:
  explicit LineageWalk(const StandInTables& stand_ins) : stand_ins_(stand_ins) {}

  // Gives what decides the rows of the operator; its columns are in columns_ then.
  Made rows(LogicalOperator& plan);
  Made column(const ColumnBinding& binding) const;
  Origins named(const Made& made) const;

 private:
  using Columns = std::vector<Made>;

  uint32_t number(const NamedRelation& relation, const std::string& column);
  Made expression(Expression& expression) const;
  Made children_of(Expression& expression) const;
  Made orders(const duckdb::vector<BoundOrderByNode>& nodes, Derivation by) const;
  Made window(BoundWindowExpression& window) const;
  Made aggregate(BoundAggregateExpression& aggregate) const;
  Made all_expressions(LogicalOperator& plan) const;
  Made rows_of_children(LogicalOperator& plan);
  Columns visible(LogicalOperator& plan) const;
  void put_expressions(idx_t table, const duckdb::vector<duckdb::unique_ptr<Expression>>& expressions);
  void give(LogicalOperator& plan, const Made& more);  // to each column that is seen of it

  Made get(LogicalGet& get);
  Made aggregation(LogicalAggregate& plan);
  Made join(LogicalJoin& plan);
  Made cross(LogicalOperator& plan);
  Made set_operation(LogicalSetOperation& plan);
  Made recursion(LogicalRecursiveCTE& plan);
  Made pivot(LogicalPivot& plan);
  Made other(LogicalOperator& plan);

  struct Common {
    Columns columns;
    Made rows;
  };

  const StandInTables& stand_ins_;
  std::map<InputColumn, uint32_t> numbers_;
  std::unordered_map<idx_t, Columns> columns_;  // by table index of the plan
  std::unordered_map<idx_t, Common> common_;    // common table expressions
  std::vector<Columns> eliminated_;             // columns of the left sides of joins whose right side may read them
};

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

// ---- operators ----

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

std::string call_text(const LogicalGet& get) {
  std::string arguments;
  const auto append = [&](const std::string& text) { arguments += (arguments.empty() ? "" : ", ") + text; };
  for (const auto& value : get.parameters) append(value.ToSQLString());
  for (const auto& [name, value] : get.named_parameters) append(name + " = " + value.ToSQLString());
  return as_called(get.function.name) + "(" + arguments + ")";
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
    case LogicalOperatorType::LOGICAL_CHUNK_GET: {
      auto& scan = plan.Cast<LogicalColumnDataGet>();
      Columns columns(scan.chunk_types.size());
      if (const auto* table = stand_ins_.find(scan.collection.get()))
        for (size_t i = 0; i < columns.size(); ++i)
          columns[i][number(table->relation, table->columns[i])].add(Derivation::identity);
      columns_[scan.table_index] = std::move(columns);
      return {};
    }
    case LogicalOperatorType::LOGICAL_EXPRESSION_GET: {
      auto& values = plan.Cast<LogicalExpressionGet>();
      Made out = rows_of_children(plan);
      Columns columns(values.expr_types.size());
      for (auto& row : values.expressions)
        for (size_t i = 0; i < std::min(row.size(), columns.size()); ++i) add(columns[i], expression(*row[i]));
      columns_[values.table_index] = std::move(columns);
      return out;
    }
    case LogicalOperatorType::LOGICAL_DELIM_GET: {
      auto& scan = plan.Cast<LogicalDelimGet>();
      Columns columns = eliminated_.empty() ? Columns() : eliminated_.back();
      Made out;
      for (const auto& made : columns) add(out, deciding(made, Derivation::join));
      columns.resize(scan.chunk_types.size());
      columns_[scan.table_index] = std::move(columns);
      return out;
    }
    case LogicalOperatorType::LOGICAL_CTE_REF: {
      auto& reference = plan.Cast<LogicalCTERef>();
      const Common& common = common_[reference.cte_index];
      Columns columns = common.columns;
      columns.resize(reference.chunk_types.size());
      columns_[reference.table_index] = std::move(columns);
      return common.rows;
    }
    case LogicalOperatorType::LOGICAL_MATERIALIZED_CTE: {
      Common common;
      common.rows = rows(*plan.children.at(0));
      common.columns = visible(*plan.children.at(0));
      common_[plan.Cast<LogicalMaterializedCTE>().table_index] = std::move(common);
      return rows(*plan.children.at(1));
    }
    case LogicalOperatorType::LOGICAL_RECURSIVE_CTE:
      return recursion(plan.Cast<LogicalRecursiveCTE>());
    case LogicalOperatorType::LOGICAL_PROJECTION: {
      Made out = rows_of_children(plan);
      put_expressions(plan.Cast<LogicalProjection>().table_index, plan.expressions);
      return out;
    }
    case LogicalOperatorType::LOGICAL_AGGREGATE_AND_GROUP_BY:
      return aggregation(plan.Cast<LogicalAggregate>());
    case LogicalOperatorType::LOGICAL_WINDOW: {
      Made out = rows_of_children(plan);
      put_expressions(plan.Cast<LogicalWindow>().window_index, plan.expressions);
      return out;
    }
    case LogicalOperatorType::LOGICAL_UNNEST: {
      Made out = rows_of_children(plan);
      put_expressions(plan.Cast<LogicalUnnest>().unnest_index, plan.expressions);
      add(out, deciding(all_expressions(plan), Derivation::join));
      return out;
    }
    case LogicalOperatorType::LOGICAL_DISTINCT: {
      auto& distinct = plan.Cast<LogicalDistinct>();
      Made out = rows_of_children(plan);
      for (auto& target : distinct.distinct_targets) add(out, deciding(expression(*target), Derivation::group_by));
      if (distinct.order_by) add(out, orders(distinct.order_by->orders, Derivation::sort));
      return out;
    }
    case LogicalOperatorType::LOGICAL_ORDER_BY: {
      Made out = rows_of_children(plan);
      add(out, orders(plan.Cast<LogicalOrder>().orders, Derivation::sort));
      return out;
    }
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

}  // namespace

bool reads_elsewhere(const std::string& table_function) {
  constexpr std::array<std::string_view, 6> families{"read_", "parquet_", "iceberg_", "sniff_", "duckdb_", "pragma_"};
  return table_function == "glob" || std::any_of(families.begin(), families.end(),
                                                 [&](auto& family) { return table_function.starts_with(family); });
}

std::string as_called(const std::string& table_function) {
  if (table_function == "parquet_scan") return "read_parquet";
  return table_function.starts_with("iceberg_scan") ? "iceberg_scan" : table_function;
}

ColumnLineage lineage_of(Planner& planner, const StandInTables& stand_ins) {
  LineageWalk walk(stand_ins);
  ColumnLineage out;
  out.rows = walk.named(walk.rows(*planner.plan));
  const auto unknown = [&](const DerivedColumn& column) {
    return column.type == "VARCHAR" &&
           std::any_of(column.origins.begin(), column.origins.end(), [&](const auto& origin) {
             return origin.second.direct() && stand_ins.is_unknown(origin.first);
           });
  };
  const auto bindings = planner.plan->GetColumnBindings();
  const auto columns = columns_of(planner.names, planner.types);
  for (size_t i = 0; i < columns.size(); ++i) {
    DerivedColumn& column = out.columns.emplace_back();
    column.name = columns[i].name;
    column.type = columns[i].type;
    if (i < bindings.size()) column.origins = walk.named(walk.column(bindings[i]));
    if (unknown(column)) column.type.clear();
  }
  return out;
}

}  // namespace weir::engine::duck
