#include "engine/duckdb/key_filter.h"

#include <algorithm>
#include <duckdb/execution/operator/join/join_filter_pushdown.hpp>
#include <duckdb/execution/operator/join/physical_hash_join.hpp>
#include <duckdb/execution/operator/scan/physical_table_scan.hpp>
#include <duckdb/parallel/meta_pipeline.hpp>
#include <duckdb/parallel/pipeline.hpp>
#include <duckdb/planner/filter/bloom_filter.hpp>
#include <duckdb/planner/filter/selectivity_optional_filter.hpp>

#include "engine/duckdb/key_set.h"
#include "engine/duckdb/lake_scan.h"
#include "engine/duckdb/row_set.h"

namespace weir::engine::duck {

using namespace duckdb;

namespace {

// ---- the smaller side ----

// Lets rows through and notes their keys.
class KeyNotes final : public PhysicalOperator {
 public:
  KeyNotes(PhysicalPlan& plan, duckdb::vector<LogicalType> types, idx_t estimated_rows)
      : PhysicalOperator(plan, PhysicalOperatorType::EXTENSION, std::move(types), estimated_rows) {}
  string GetName() const override { return "KEY_NOTES"; }
  bool ParallelOperator() const override { return true; }
  OrderPreservationType OperatorOrder() const override { return OrderPreservationType::INSERTION_ORDER; }

  KeySet& add(std::unique_ptr<KeySet> keys) { return *sets_.emplace_back(std::move(keys)); }
  // The pipeline after whose end all keys are noted.
  const duckdb::shared_ptr<Pipeline>& pipeline() const { return pipeline_; }

  void BuildPipelines(Pipeline& current, MetaPipeline& meta) override {
    pipeline_ = meta.GetBasePipeline();
    PhysicalOperator::BuildPipelines(current, meta);
  }
  duckdb::unique_ptr<GlobalOperatorState> GetGlobalOperatorState(ClientContext& context) const override {
    for (auto& set : sets_) set->start(context, estimated_cardinality);
    return make_uniq<GlobalOperatorState>();
  }
  struct Local final : OperatorState {
    std::vector<std::unique_ptr<KeySet::Writer>> writers;
  };
  duckdb::unique_ptr<OperatorState> GetOperatorState(ExecutionContext& context) const override {
    auto local = make_uniq<Local>();
    for (auto& set : sets_) local->writers.push_back(std::make_unique<KeySet::Writer>(context.client, *set));
    return local;
  }
  OperatorResultType Execute(ExecutionContext&, DataChunk& in, DataChunk& out, GlobalOperatorState&,
                             OperatorState& state) const override {
    for (auto& writer : state.Cast<Local>().writers) writer->note(in);
    out.Reference(in);
    return OperatorResultType::NEED_MORE_INPUT;
  }

 private:
  std::vector<std::unique_ptr<KeySet>> sets_;
  duckdb::shared_ptr<Pipeline> pipeline_;
};

// ---- the larger side, where it reads more than its keys ----

// A scan (child 0) of those rows alone that a scan of the keys (child 1) found. It stands in no pipeline itself but for
// the end of the one that looks for the rows; that one runs when the keys of the smaller side are known, and before
// the scan starts.
class RowsWithKeys final : public PhysicalOperator {
 public:
  RowsWithKeys(PhysicalPlan& plan, duckdb::vector<LogicalType> types, idx_t estimated_rows, const KeyNotes& notes,
               const KeySet& keys, std::shared_ptr<RowSet> rows)
      : PhysicalOperator(plan, PhysicalOperatorType::EXTENSION, std::move(types), estimated_rows),
        notes_(notes),
        keys_(keys),
        rows_(std::move(rows)) {}
  string GetName() const override { return "ROWS_WITH_KEYS"; }

  void BuildPipelines(Pipeline& current, MetaPipeline& meta) override {
    sink_state.reset();
    auto& finding = meta.CreateChildMetaPipeline(current, *this);
    finding.Build(children[1]);
    auto known = notes_.pipeline();
    finding.GetBasePipeline()->AddDependency(known);
    children[0].get().BuildPipelines(current, meta);
  }
  duckdb::vector<const_reference<PhysicalOperator>> GetSources() const override {
    return children[0].get().GetSources();
  }

  bool IsSink() const override { return true; }
  bool ParallelSink() const override { return true; }
  duckdb::unique_ptr<GlobalSinkState> GetGlobalSinkState(ClientContext&) const override {
    rows_->clear();
    return make_uniq<GlobalSinkState>();
  }
  struct Local final : LocalSinkState {
    std::vector<int64_t> rowids;
  };
  duckdb::unique_ptr<LocalSinkState> GetLocalSinkState(ExecutionContext&) const override { return make_uniq<Local>(); }
  // The columns are the keys and the row ids.
  SinkResultType Sink(ExecutionContext&, DataChunk& in, OperatorSinkInput& input) const override {
    auto& rowids = input.local_state.Cast<Local>().rowids;
    rowids.clear();
    SelectionVector found(STANDARD_VECTOR_SIZE);
    const idx_t count = keys_.find(in, in.ColumnCount() - 1, found);
    UnifiedVectorFormat ids;
    in.data.back().ToUnifiedFormat(in.size(), ids);
    for (idx_t i = 0; i < count; ++i)
      rowids.push_back(UnifiedVectorFormat::GetData<int64_t>(ids)[ids.sel->get_index(found.get_index(i))]);
    if (count > 0) rows_->insert(rowids);
    return SinkResultType::NEED_MORE_INPUT;
  }

 private:
  const KeyNotes& notes_;
  const KeySet& keys_;
  std::shared_ptr<RowSet> rows_;
};

// Where an operator stands in the plan: a child of another.
using Place = reference<PhysicalOperator>*;

// The scan that the filters are for, below steps that leave rows out or compute columns; nullptr if there are others.
Place scan_below(Place place, const DynamicTableFilterSet& filters) {
  while (true) {
    auto& op = place->get();
    if (op.type == PhysicalOperatorType::TABLE_SCAN)
      return op.Cast<PhysicalTableScan>().dynamic_filters.get() == &filters ? place : nullptr;
    if (op.children.size() != 1 ||
        (op.type != PhysicalOperatorType::PROJECTION && op.type != PhysicalOperatorType::FILTER))
      return nullptr;
    place = &op.children[0];
  }
}

struct KeyColumn {
  idx_t column;     // in the scan's column ids
  idx_t condition;  // of the join
};

std::vector<KeyColumn> key_columns(const PhysicalHashJoin& join, const JoinFilterPushdownFilter& scan) {
  std::vector<KeyColumn> keys;
  auto& conditions = join.filter_pushdown->join_condition;
  for (size_t i = 0; i < scan.columns.size() && i < conditions.size(); ++i) {
    auto& condition = join.conditions[conditions[i]];
    if (condition.comparison == ExpressionType::COMPARE_EQUAL &&
        scan.columns[i].storage_type == condition.left->return_type)
      keys.push_back({scan.columns[i].probe_column_index.column_index, conditions[i]});
  }
  return keys;
}

// The scan of the same files that reads the keys and row ids alone; `targets` gets where its filters are to be pushed.
PhysicalOperator& scan_of_keys(PhysicalPlanGenerator& planner, const PhysicalTableScan& scan,
                               const std::vector<KeyColumn>& keys, const JoinFilterPushdownFilter& filters,
                               JoinFilterPushdownFilter& targets) {
  duckdb::vector<ColumnIndex> ids;
  duckdb::vector<LogicalType> types;
  auto type_of = [&](const ColumnIndex& id) {
    auto column = id.GetPrimaryIndex();
    return IsVirtualColumn(column) ? scan.virtual_columns.at(column).type : scan.returned_types[column];
  };
  for (auto& key : keys) ids.push_back(scan.column_ids[key.column]);
  ids.emplace_back(COLUMN_IDENTIFIER_ROW_ID);
  duckdb::vector<idx_t> projection;
  for (auto& id : ids) {
    projection.push_back(projection.size());
    types.push_back(type_of(id));
  }
  // Columns that are filtered by besides are read, and not given.
  auto place_of = [&](idx_t column) {
    auto found = std::find(ids.begin(), ids.end(), scan.column_ids[column]);
    if (found == ids.end()) found = ids.insert(ids.end(), scan.column_ids[column]);
    return static_cast<idx_t>(found - ids.begin());
  };
  duckdb::unique_ptr<TableFilterSet> fixed;
  if (scan.table_filters) {
    fixed = make_uniq<TableFilterSet>();
    for (auto& [column, filter] : scan.table_filters->filters)
      fixed->PushFilter(ColumnIndex(place_of(column)), filter->Copy());
  }
  for (auto& column : filters.columns) {
    targets.columns.push_back(column);
    targets.columns.back().probe_column_index.column_index = place_of(column.probe_column_index.column_index);
  }
  targets.dynamic_filters = make_shared_ptr<DynamicTableFilterSet>();
  if (ids.size() == projection.size()) projection.clear();
  auto& result = planner
                     .Make<PhysicalTableScan>(std::move(types), scan.function, scan.bind_data->Copy(),
                                              scan.returned_types, std::move(ids), std::move(projection), scan.names,
                                              std::move(fixed), scan.estimated_cardinality, ExtraOperatorInfo(),
                                              scan.parameters, scan.virtual_columns)
                     .Cast<PhysicalTableScan>();
  result.dynamic_filters = targets.dynamic_filters;
  return result;
}

// Reading the keys twice costs little beside the pages of all other columns, each of which the Parquet reader decodes
// for one row that passes; this way files and row groups in which no row has a partner are left out.
bool find_rows_first(PhysicalPlanGenerator& planner, PhysicalHashJoin& join, KeyNotes& notes) {
  auto& pushdown = *join.filter_pushdown;
  if (pushdown.probe_info.size() != 1) return false;
  auto& filters = pushdown.probe_info[0];
  auto keys = key_columns(join, filters);
  auto place = scan_below(&join.children[0], *filters.dynamic_filters);
  if (!place || keys.empty()) return false;
  auto& scan = place->get().Cast<PhysicalTableScan>();
  constexpr idx_t worth_two_scans = idx_t{1} << 18;  // two row groups: with fewer there is nothing to leave out
  const bool only_keys = std::all_of(scan.column_ids.begin(), scan.column_ids.end(), [&](auto& id) {
    return IsVirtualColumn(id.GetPrimaryIndex()) ||
           std::any_of(keys.begin(), keys.end(), [&](auto& key) { return scan.column_ids[key.column] == id; });
  });
  const bool parts_of_columns =
      std::any_of(scan.column_ids.begin(), scan.column_ids.end(), [](auto& id) { return id.HasChildren(); });
  if (scan.estimated_cardinality < worth_two_scans || only_keys || parts_of_columns || scan.extra_info.sample_options)
    return false;
  auto rows = std::make_shared<RowSet>();
  auto narrowed = only_these(scan.function, *scan.bind_data, rows);
  if (!narrowed) return false;
  std::vector<duckdb::unique_ptr<Expression>> expressions;
  expressions.reserve(keys.size());
  for (auto& key : keys) expressions.push_back(join.conditions[key.condition].right->Copy());
  JoinFilterPushdownFilter targets;
  auto& finding = scan_of_keys(planner, scan, keys, filters, targets);
  scan.bind_data = std::move(narrowed);
  auto& found = planner.Make<RowsWithKeys>(scan.types, scan.estimated_cardinality, notes,
                                           notes.add(std::make_unique<KeySet>(std::move(expressions), true)), rows);
  found.children.push_back(scan);
  found.children.push_back(finding);
  pushdown.probe_info.push_back(std::move(targets));
  *place = found;
  return true;
}

// ---- the larger side, where its keys are all that it reads ----

bool filter_by_key(const PhysicalHashJoin& join, KeyNotes& notes) {
  bool any = false;
  for (auto& scan : join.filter_pushdown->probe_info) {
    for (auto& key : key_columns(join, scan)) {
      auto& right = *join.conditions[key.condition].right;
      std::vector<duckdb::unique_ptr<Expression>> expression;
      expression.push_back(right.Copy());
      auto& keys = notes.add(std::make_unique<KeySet>(std::move(expression), false));
      auto filter = make_uniq<BFTableFilter>(keys.bloom(), true, right.ToString(), right.return_type);
      scan.dynamic_filters->PushFilter(
          notes, key.column,
          make_uniq<SelectivityOptionalFilter>(std::move(filter), SelectivityOptionalFilter::BF_THRESHOLD,
                                               SelectivityOptionalFilter::BF_CHECK_N));
      any = true;
    }
  }
  return any;
}

void filter_scan(PhysicalPlanGenerator& planner, PhysicalHashJoin& join) {
  auto& small = join.children[1].get();
  constexpr idx_t times_smaller = 4;
  if (small.estimated_cardinality > join.children[0].get().estimated_cardinality / times_smaller) return;
  auto& notes = planner.Make<KeyNotes>(small.types, small.estimated_cardinality).Cast<KeyNotes>();
  const bool filtered_by_duckdb = join.conditions.size() == 1 && join.filter_pushdown->build_side_has_filter;
  if (!find_rows_first(planner, join, notes) && (filtered_by_duckdb || !filter_by_key(join, notes))) return;
  notes.children.push_back(small);
  join.children[1] = notes;
}

}  // namespace

void filter_scans_by_keys(PhysicalPlanGenerator& planner, PhysicalOperator& plan) {
  // Their pipelines run again and again.
  if (plan.type == PhysicalOperatorType::RECURSIVE_CTE || plan.type == PhysicalOperatorType::RECURSIVE_KEY_CTE) return;
  if (plan.type == PhysicalOperatorType::HASH_JOIN) {
    auto& join = plan.Cast<PhysicalHashJoin>();
    if (join.filter_pushdown) filter_scan(planner, join);
  }
  for (auto& child : plan.children) filter_scans_by_keys(planner, child.get());
}

}  // namespace weir::engine::duck
