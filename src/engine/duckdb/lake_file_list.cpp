#include "engine/duckdb/lake_file_list.h"

#include <algorithm>
#include <duckdb/common/multi_file/multi_file_reader.hpp>
#include <duckdb/execution/expression_executor.hpp>
#include <duckdb/optimizer/filter_combiner.hpp>
#include <duckdb/planner/expression/bound_columnref_expression.hpp>
#include <duckdb/planner/expression/bound_constant_expression.hpp>
#include <duckdb/planner/expression/bound_operator_expression.hpp>
#include <duckdb/planner/expression_iterator.hpp>
#include <duckdb/planner/filter/null_filter.hpp>
#include <duckdb/planner/operator/logical_get.hpp>
#include <unordered_map>

#include "engine/duckdb/file_pruning.h"
#include "engine/duckdb/kept_out.h"
#include "engine/duckdb/scan_steps.h"

namespace weir::engine::duck {

using namespace duckdb;

namespace {

// DuckDB does not make table filters of IS NULL and IS NOT NULL.
void push_null_test(const Expression& filter, const MultiFilePushdownInfo& info, TableFilterSet& set) {
  if (filter.GetExpressionClass() != ExpressionClass::BOUND_OPERATOR) return;
  auto& test = filter.Cast<BoundOperatorExpression>();
  if (test.children.size() != 1 || test.children[0]->GetExpressionClass() != ExpressionClass::BOUND_COLUMN_REF) return;
  auto& column = info.column_indexes[test.children[0]->Cast<BoundColumnRefExpression>().binding.column_index];
  if (test.GetExpressionType() == ExpressionType::OPERATOR_IS_NULL)
    set.PushFilter(column, make_uniq<IsNullFilter>());
  else if (test.GetExpressionType() == ExpressionType::OPERATOR_IS_NOT_NULL)
    set.PushFilter(column, make_uniq<IsNotNullFilter>());
}

}  // namespace

duckdb::shared_ptr<LakeFileList> LakeFileList::whole(ClientContext& context, const duckdb::shared_ptr<ScanInfo>& info) {
  auto& only = SessionState::of(context).scanned_files;
  auto& files = info->state->files();
  std::vector<size_t> all;
  for (size_t i = 0; i < files.size() && !info->part.changes; ++i) {
    if (only.empty() || only.count(files[i]->add().path)) all.push_back(i);
  }
  return make_shared_ptr<LakeFileList>(context, info, std::move(all), lake::Predicate());
}

void LakeFileList::note_read() const {
  if (!info_->mark) return;
  std::vector<std::string> paths;
  for (auto number : keep_) {
    bool staged = number >= state().files().staged_from();
    if (!staged && !predicate_.everything()) paths.push_back(state().files().path(number));
  }
  info_->mark->ran(predicate_, std::move(paths));
}

void LakeFileList::report_read() const {
  auto session = SessionState::find(context_);
  if (!session || !session->scan_report) return;
  session->files_read = [state = info_->state, keep = keep_] { return read_of(*state, keep); };
}

bool LakeFileList::file_excluded(ClientContext& context, size_t number, column_t column,
                                 const TableFilter& filter) const {
  if (column >= state().columns.size()) return false;
  if (!state().columns[column].partition && !asks_statistics(filter)) return false;
  return excludes(context, filter, state().bounds(file(number), column));
}

duckdb::unique_ptr<MultiFileList> LakeFileList::ComplexFilterPushdown(
    ClientContext& context, const MultiFileOptions&, MultiFilePushdownInfo& info,
    duckdb::vector<duckdb::unique_ptr<Expression>>& filters) const {
  if (filters.empty()) return nullptr;
  auto& session = SessionState::of(context);
  if (session.scan_report && session.scan_report->steps.empty())
    across(&session.errors, [&] { explain(context, info, filters, *session.scan_report); });
  keep_out_of_scan(state(), info, filters);
  FilterCombiner combiner(context);
  for (auto& filter : filters) combiner.AddFilter(filter->Copy());
  duckdb::vector<FilterPushdownResult> results;
  auto set = combiner.GenerateTableScanFilters(info.column_indexes, results);
  for (auto& filter : filters) push_null_test(*filter, info, set);
  auto keep = keep_;
  auto predicate = predicate_;
  across(&session.errors, [&] {
    prune(context, set, keep, predicate, [](idx_t column) { return column; });  // keyed by table column here
    for (auto& filter : filters) prune_by_partition(context, info, *filter, keep);
  });
  auto fewer = make_uniq<LakeFileList>(context, info_, std::move(keep), std::move(predicate));
  if (fewer->keep_.empty()) fewer->note_read();  // the planner drops the scan, but its emptiness was read
  return fewer;
}

duckdb::unique_ptr<MultiFileList> LakeFileList::DynamicFilterPushdown(ClientContext& context, const MultiFileOptions&,
                                                                      const duckdb::vector<string>&,
                                                                      const duckdb::vector<LogicalType>&,
                                                                      const duckdb::vector<column_t>& ids,
                                                                      TableFilterSet& filters) const {
  auto keep = info_->part.changes ? files_of_part() : keep_;
  auto predicate = predicate_;
  across(&SessionState::of(context).errors,
         [&] { prune(context, filters, keep, predicate, [&](idx_t position) { return ids[position]; }); });
  return make_uniq<LakeFileList>(context, info_, std::move(keep), std::move(predicate));
}

duckdb::vector<OpenFileInfo> LakeFileList::GetAllFiles() const {
  duckdb::vector<OpenFileInfo> files;
  for (idx_t i = 0; i < keep_.size(); ++i) files.push_back(GetFile(i));
  return files;
}
FileExpandResult LakeFileList::GetExpandResult() const {
  return keep_.empty()       ? FileExpandResult::NO_FILES
         : keep_.size() == 1 ? FileExpandResult::SINGLE_FILE
                             : FileExpandResult::MULTIPLE_FILES;
}
duckdb::unique_ptr<NodeStatistics> LakeFileList::GetCardinality(ClientContext&) const {
  idx_t rows = across(&SessionState::of(context_).errors, [&] { return idx_t(state().files().estimated_rows(keep_)); });
  return make_uniq<NodeStatistics>(rows, rows);
}
duckdb::unique_ptr<MultiFileList> LakeFileList::Copy() const {
  return make_uniq<LakeFileList>(context_, info_, keep_, predicate_);
}

OpenFileInfo LakeFileList::GetFile(idx_t i) const {
  if (i >= keep_.size()) return OpenFileInfo();
  auto& session = SessionState::of(context_);
  OpenFileInfo open(across(&session.errors, [&] { return session.url_of(state(), file(keep_[i]).entry()); }));
  open.extended_info = make_shared_ptr<ExtendedOpenFileInfo>();
  open.extended_info->options["file_number"] = Value::BIGINT(static_cast<int64_t>(keep_[i]));
  if (info_->part.changes || state().files().has_deletion_vector(keep_[i]))
    open.extended_info->options["has_deletes"] = Value::BOOLEAN(true);
  return open;
}

void LakeFileList::explain(ClientContext& context, MultiFilePushdownInfo& info,
                           const duckdb::vector<duckdb::unique_ptr<Expression>>& filters, ScanReport& report) const {
  std::vector<FilterFacts> conditions;
  for (auto& filter : filters) conditions.push_back(facts_of(state(), info, *filter));
  std::stable_sort(conditions.begin(), conditions.end(),
                   [](auto& a, auto& b) { return a.partition_only && !b.partition_only; });
  auto keep = keep_;
  for (auto& facts : conditions) {
    FilterCombiner combiner(context);
    combiner.AddFilter(facts.filter->Copy());
    duckdb::vector<FilterPushdownResult> results;
    auto set = combiner.GenerateTableScanFilters(info.column_indexes, results);
    push_null_test(*facts.filter, info, set);
    lake::Predicate asked;
    for (auto& [column, filter] : set.filters) {
      if (column < state().columns.size() && !facts.kept_out) narrow(asked, *filter, state().columns[column].name);
    }
    auto before = keep.size();
    std::vector<lake::SkipStep> steps;
    state().files().skip(state().metadata, asked, keep, &steps);
    prune_by_partition(context, info, *facts.filter, keep);
    report.steps.push_back(step_of(state(), facts, steps, before, before - keep.size()));
  }
}

void LakeFileList::prune(ClientContext& context, const TableFilterSet& set, std::vector<size_t>& keep,
                         lake::Predicate& predicate, const ColumnOf& column_of) const {
  lake::Predicate conditions;  // what can be decided for many files at once
  std::vector<std::pair<column_t, const TableFilter*>> others;
  for (auto& [position, filter] : set.filters) {
    column_t column = column_of(position);
    if (column >= state().columns.size()) continue;  // a virtual column
    if (!narrow(conditions, *filter, state().columns[column].name)) others.emplace_back(column, filter.get());
  }
  state().files().skip(state().metadata, conditions, keep);
  predicate.all_of_any.insert(predicate.all_of_any.end(), conditions.all_of_any.begin(), conditions.all_of_any.end());
  for (auto& [column, filter] : others)
    std::erase_if(keep, [&, column = column, &value = *filter](size_t number) {
      return file_excluded(context, number, column, value);
    });
}

std::vector<size_t> LakeFileList::files_of_part() const {
  auto& [changes, only] = info_->part;
  if (!only) return changes->fates().rewritten;
  return changes->needs_feed() ? only->files() : std::vector<size_t>();
}

void LakeFileList::prune_by_partition(ClientContext& context, MultiFilePushdownInfo& info, const Expression& filter,
                                      std::vector<size_t>& keep) const {
  bool partition_only = !filter.IsVolatile() && !filter.HasParameter() && !filter.HasSubquery();
  bool any = false;
  ExpressionIterator::VisitExpression<BoundColumnRefExpression>(filter, [&](const BoundColumnRefExpression& ref) {
    auto column = info.column_indexes[ref.binding.column_index].GetPrimaryIndex();
    partition_only = partition_only && column < state().columns.size() && state().columns[column].partition;
    any = true;
  });
  if (!partition_only || !any) return;
  auto excluded = [&](size_t number) {
    auto test = filter.Copy();
    bool told = true;
    ExpressionIterator::VisitExpressionMutable<BoundColumnRefExpression>(
        test, [&](BoundColumnRefExpression& ref, duckdb::unique_ptr<Expression>& slot) {
          auto column = info.column_indexes[ref.binding.column_index].GetPrimaryIndex();
          auto constant = state().bounds(file(number), column).constant;
          told = told && (constant || !info_->changed);  // else the file tells it
          slot = make_uniq<BoundConstantExpression>(constant.value_or(Value(ref.return_type)));
        });
    Value passes;
    return told && test->IsFoldable() && ExpressionExecutor::TryEvaluateScalar(context, *test, passes) &&
           (passes.IsNull() || !passes.GetValue<bool>());
  };
  std::unordered_map<uint64_t, bool> judged;  // by partition
  std::erase_if(keep, [&](size_t number) {
    auto partition = state().files().partition_id(number);
    if (!partition) return excluded(number);
    auto [verdict, fresh] = judged.try_emplace(*partition, false);
    if (fresh) verdict->second = excluded(number);
    return verdict->second;
  });
}

}  // namespace weir::engine::duck
