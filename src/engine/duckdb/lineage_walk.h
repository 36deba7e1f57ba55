// The operators of a bound plan, each of which says what its columns are made of and what decides its rows.
#pragma once

#include <cstdint>
#include <duckdb/planner/bound_result_modifier.hpp>
#include <duckdb/planner/expression/bound_aggregate_expression.hpp>
#include <duckdb/planner/expression/bound_window_expression.hpp>
#include <duckdb/planner/operator/list.hpp>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/duckdb/stand_ins.h"

namespace weir::engine::duck {

// Input columns by number, so that sets of them are small.
using Made = std::map<uint32_t, Derivations>;

void add(Made& into, const Made& more);
// What is only decided by these, in this way; how they came to it is kept.
Made deciding(const Made& made, Derivation by);
// What is computed from these in this way; an aggregate stays one.
Made changed(const Made& made, Derivation by);

class LineageWalk {
 public:
  explicit LineageWalk(const StandInTables& stand_ins) : stand_ins_(stand_ins) {}

  // Gives what decides the rows of the operator; its columns are in columns_ then.
  Made rows(duckdb::LogicalOperator& plan);
  Made column(const duckdb::ColumnBinding& binding) const;
  Origins named(const Made& made) const;

 private:
  using Columns = std::vector<Made>;

  uint32_t number(const NamedRelation& relation, const std::string& column);
  Made expression(duckdb::Expression& expression) const;
  Made children_of(duckdb::Expression& expression) const;
  Made orders(const duckdb::vector<duckdb::BoundOrderByNode>& nodes, Derivation by) const;
  Made window(duckdb::BoundWindowExpression& window) const;
  Made aggregate(duckdb::BoundAggregateExpression& aggregate) const;
  Made all_expressions(duckdb::LogicalOperator& plan) const;
  Made rows_of_children(duckdb::LogicalOperator& plan);
  Columns visible(duckdb::LogicalOperator& plan) const;
  void put_expressions(duckdb::idx_t table, const duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>& expressions);
  void give(duckdb::LogicalOperator& plan, const Made& more);  // to each column that is seen of it

  Made get(duckdb::LogicalGet& get);
  Made aggregation(duckdb::LogicalAggregate& plan);
  Made join(duckdb::LogicalJoin& plan);
  Made cross(duckdb::LogicalOperator& plan);
  Made set_operation(duckdb::LogicalSetOperation& plan);
  Made recursion(duckdb::LogicalRecursiveCTE& plan);
  Made pivot(duckdb::LogicalPivot& plan);
  Made other(duckdb::LogicalOperator& plan);
  Made stand_in(duckdb::LogicalColumnDataGet& scan);
  Made values(duckdb::LogicalExpressionGet& plan);
  Made eliminated(duckdb::LogicalDelimGet& scan);
  Made common(duckdb::LogicalCTERef& reference);
  Made materialized(duckdb::LogicalMaterializedCTE& plan);
  Made expressions(duckdb::LogicalOperator& plan, duckdb::idx_t table);  // whose columns are its expressions
  Made unnest(duckdb::LogicalUnnest& plan);
  Made distinct(duckdb::LogicalDistinct& plan);
  Made order(duckdb::LogicalOrder& plan);

  struct Common {
    Columns columns;
    Made rows;
  };

  const StandInTables& stand_ins_;
  std::map<InputColumn, uint32_t> numbers_;
  std::unordered_map<duckdb::idx_t, Columns> columns_;  // by table index of the plan
  std::unordered_map<duckdb::idx_t, Common> common_;    // common table expressions
  std::vector<Columns> eliminated_;  // columns of the left sides of joins whose right side may read them
};

}  // namespace weir::engine::duck
