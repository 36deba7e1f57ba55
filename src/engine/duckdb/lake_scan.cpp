#include "engine/duckdb/lake_scan.h"

#include <duckdb/catalog/catalog_entry/table_function_catalog_entry.hpp>
#include <duckdb/common/multi_file/multi_file_reader.hpp>
#include <duckdb/common/multi_file/multi_file_states.hpp>
#include <duckdb/function/partition_stats.hpp>
#include <duckdb/main/client_config.hpp>
#include <duckdb/main/config.hpp>
#include <duckdb/optimizer/filter_combiner.hpp>
#include <duckdb/parser/expression/constant_expression.hpp>
#include <duckdb/parser/tableref/table_function_ref.hpp>
#include <duckdb/planner/expression/bound_columnref_expression.hpp>
#include <duckdb/planner/expression/bound_constant_expression.hpp>
#include <duckdb/planner/expression/bound_operator_expression.hpp>
#include <duckdb/planner/expression/bound_reference_expression.hpp>
#include <duckdb/planner/expression_iterator.hpp>
#include <duckdb/planner/filter/dynamic_filter.hpp>
#include <duckdb/planner/filter/null_filter.hpp>
#include <duckdb/planner/operator/logical_get.hpp>
#include <duckdb/storage/statistics/numeric_stats.hpp>
#include <duckdb/storage/table_storage_info.hpp>

#include "base/text.h"
#include "engine/duckdb/damaged_file.h"
#include "engine/duckdb/file_pruning.h"
#include "engine/duckdb/kept_out.h"
#include "engine/duckdb/lake_catalog.h"
#include "engine/duckdb/mapped_columns.h"
#include "engine/duckdb/row_filters.h"
#include "engine/duckdb/row_ids.h"
#include "engine/duckdb/scan_steps.h"
#include "engine/duckdb/types.h"

namespace weir::engine::duck {

using namespace duckdb;

namespace {

// ---- the list of files ----

struct ScanInfo final : public TableFunctionInfo {
  StatePtr state;
  optional_ptr<TableCatalogEntry> entry;
  ScanPart part;
  std::shared_ptr<const ChangedRows> changed;  // of a change feed, else nullptr
  std::shared_ptr<ReadMark> mark;              // nullptr for rewrites: what they read was read before
  table_function_init_global_t parquet_init_global = nullptr;
  table_function_t parquet_scan = nullptr;
};

class LakeFileList final : public MultiFileList {
 public:
  LakeFileList(ClientContext& context, duckdb::shared_ptr<ScanInfo> info, std::vector<size_t> keep,
               lake::Predicate predicate)
      : context_(context), info_(std::move(info)), keep_(std::move(keep)), predicate_(std::move(predicate)) {}

  static duckdb::shared_ptr<LakeFileList> whole(ClientContext& context, const duckdb::shared_ptr<ScanInfo>& info) {
    auto& only = SessionState::of(context).scanned_files;
    auto& files = info->state->files();
    std::vector<size_t> all;
    for (size_t i = 0; i < files.size() && !info->part.changes; ++i) {
      if (only.empty() || only.count(files[i]->add().path)) all.push_back(i);
    }
    return make_shared_ptr<LakeFileList>(context, info, std::move(all), lake::Predicate());
  }

  const std::vector<size_t>& kept() const { return keep_; }
  const TableState& state() const { return *info_->state; }
  const DataFile& file(size_t number) const { return *state().files()[number]; }
  bool whole_table() const { return keep_.size() == state().files().size() && predicate_.everything(); }

  void note_read() const {
    if (!info_->mark) return;
    std::vector<std::string> paths;
    for (auto number : keep_) {
      bool staged = number >= state().files().staged_from();
      if (!staged && !predicate_.everything()) paths.push_back(state().files().path(number));
    }
    info_->mark->ran(predicate_, std::move(paths));
  }

  // Called when a plan is shown: these files are what is left of the table in the end.
  void report_read() const {
    auto session = SessionState::find(context_);
    if (!session || !session->scan_report) return;
    session->scan_report->read = read_of(state(), keep_);
  }

  bool file_excluded(ClientContext& context, size_t number, column_t column, const TableFilter& filter) const {
    if (column >= state().columns.size()) return false;
    if (!state().columns[column].partition && !asks_statistics(filter)) return false;
    return excludes(context, filter, state().bounds(file(number), column));
  }

  duckdb::unique_ptr<MultiFileList> ComplexFilterPushdown(
      ClientContext& context, const MultiFileOptions&, MultiFilePushdownInfo& info,
      duckdb::vector<duckdb::unique_ptr<Expression>>& filters) const override {
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

  duckdb::unique_ptr<MultiFileList> DynamicFilterPushdown(ClientContext& context, const MultiFileOptions&,
                                                          const duckdb::vector<string>&,
                                                          const duckdb::vector<LogicalType>&,
                                                          const duckdb::vector<column_t>& ids,
                                                          TableFilterSet& filters) const override {
    auto keep = info_->part.changes ? files_of_part() : keep_;
    auto predicate = predicate_;
    across(&SessionState::of(context).errors,
           [&] { prune(context, filters, keep, predicate, [&](idx_t position) { return ids[position]; }); });
    return make_uniq<LakeFileList>(context, info_, std::move(keep), std::move(predicate));
  }

  duckdb::vector<OpenFileInfo> GetAllFiles() const override {
    duckdb::vector<OpenFileInfo> files;
    for (idx_t i = 0; i < keep_.size(); ++i) files.push_back(GetFile(i));
    return files;
  }
  FileExpandResult GetExpandResult() const override {
    return keep_.empty()       ? FileExpandResult::NO_FILES
           : keep_.size() == 1 ? FileExpandResult::SINGLE_FILE
                               : FileExpandResult::MULTIPLE_FILES;
  }
  idx_t GetTotalFileCount() const override { return keep_.size(); }
  duckdb::unique_ptr<NodeStatistics> GetCardinality(ClientContext&) const override {
    idx_t rows =
        across(&SessionState::of(context_).errors, [&] { return idx_t(state().files().estimated_rows(keep_)); });
    return make_uniq<NodeStatistics>(rows, rows);
  }
  duckdb::unique_ptr<MultiFileList> Copy() const override {
    return make_uniq<LakeFileList>(context_, info_, keep_, predicate_);
  }

 protected:
  OpenFileInfo GetFile(idx_t i) const override {
    if (i >= keep_.size()) return OpenFileInfo();
    auto& session = SessionState::of(context_);
    OpenFileInfo open(across(&session.errors, [&] { return session.url_of(state(), file(keep_[i]).entry()); }));
    open.extended_info = make_shared_ptr<ExtendedOpenFileInfo>();
    open.extended_info->options["file_number"] = Value::BIGINT(static_cast<int64_t>(keep_[i]));
    if (info_->part.changes || state().files().has_deletion_vector(keep_[i]))
      open.extended_info->options["has_deletes"] = Value::BOOLEAN(true);
    return open;
  }

 private:
  // Each condition alone, one after the other: what a plan decides together is told apart here.
  void explain(ClientContext& context, MultiFilePushdownInfo& info,
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

  template <class ColumnOf>
  void prune(ClientContext& context, const TableFilterSet& set, std::vector<size_t>& keep, lake::Predicate& predicate,
             ColumnOf column_of) const {
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

  std::vector<size_t> files_of_part() const {
    auto& [changes, only] = info_->part;
    if (!only) return changes->fates().rewritten;
    return changes->needs_feed() ? only->files() : std::vector<size_t>();
  }

  // DuckDB does not make table filters of IS NULL and IS NOT NULL.
  static void push_null_test(const Expression& filter, const MultiFilePushdownInfo& info, TableFilterSet& set) {
    if (filter.GetExpressionClass() != ExpressionClass::BOUND_OPERATOR) return;
    auto& test = filter.Cast<BoundOperatorExpression>();
    if (test.children.size() != 1 || test.children[0]->GetExpressionClass() != ExpressionClass::BOUND_COLUMN_REF)
      return;
    auto& column = info.column_indexes[test.children[0]->Cast<BoundColumnRefExpression>().binding.column_index];
    if (test.GetExpressionType() == ExpressionType::OPERATOR_IS_NULL)
      set.PushFilter(column, make_uniq<IsNullFilter>());
    else if (test.GetExpressionType() == ExpressionType::OPERATOR_IS_NOT_NULL)
      set.PushFilter(column, make_uniq<IsNotNullFilter>());
  }

  // A condition on partition columns alone is decided for each file, whatever its form.
  void prune_by_partition(ClientContext& context, MultiFilePushdownInfo& info, const Expression& filter,
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

  ClientContext& context_;
  duckdb::shared_ptr<ScanInfo> info_;
  std::vector<size_t> keep_;
  lake::Predicate predicate_;
};

// ---- the reader ----

class LakeReader final : public MultiFileReader {
 public:
  explicit LakeReader(duckdb::shared_ptr<TableFunctionInfo> held)
      : info(shared_ptr_cast<TableFunctionInfo, ScanInfo>(held)) {}
  duckdb::shared_ptr<ScanInfo> info;

  static duckdb::unique_ptr<MultiFileReader> Create(const TableFunction& function) {
    return make_uniq<LakeReader>(function.function_info);
  }
  duckdb::unique_ptr<MultiFileReader> Copy() const override {
    return make_uniq<LakeReader>(shared_ptr_cast<ScanInfo, TableFunctionInfo>(info));
  }
  duckdb::shared_ptr<MultiFileList> CreateFileList(ClientContext& context, const duckdb::vector<string>&,
                                                   const FileGlobInput&) override {
    return LakeFileList::whole(context, info);
  }
  bool Bind(MultiFileOptions&, MultiFileList&, duckdb::vector<LogicalType>& types, duckdb::vector<string>& names,
            MultiFileReaderBindData& bind) override {
    for (auto& column : info->state->columns) {
      names.push_back(column.name);
      types.push_back(column.type);
    }
    bind.mapping = MultiFileColumnMappingMode::BY_NAME;
    bind.schema = MultiFileColumnDefinition::ColumnsFromNamesAndTypes(names, types);
    for (auto& column : bind.schema) {
      column.identifier = Value(column.name);
      column.default_expression = make_uniq<ConstantExpression>(Value(column.type));
    }
    return true;
  }
  void BindOptions(MultiFileOptions&, MultiFileList&, duckdb::vector<LogicalType>&, duckdb::vector<string>&,
                   MultiFileReaderBindData&) override {}

  void FinalizeBind(MultiFileReaderData& data, const MultiFileOptions& options, const MultiFileReaderBindData& bind,
                    const duckdb::vector<MultiFileColumnDefinition>& columns, const duckdb::vector<ColumnIndex>& ids,
                    ClientContext& context, optional_ptr<MultiFileReaderGlobalState> global) override {
    MultiFileReader::FinalizeBind(data, options, bind, columns, ids, context, global);
    auto number = file_number(*data.reader);
    for (idx_t i = 0; i < ids.size(); ++i) {
      auto column = ids[i].GetPrimaryIndex();
      if (column >= info->state->columns.size() || !info->state->columns[column].partition) continue;
      auto bounds = across(&SessionState::of(context).errors,
                           [&] { return info->state->bounds(*info->state->files()[number], column); });
      if (info->changed && !bounds.constant) continue;
      data.constant_map.Add(MultiFileGlobalIndex(i),
                            bounds.constant.value_or(Value(info->state->columns[column].type)));
    }
  }

  ReaderInitializeType InitializeReader(MultiFileReaderData& data, const MultiFileBindData& bind,
                                        const duckdb::vector<MultiFileColumnDefinition>& columns,
                                        const duckdb::vector<ColumnIndex>& ids, optional_ptr<TableFilterSet> filters,
                                        ClientContext& context, MultiFileGlobalState& global) override {
    auto number = file_number(*data.reader);
    auto& list = global.file_list.Cast<LakeFileList>();
    bool skip = filters && across(&SessionState::of(context).errors, [&] {
                  return std::any_of(filters->filters.begin(), filters->filters.end(), [&](auto& entry) {
                    return list.file_excluded(context, number, ids[entry.first].GetPrimaryIndex(), *entry.second);
                  });
                });
    if (skip) return ReaderInitializeType::SKIP_READING_FILE;
    if (info->changed)
      data.reader->deletion_filter =
          across(&SessionState::of(context).errors, [&] { return info->changed->within(*info->state, number); });
    auto& file = info->state->files()[number];
    auto deleted = across(&SessionState::of(context).errors, [&] { return file->deleted(info->state->location); });
    if (info->part.only)
      data.reader->deletion_filter = rows_only(info->part.only, number);
    else if (!data.reader->deletion_filter && (deleted || info->part.changes))
      data.reader->deletion_filter =
          rows_left(file, deleted, info->part.changes ? info->part.changes->gone : nullptr, number);
    return MultiFileReader::InitializeReader(data, bind, columns, ids, filters, context, global);
  }

  ReaderInitializeType CreateMapping(ClientContext& context, MultiFileReaderData& data,
                                     const duckdb::vector<MultiFileColumnDefinition>& columns,
                                     const duckdb::vector<ColumnIndex>& ids, optional_ptr<TableFilterSet> filters,
                                     MultiFileList& files, const MultiFileReaderBindData& bind,
                                     const virtual_column_map_t& virtual_columns) override {
    auto& metadata = info->state->metadata;
    const bool mapped = metadata.column_mapping() != lake::ColumnMapping::none;
    auto in_file =
        mapped ? columns_in_file(metadata, data.reader->GetColumns()) : duckdb::vector<MultiFileColumnDefinition>();
    const bool tracked =
        std::any_of(ids.begin(), ids.end(), [](auto& id) { return is_row_tracking(id.GetPrimaryIndex()); });
    const bool kept_out =
        std::any_of(ids.begin(), ids.end(), [&](auto& id) { return is_kept_out(*info->state, id.GetPrimaryIndex()); });
    auto others = filters && kept_out ? without_kept_out(*info->state, *filters, ids) : nullptr;
    auto result = MultiFileReader::CreateMapping(context, data, mapped ? in_file : columns, ids,
                                                 others ? others.get() : filters, files, bind, virtual_columns,
                                                 mapped ? MultiFileColumnMappingMode::BY_NAME : bind.mapping);
    if (tracked && result == ReaderInitializeType::INITIALIZED)
      across(&SessionState::of(context).errors, [&] { prefer_stored_row_tracking(context, *info->state, data, ids); });
    return result;
  }

  duckdb::unique_ptr<Expression> GetVirtualColumnExpression(
      ClientContext& context, MultiFileReaderData& data, const duckdb::vector<MultiFileColumnDefinition>& local,
      idx_t& column, const LogicalType& type, MultiFileLocalIndex index,
      optional_ptr<MultiFileColumnDefinition>& reference) override {
    const auto number = file_number(*data.reader);
    if (column == COLUMN_IDENTIFIER_ROW_ID)
      return row_number_from(context, static_cast<int64_t>(number) << row_bits, column, index);
    if (!is_row_tracking(column))
      return MultiFileReader::GetVirtualColumnExpression(context, data, local, column, type, index, reference);
    return across(&SessionState::of(context).errors, [&] {
      return default_row_tracking(context, *info->state, *info->state->files()[number], column, index);
    });
  }

  duckdb::shared_ptr<BaseFileReader> CreateReader(ClientContext& context, GlobalTableFunctionState& global,
                                                  const OpenFileInfo& file, idx_t place,
                                                  const MultiFileBindData& bind) override {
    try {
      return naming_damaged_file(
          SessionState::of(context).errors, info->state->name,
          {ExceptionType::IO, ExceptionType::SERIALIZATION, ExceptionType::INVALID_INPUT},
          [&] { return info->state->files()[number_of(file)].get(); },
          [&] { return MultiFileReader::CreateReader(context, global, file, place, bind); });
    } catch (const std::exception&) {
      if (!info->changed) throw;
      across(&SessionState::of(context).errors, [&] { info->changed->check_there(*info->state, number_of(file)); });
      throw;
    }
  }
  using MultiFileReader::CreateReader;

  static size_t number_of(const OpenFileInfo& file) {
    return static_cast<size_t>(file.extended_info->options.at("file_number").GetValue<int64_t>());
  }

 private:
  static size_t file_number(const BaseFileReader& reader) { return number_of(reader.file); }
};

const ScanInfo& scan_info(const FunctionData& bind) {
  return *bind.Cast<MultiFileBindData>().multi_file_reader->Cast<LakeReader>().info;
}
const LakeFileList& file_list(const FunctionData& bind) {
  return bind.Cast<MultiFileBindData>().file_list->Cast<LakeFileList>();
}

virtual_column_map_t virtual_columns(const TableState& state, bool of_changes) {
  virtual_column_map_t columns;
  if (!of_changes) add_row_tracking(state, columns);  // change data files hold no row ids
  columns.insert({MultiFileReader::COLUMN_IDENTIFIER_FILENAME, TableColumn("filename", LogicalType::VARCHAR)});
  columns.insert(
      {MultiFileReader::COLUMN_IDENTIFIER_FILE_ROW_NUMBER, TableColumn("file_row_number", LogicalType::BIGINT)});
  columns.insert({COLUMN_IDENTIFIER_ROW_ID, TableColumn("rowid", LogicalType::BIGINT)});
  columns.insert({COLUMN_IDENTIFIER_EMPTY, TableColumn("", LogicalType::BOOLEAN)});
  return columns;
}

// count(*) without reading anything, if every file tells its rows.
duckdb::vector<PartitionStatistics> partition_statistics(ClientContext& context, GetPartitionStatsInput& input) {
  auto& list = file_list(*input.bind_data);
  duckdb::vector<PartitionStatistics> parts;
  auto& info = scan_info(*input.bind_data);
  if (info.part.changes || info.changed) return parts;
  auto count = across(&SessionState::of(context).errors, [&] { return list.state().files().row_count(list.kept()); });
  if (!count) return parts;
  PartitionStatistics part;
  part.count = static_cast<idx_t>(*count);
  part.count_type = CountType::COUNT_EXACT;
  parts.push_back(part);
  return parts;
}

// Deciding from statistics must not cost more than it saves.
constexpr size_t max_files_for_statistics = 512;

duckdb::unique_ptr<BaseStatistics> merged_statistics(const TableState& state, column_t column) {
  if (column >= state.columns.size() || state.files().empty() || state.files().size() > max_files_for_statistics)
    return nullptr;
  auto& type = state.columns[column].type;
  auto statistics = BaseStatistics::CreateUnknown(type);
  bool nulls = false, ranged = type.IsNumeric() || type.IsTemporal();
  std::optional<Value> min, max;
  for (size_t number = 0; number < state.files().size(); ++number) {
    auto bounds = state.bounds(*state.files()[number], column);
    if (bounds.constant) {
      nulls = nulls || bounds.constant->IsNull();
      if (bounds.constant->IsNull()) continue;
      bounds.min = bounds.max = bounds.constant;
    } else {
      nulls = nulls || bounds.null_count != 0;
    }
    ranged = ranged && bounds.min && bounds.max;
    if (!ranged) continue;
    if (!min || *bounds.min < *min) min = bounds.min;
    if (!max || *bounds.max > *max) max = bounds.max;
  }
  if (ranged && min && max && !type.IsFloating()) {
    NumericStats::SetMin(statistics, *min);
    NumericStats::SetMax(statistics, *max);
  }
  if (!nulls) statistics.Set(StatsInfo::CANNOT_HAVE_NULL_VALUES);
  return statistics.ToUnique();
}

duckdb::unique_ptr<BaseStatistics> column_statistics(ClientContext& context, const TableState& state, column_t column) {
  return across(&SessionState::of(context).errors, [&] { return merged_statistics(state, column); });
}

duckdb::unique_ptr<GlobalTableFunctionState> init_global(ClientContext& context, TableFunctionInitInput& input) {
  check_kept_out(*scan_info(*input.bind_data).state, input);
  auto state = scan_info(*input.bind_data).parquet_init_global(context, input);
  // What is left after the filters of joins: they are part of what was asked.
  state->Cast<MultiFileGlobalState>().file_list.Cast<LakeFileList>().note_read();
  return state;
}

void scan(ClientContext& context, TableFunctionInput& input, DataChunk& out) {
  auto& info = scan_info(*input.bind_data);
  auto file_read = [&]() -> const DataFile* {
    auto& reader = input.local_state->Cast<MultiFileLocalState>().reader;
    return reader ? info.state->files()[LakeReader::number_of(reader->file)].get() : nullptr;
  };
  naming_damaged_file(SessionState::of(context).errors, info.state->name,
                      {ExceptionType::IO, ExceptionType::SERIALIZATION}, file_read,
                      [&] { info.parquet_scan(context, input, out); });
}

void set_callbacks(TableFunction& function) {
  function.init_global = init_global;
  function.function = scan;
  function.get_multi_file_reader = LakeReader::Create;
  function.get_bind_info = [](const optional_ptr<FunctionData> bind) {
    auto entry = scan_info(*bind).entry;
    return entry ? BindInfo(*entry) : BindInfo(ScanType::EXTERNAL);
  };
  function.get_virtual_columns = [](ClientContext&, optional_ptr<FunctionData> bind) {
    auto& info = scan_info(*bind);
    return bind->Cast<MultiFileBindData>().virtual_columns = virtual_columns(*info.state, info.changed != nullptr);
  };
  function.get_row_id_columns = [](ClientContext&, optional_ptr<FunctionData>) {
    return duckdb::vector<column_t>{COLUMN_IDENTIFIER_ROW_ID};
  };
  function.statistics = [](ClientContext& context, const FunctionData* bind, column_t column) {
    return column_statistics(context, *scan_info(*bind).state, column);
  };
  function.statistics_extended = [](ClientContext& context,
                                    TableFunctionGetStatisticsInput& input) -> duckdb::unique_ptr<BaseStatistics> {
    if (input.column_index.HasChildren()) return nullptr;
    return column_statistics(context, *scan_info(*input.bind_data).state, input.column_index.GetPrimaryIndex());
  };
  function.get_partition_stats = partition_statistics;
  function.to_string = [](TableFunctionToStringInput& input) {
    InsertionOrderPreservingMap<string> facts;
    auto& list = file_list(*input.bind_data);
    list.report_read();
    facts["Table"] = list.state().name.text();
    if (list.state().base) facts["Version"] = std::to_string(list.state().snapshot()->version());
    facts["Files"] = std::to_string(list.kept().size()) + " of " + std::to_string(list.state().files().size());
    return facts;
  };
  function.pushdown_expression = [](ClientContext&, const LogicalGet& get, Expression& filter) {
    return may_go_into_scan(*scan_info(*get.bind_data).state, get, filter);
  };
  function.serialize = nullptr;
  function.deserialize = nullptr;
}

}  // namespace

namespace {

// By this option DuckDB's Parquet reader takes a struct of metadata and value for a variant; newer writers say by a
// logical type that it is one.
constexpr const char* variant_option = "__delta_only_variant_encoding_enabled";

// Switches the option on while a scan is bound: other Parquet files may hold such structs that are none.
class VariantsAllowed {
 public:
  VariantsAllowed(ClientContext& context, const TableState& state)
      : settings_(ClientConfig::GetConfig(context).user_settings) {
    ExtensionOption option;
    bool wanted = state.metadata.schema.any_type([](auto& type) { return type.kind == lake::TypeKind::variant; });
    if (!wanted || !DBConfig::GetConfig(context).TryGetExtensionOption(variant_option, option)) return;
    index_ = option.setting_index.GetIndex();
    settings_.SetUserSetting(*index_, Value::BOOLEAN(true));
  }
  ~VariantsAllowed() {
    if (index_) settings_.SetUserSetting(*index_, Value::BOOLEAN(false));
  }
  VariantsAllowed(const VariantsAllowed&) = delete;
  VariantsAllowed& operator=(const VariantsAllowed&) = delete;

 private:
  LocalUserSettings& settings_;
  std::optional<idx_t> index_;
};

}  // namespace

void register_variant_option(DatabaseInstance& database) {
  DBConfig::GetConfig(database).AddExtensionOption(variant_option, "variants as structs of metadata and value",
                                                   LogicalType::BOOLEAN, Value::BOOLEAN(false));
}

namespace {

TableFunction parquet_scan(ClientContext& context) {
  auto& parquet =
      Catalog::GetSystemCatalog(context).GetEntry<TableFunctionCatalogEntry>(context, DEFAULT_SCHEMA, "parquet_scan");
  return parquet.functions.GetFunctionByOffset(0);
}

duckdb::unique_ptr<FunctionData> bind_scan(ClientContext& context, TableFunction& function,
                                           const duckdb::shared_ptr<ScanInfo>& info, duckdb::vector<LogicalType>& types,
                                           duckdb::vector<string>& names) {
  info->parquet_init_global = function.init_global;
  info->parquet_scan = function.function;
  function.function_info = info;
  set_callbacks(function);
  duckdb::vector<Value> inputs{Value("")};
  named_parameter_map_t parameters;
  duckdb::vector<LogicalType> input_types;
  duckdb::vector<string> input_names;
  TableFunctionRef ref;
  TableFunctionBindInput input(inputs, parameters, input_types, input_names, nullptr, nullptr, function, ref);
  VariantsAllowed variants(context, *info->state);
  auto bound = function.bind(context, input, types, names);
  bound->Cast<MultiFileBindData>().virtual_columns = virtual_columns(*info->state, info->changed != nullptr);
  return bound;
}

}  // namespace

TableFunction lake_scan_function(ClientContext& context, StatePtr state, optional_ptr<TableCatalogEntry> entry,
                                 const ScanPart& part, duckdb::unique_ptr<FunctionData>& bind_data) {
  auto function = parquet_scan(context);
  auto info = make_shared_ptr<ScanInfo>();
  info->entry = entry;
  info->part = part;
  auto& catalog = Catalog::GetCatalog(context, "lake");
  auto& transaction = LakeTransaction::of(context, catalog);
  across(&transaction.session().errors, [&] {
    state->files();
    if (transaction.session().scan_report) begin_report(*state, *transaction.session().scan_report);
  });
  // A version named by AT stays what it is: reading it is no reading of the table as it is now.
  auto now = transaction.table(state->name);
  if (!info->part.changes && now && now->base == state->base) info->mark = transaction.mark_read(state->name);
  info->state = std::move(state);
  function.name = "lake_scan";
  duckdb::vector<LogicalType> types;
  duckdb::vector<string> names;
  bind_data = bind_scan(context, function, info, types, names);
  return function;
}

TableFunction change_scan_function(ClientContext& context) {
  auto function = parquet_scan(context);
  set_callbacks(function);
  return function;
}

duckdb::unique_ptr<FunctionData> bind_change_scan(ClientContext& context, StatePtr feed,
                                                  std::shared_ptr<const ChangedRows> changed,
                                                  duckdb::vector<LogicalType>& types, duckdb::vector<string>& names) {
  auto function = parquet_scan(context);
  auto info = make_shared_ptr<ScanInfo>();
  info->state = std::move(feed);
  info->changed = std::move(changed);
  return bind_scan(context, function, info, types, names);
}

bool scans_everything(const LogicalGet& get) {
  return get.function.name == "lake_scan" && get.table_filters.filters.empty() && !get.extra_info.sample_options &&
         file_list(*get.bind_data).whole_table();
}

// ---- the table entry's side ----

duckdb::unique_ptr<BaseStatistics> LakeTable::GetStatistics(ClientContext& context, column_t column) {
  return column_statistics(context, *state, column);
}

TableFunction LakeTable::GetScanFunction(ClientContext& context, duckdb::unique_ptr<FunctionData>& bind_data) {
  return lake_scan_function(context, state, this, {}, bind_data);
}

// Asked for each table of a listing: no log is replayed for it.
TableStorageInfo LakeTable::GetStorageInfo(ClientContext&) { return {}; }

virtual_column_map_t LakeTable::GetVirtualColumns() const { return virtual_columns(*state, false); }

duckdb::vector<column_t> LakeTable::GetRowIdColumns() const { return {COLUMN_IDENTIFIER_ROW_ID}; }

}  // namespace weir::engine::duck
