#include "engine/duckdb/lake_scan.h"

#include <duckdb/catalog/catalog_entry/table_function_catalog_entry.hpp>
#include <duckdb/common/multi_file/multi_file_reader.hpp>
#include <duckdb/common/multi_file/multi_file_states.hpp>
#include <duckdb/function/partition_stats.hpp>
#include <duckdb/main/client_config.hpp>
#include <duckdb/main/config.hpp>
#include <duckdb/parser/expression/constant_expression.hpp>
#include <duckdb/parser/tableref/table_function_ref.hpp>
#include <duckdb/planner/operator/logical_get.hpp>
#include <duckdb/storage/statistics/numeric_stats.hpp>
#include <duckdb/storage/table_storage_info.hpp>

#include "base/text.h"
#include "engine/duckdb/damaged_file.h"
#include "engine/duckdb/kept_out.h"
#include "engine/duckdb/lake_catalog.h"
#include "engine/duckdb/lake_file_list.h"
#include "engine/duckdb/mapped_columns.h"
#include "engine/duckdb/row_filters.h"
#include "engine/duckdb/row_ids.h"
#include "engine/duckdb/scan_steps.h"
#include "engine/duckdb/types.h"

namespace weir::engine::duck {

using namespace duckdb;

namespace {

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
    if (skip || (info->part.only && info->part.only->count(number) == 0))
      return ReaderInitializeType::SKIP_READING_FILE;
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
    for (auto& [column, value] : info->state->files()[file_number(*data.reader)]->if_missing())
      in_file.at(column).default_expression = make_uniq<ConstantExpression>(value);
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

TableFunction state_scan_function(ClientContext& context) {
  auto function = parquet_scan(context);
  set_callbacks(function);
  function.named_parameters.clear();
  return function;
}

duckdb::unique_ptr<FunctionData> bind_state_scan(ClientContext& context, StatePtr state,
                                                 std::shared_ptr<const ChangedRows> changed,
                                                 duckdb::vector<LogicalType>& types, duckdb::vector<string>& names) {
  auto function = parquet_scan(context);
  auto info = make_shared_ptr<ScanInfo>();
  info->state = std::move(state);
  info->changed = std::move(changed);
  return bind_scan(context, function, info, types, names);
}

duckdb::unique_ptr<FunctionData> only_these(const TableFunction& function, const FunctionData& bind_data,
                                            std::shared_ptr<const RowSet> rows) {
  if (function.name != "lake_scan") return nullptr;
  auto& whole = scan_info(bind_data);
  if (whole.part.changes || whole.part.only) return nullptr;
  auto info = make_shared_ptr<ScanInfo>(whole);
  info->part.only = std::move(rows);
  auto result = bind_data.Copy();
  result->Cast<MultiFileBindData>().multi_file_reader = make_uniq<LakeReader>(std::move(info));
  return result;
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
