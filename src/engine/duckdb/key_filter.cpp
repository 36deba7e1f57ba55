#include "engine/duckdb/key_filter.h"

#include <duckdb/execution/expression_executor.hpp>
#include <duckdb/execution/operator/join/join_filter_pushdown.hpp>
#include <duckdb/execution/operator/join/physical_hash_join.hpp>
#include <duckdb/planner/filter/bloom_filter.hpp>
#include <duckdb/planner/filter/selectivity_optional_filter.hpp>

namespace weir::engine::duck {

using namespace duckdb;

namespace {

// A key of the smaller side.
struct Key {
  duckdb::unique_ptr<Expression> expression;  // over that side's rows
  BloomFilter filter;
};

// Lets rows through and notes their keys.
class KeyNotes final : public PhysicalOperator {
 public:
  KeyNotes(PhysicalPlan& plan, duckdb::vector<LogicalType> types, idx_t estimated_rows)
      : PhysicalOperator(plan, PhysicalOperatorType::EXTENSION, std::move(types), estimated_rows) {}
  string GetName() const override { return "KEY_NOTES"; }
  bool ParallelOperator() const override { return true; }
  OrderPreservationType OperatorOrder() const override { return OrderPreservationType::INSERTION_ORDER; }

  BloomFilter& add(duckdb::unique_ptr<Expression> expression) {
    keys_.push_back(make_uniq<Key>());
    keys_.back()->expression = std::move(expression);
    return keys_.back()->filter;
  }

  // An estimate that is too low makes for a filter that lets more rows through, and for nothing worse.
  duckdb::unique_ptr<GlobalOperatorState> GetGlobalOperatorState(ClientContext& context) const override {
    constexpr idx_t most_rows = idx_t{1} << 24;  // 32 MB
    for (auto& key : keys_) {
      if (!key->filter.IsInitialized())
        key->filter.Initialize(context, std::clamp<idx_t>(estimated_cardinality, STANDARD_VECTOR_SIZE, most_rows));
    }
    return make_uniq<GlobalOperatorState>();
  }

  struct Local final : OperatorState {
    std::vector<duckdb::unique_ptr<ExpressionExecutor>> keys;
  };
  duckdb::unique_ptr<OperatorState> GetOperatorState(ExecutionContext& context) const override {
    auto local = make_uniq<Local>();
    for (auto& key : keys_) local->keys.push_back(make_uniq<ExpressionExecutor>(context.client, *key->expression));
    return local;
  }
  OperatorResultType Execute(ExecutionContext&, DataChunk& in, DataChunk& out, GlobalOperatorState&,
                             OperatorState& state) const override {
    auto& local = state.Cast<Local>();
    for (size_t i = 0; i < keys_.size(); ++i) {
      Vector keys(keys_[i]->expression->return_type), hashes(LogicalType::HASH);
      local.keys[i]->ExecuteExpression(in, keys);
      VectorOperations::Hash(keys, hashes, in.size());
      hashes.Flatten(in.size());
      keys_[i]->filter.InsertHashes(hashes, in.size());
    }
    out.Reference(in);
    return OperatorResultType::NEED_MORE_INPUT;
  }

 private:
  duckdb::vector<duckdb::unique_ptr<Key>> keys_;
};

void filter_scan(PhysicalPlanGenerator& planner, PhysicalHashJoin& join) {
  auto& pushdown = *join.filter_pushdown;
  auto& small = join.children[1].get();
  constexpr idx_t times_smaller = 4;
  if (small.estimated_cardinality > join.children[0].get().estimated_cardinality / times_smaller) return;
  if (join.conditions.size() == 1 && pushdown.build_side_has_filter) return;  // DuckDB's own
  KeyNotes* notes = nullptr;
  for (auto& scan : pushdown.probe_info) {
    for (size_t i = 0; i < scan.columns.size() && i < pushdown.join_condition.size(); ++i) {
      auto& condition = join.conditions[pushdown.join_condition[i]];
      auto& column = scan.columns[i];
      if (condition.comparison != ExpressionType::COMPARE_EQUAL || column.storage_type != condition.left->return_type)
        continue;
      if (!notes) notes = &planner.Make<KeyNotes>(small.types, small.estimated_cardinality).Cast<KeyNotes>();
      auto filter = make_uniq<BFTableFilter>(notes->add(condition.right->Copy()), true, condition.right->ToString(),
                                             column.storage_type);
      scan.dynamic_filters->PushFilter(
          *notes, column.probe_column_index.column_index,
          make_uniq<SelectivityOptionalFilter>(std::move(filter), SelectivityOptionalFilter::BF_THRESHOLD,
                                               SelectivityOptionalFilter::BF_CHECK_N));
    }
  }
  if (!notes) return;
  notes->children.push_back(small);
  join.children[1] = *notes;
}

}  // namespace

void filter_scans_by_keys(PhysicalPlanGenerator& planner, PhysicalOperator& plan) {
  if (plan.type == PhysicalOperatorType::HASH_JOIN) {
    auto& join = plan.Cast<PhysicalHashJoin>();
    if (join.filter_pushdown) filter_scan(planner, join);
  }
  for (auto& child : plan.children) filter_scans_by_keys(planner, child.get());
}

}  // namespace weir::engine::duck
