#include "engine/duckdb/lake_write.h"

#include <algorithm>
#include <cmath>
#include <duckdb/catalog/catalog_entry/copy_function_catalog_entry.hpp>
#include <duckdb/common/types/date.hpp>
#include <duckdb/common/types/timestamp.hpp>
#include <duckdb/execution/operator/order/physical_order.hpp>
#include <duckdb/execution/operator/persistent/physical_copy_to_file.hpp>
#include <duckdb/planner/expression/bound_reference_expression.hpp>
#include <shared_mutex>

#include "base/hash.h"
#include "base/options.h"
#include "base/text.h"
#include "engine/duckdb/lake_ddl.h"
#include "engine/duckdb/types.h"
#include "lake/stats_writer.h"

namespace weir::engine::duck {

using namespace duckdb;

namespace {

constexpr uint64_t default_target_bytes = 128ull << 20;
constexpr uint64_t row_group_rows = 122'880;

// ---- rules for rows ----

[[noreturn]] void refuse_row(const std::string& message, const std::string& hint) {
  throw Error(ErrorCode::sql_constraint, message, hint);
}

bool has_inner_not_null(const lake::DataType& type) {
  return std::any_of(type.fields.begin(), type.fields.end(),
                     [](const lake::Field& field) { return !field.nullable || has_inner_not_null(field.type); });
}

// Value by value: only for the rare columns that forbid NULL inside a nested type.
void check_inner(const Value& value, const lake::DataType& type, const std::string& path) {
  if (value.IsNull() || type.fields.empty()) return;
  auto check = [&](const Value& part, const lake::Field& field) {
    auto name = path + "." + field.name;
    if (part.IsNull() && !field.nullable) refuse_row("NULL in \"" + name + "\", which is NOT NULL", "");
    check_inner(part, field.type, name);
  };
  if (type.kind == lake::TypeKind::struct_) {
    auto& parts = StructValue::GetChildren(value);
    for (size_t i = 0; i < parts.size(); ++i) check(parts[i], type.fields[i]);
  } else if (type.kind == lake::TypeKind::array) {
    for (auto& part : ListValue::GetChildren(value)) check(part, type.fields[0]);
  } else if (type.kind == lake::TypeKind::map) {
    for (auto& entry : MapValue::GetChildren(value)) {
      auto& pair = StructValue::GetChildren(entry);
      check(pair[0], type.fields[0]);
      check(pair[1], type.fields[1]);
    }
  }
}

bool holds_time(const LogicalType& type) {
  return contains_type(type, LogicalTypeId::DATE) || contains_type(type, LogicalTypeId::TIMESTAMP) ||
         contains_type(type, LogicalTypeId::TIMESTAMP_TZ);
}

void check_finite(Vector& vector, idx_t count, const std::string& column) {
  auto type = vector.GetType().id();
  if (type == LogicalTypeId::STRUCT) {
    vector.Flatten(count);
    for (auto& child : StructVector::GetEntries(vector)) check_finite(*child, count, column);
    return;
  }
  if (type == LogicalTypeId::LIST || type == LogicalTypeId::MAP) {
    vector.Flatten(count);
    check_finite(ListVector::GetEntry(vector), ListVector::GetListSize(vector), column);
    return;
  }
  bool date = type == LogicalTypeId::DATE;
  if (!date && type != LogicalTypeId::TIMESTAMP && type != LogicalTypeId::TIMESTAMP_TZ) return;
  UnifiedVectorFormat format;
  vector.ToUnifiedFormat(count, format);
  for (idx_t i = 0; i < count; ++i) {
    auto row = format.sel->get_index(i);
    if (!format.validity.RowIsValid(row)) continue;
    bool finite = date ? Date::IsFinite(UnifiedVectorFormat::GetData<date_t>(format)[row])
                       : Timestamp::IsFinite(UnifiedVectorFormat::GetData<timestamp_t>(format)[row]);
    if (!finite)
      refuse_row("infinity in column \"" + column + "\": Delta tables hold finite dates and times only",
                 "Use NULL or a far date instead, e.g. NULLIF(x, 'infinity').");
  }
}

template <class T>
bool has_nan(Vector& vector, idx_t count) {
  UnifiedVectorFormat format;
  vector.ToUnifiedFormat(count, format);
  auto* data = UnifiedVectorFormat::GetData<T>(format);
  for (idx_t i = 0; i < count; ++i) {
    auto row = format.sel->get_index(i);
    if (format.validity.RowIsValid(row) && std::isnan(data[row])) return true;
  }
  return false;
}

// ---- statistics ----

// "a"."b" -> a.b; nullopt for names that hold a dot themselves.
std::optional<std::string> plain_path(const std::string& quoted) {
  std::string path;
  for (size_t i = 0; i < quoted.size();) {
    if (quoted[i] == '.') {
      path += '.';
      ++i;
      continue;
    }
    for (++i; i < quoted.size(); ++i) {
      if (quoted[i] == '"' && (++i >= quoted.size() || quoted[i] != '"')) break;
      if (quoted[i] == '.') return std::nullopt;
      path += quoted[i];
    }
  }
  return path;
}

// Times without an offset; none outside the years that Delta's text form has.
std::optional<std::string> stats_text(const Value& value, const LogicalType& type) {
  if (value.IsNull()) return std::nullopt;
  auto text = value.ToString();
  switch (type.id()) {
    case LogicalTypeId::DATE:
    case LogicalTypeId::TIMESTAMP:
    case LogicalTypeId::TIMESTAMP_TZ:
      if (text.size() < 10 || text[4] != '-' || text.find('(') != std::string::npos) return std::nullopt;
      if (auto plus = text.find('+'); plus != std::string::npos) text.resize(plus);
      return text;
    default:
      return text;
  }
}

// The ids by which column mapping knows a field and those in it, in the form of COPY's option FIELD_IDS; NULL if it has
// none.
Value field_ids(const lake::Field& stored) {
  child_list_t<Value> parts;
  if (auto id = stored.id()) parts.emplace_back("__duckdb_field_id", Value::BIGINT(*id));
  for (auto& child : stored.type.fields) {
    if (auto ids = field_ids(child); !ids.IsNull()) parts.emplace_back(child.name, std::move(ids));
  }
  return parts.empty() ? Value() : Value::STRUCT(std::move(parts));
}

// ---- files ----

// Folder of a partition value. File systems allow names of 255 bytes: longer ones are told apart by a hash.
std::string partition_folder(const std::string& column, const std::optional<std::string>& text) {
  auto name = percent_encode(column, "-_.");
  auto folder = name + "=" + (text ? percent_encode(*text, "-_.") : "__HIVE_DEFAULT_PARTITION__");
  return folder.size() <= 200 ? folder : name.substr(0, 100) + "=" + sha256_hex(folder).substr(0, 32);
}

struct OpenFile {
  std::string relative, url;
  lake::PartitionValues partition;
  duckdb::unique_ptr<GlobalFunctionData> writer;
  CopyFunctionFileStatistics stats;
  std::vector<std::atomic<bool>> nan;
  std::shared_mutex in_use;  // shared by rows that go in, exclusive to close
};

}  // namespace

class LakeWrite final : public PhysicalOperator {
 public:
  LakeWrite(PhysicalPlan& physical, duckdb::vector<LogicalType> types, LakeCatalog& catalog, WritePlan plan,
            CopyFunction function, duckdb::unique_ptr<FunctionData> bind)
      : PhysicalOperator(physical, PhysicalOperatorType::EXTENSION, std::move(types), 1),
        catalog_(catalog),
        plan_(std::move(plan)),
        stored_(plan_.schema.in_files()),
        function_(std::move(function)),
        bind_(std::move(bind)) {
    for (size_t i = 0; i < plan_.columns.size(); ++i) {
      (plan_.columns[i].partition ? partition_ : data_).push_back(i);
      if (!plan_.columns[i].partition) data_types_.push_back(to_duckdb(stored_.fields[i].type));
      if (holds_time(plan_.columns[i].type)) times_.push_back(i);
      inner_not_null_.push_back(has_inner_not_null(plan_.schema.fields[i].type));
    }
    target_bytes_ = default_target_bytes;
    if (auto set = plan_.configuration.find("delta.targetFileSize"); set != plan_.configuration.end()) {
      if (auto bytes = parse_bytes(set->second); bytes && *bytes > 0) target_bytes_ = static_cast<uint64_t>(*bytes);
    }
  }

  string GetName() const override { return "LAKE_WRITE"; }
  bool IsSink() const override { return true; }
  bool ParallelSink() const override { return true; }
  bool IsSource() const override { return true; }

  duckdb::unique_ptr<GlobalSinkState> GetGlobalSinkState(ClientContext& context) const override;
  duckdb::unique_ptr<LocalSinkState> GetLocalSinkState(ExecutionContext& context) const override;
  SinkResultType Sink(ExecutionContext& context, DataChunk& chunk, OperatorSinkInput& input) const override;
  SinkCombineResultType Combine(ExecutionContext& context, OperatorSinkCombineInput& input) const override;
  SinkFinalizeType Finalize(Pipeline&, Event&, ClientContext& context, OperatorSinkFinalizeInput& input) const override;
  SourceResultType GetDataInternal(ExecutionContext&, DataChunk& chunk, OperatorSourceInput&) const override;

 private:
  struct Global final : GlobalSinkState {
    LakeTransaction* transaction = nullptr;
    StatePtr state;
    std::mutex mutex;
    std::shared_ptr<OpenFile> current;  // of an unpartitioned table
    std::vector<FilePtr> written;
    std::atomic<int64_t> rows{0};
    uint64_t bytes = 0;
  };
  struct Local final : LocalSinkState {
    duckdb::unique_ptr<LocalFunctionData> rows;
    std::optional<RuleJudge> judge;
    DataChunk data;                     // the columns that go into the file
    std::shared_ptr<OpenFile> current;  // of a partitioned table
    duckdb::vector<Value> partition;
  };

  std::shared_ptr<OpenFile> open(ClientContext& context, Global& global, const duckdb::vector<Value>& partition) const;
  void close(ClientContext& context, Global& global, OpenFile& file) const;
  void check(DataChunk& chunk) const;
  void note_nan(OpenFile& file, DataChunk& data) const;
  void with_shared_file(ClientContext& context, Global& global, const std::function<void(OpenFile&)>& use) const;
  void close_partition(ExecutionContext& context, Global& global, Local& local) const;
  void sink_partitioned(ExecutionContext& context, Global& global, Local& local, DataChunk& chunk) const;
  std::string stats_of(OpenFile& file) const;
  FunctionData& bind() const { return const_cast<FunctionData&>(*bind_); }

  LakeCatalog& catalog_;
  WritePlan plan_;
  lake::Schema stored_;
  CopyFunction function_;
  duckdb::unique_ptr<FunctionData> bind_;
  std::vector<size_t> data_, partition_, times_;
  std::vector<bool> inner_not_null_;
  duckdb::vector<LogicalType> data_types_;
  uint64_t target_bytes_;
};

duckdb::unique_ptr<GlobalSinkState> LakeWrite::GetGlobalSinkState(ClientContext& context) const {
  auto global = make_uniq<Global>();
  auto& transaction = LakeTransaction::of(context, catalog_);
  across(&transaction.session().errors, [&] {
    if (plan_.create) {
      auto state = created_state(transaction, plan_.table, plan_.create->on_conflict, plan_.create->metadata,
                                 plan_.operation);
      require(state != nullptr, "CREATE TABLE AS runs only where there is something to create");
      transaction.stage(std::move(state));
    }
    global->state = transaction.table(plan_.table);
    if (!global->state)
      throw Error(ErrorCode::sql_unknown_table, "table \"" + plan_.table.text() + "\" does not exist");
  });
  global->transaction = &transaction;
  return global;
}

duckdb::unique_ptr<LocalSinkState> LakeWrite::GetLocalSinkState(ExecutionContext& context) const {
  auto local = make_uniq<Local>();
  local->rows = function_.copy_to_initialize_local(context, bind());
  local->data.InitializeEmpty(data_types_);
  if (plan_.rules) local->judge.emplace(context.client, *plan_.rules);
  return local;
}

std::shared_ptr<OpenFile> LakeWrite::open(ClientContext& context, Global& global,
                                          const duckdb::vector<Value>& partition) const {
  auto file = std::make_shared<OpenFile>();
  for (size_t i = 0; i < partition_.size(); ++i) {
    auto& column = plan_.columns[partition_[i]].physical_name;
    auto text = partition_text(partition[i]);
    file->relative += partition_folder(column, text) + "/";
    file->partition[column] = std::move(text);
  }
  file->relative += global.transaction->next_file_name();
  auto key = global.state->location.key(file->relative);
  file->url = global.state->url + key;
  file->nan = std::vector<std::atomic<bool>>(data_.size());
  global.transaction->will_write(global.state->location, key);
  file->writer = function_.copy_to_initialize_global(context, bind(), file->url);
  function_.copy_to_get_written_statistics(context, bind(), *file->writer, file->stats);
  return file;
}

std::string LakeWrite::stats_of(OpenFile& file) const {
  std::map<std::string, lake::LeafStats> leaves;
  for (auto& [quoted, facts] : file.stats.column_statistics) {
    auto path = plain_path(quoted);
    auto* field = path ? stored_.find_leaf(*path) : nullptr;
    if (!field) continue;
    auto type = to_duckdb(field->type);
    lake::LeafStats leaf;
    for (auto& [name, value] : facts) {
      if (name == "min") leaf.min = stats_text(value, type);
      if (name == "max") leaf.max = stats_text(value, type);
      if (name == "null_count") leaf.null_count = value.GetValue<int64_t>();
    }
    // DuckDB's own flag tells of the last row group only; inside structs nobody looked.
    leaf.has_nan = type.IsFloating() && path->find('.') != std::string::npos;
    leaves[*path] = std::move(leaf);
  }
  for (size_t i = 0; i < data_.size(); ++i) {
    auto leaf = leaves.find(plan_.columns[data_[i]].physical_name);
    if (leaf != leaves.end() && file.nan[i]) leaf->second.has_nan = true;
  }
  std::vector<std::string> partition_columns;
  for (auto i : partition_) partition_columns.push_back(plan_.columns[i].name);
  return lake::write_stats(plan_.schema, partition_columns, plan_.configuration,
                           static_cast<int64_t>(file.stats.row_count), leaves);
}

void LakeWrite::close(ClientContext& context, Global& global, OpenFile& file) const {
  function_.copy_to_finalize(context, bind(), *file.writer);
  file.writer.reset();
  across(&global.transaction->session().errors, [&] {
    auto info = global.state->location.store->head(global.state->location.key(file.relative));
    if (!info) throw Error(ErrorCode::store_not_found, "the file just written is gone: " + file.relative);
    lake::Add add;
    add.path = lake::encode_path(file.relative);
    add.partition_values = file.partition;
    add.size_bytes = static_cast<int64_t>(info->size);
    add.modification_time_ms = info->modified_ms;
    add.stats = stats_of(file);
    std::lock_guard lock(global.mutex);
    global.bytes += info->size;
    global.written.push_back(std::make_shared<const DataFile>(std::move(add), info->modified_ms));
  });
}

void LakeWrite::check(DataChunk& chunk) const {
  for (size_t i = 0; i < plan_.columns.size(); ++i) {
    auto& column = plan_.columns[i];
    auto& vector = chunk.data[i];
    bool no_empty_text = column.partition && column.type.id() == LogicalTypeId::VARCHAR;
    if (column.nullable && !no_empty_text && !inner_not_null_[i]) continue;
    UnifiedVectorFormat format;
    vector.ToUnifiedFormat(chunk.size(), format);
    for (idx_t row = 0; row < chunk.size(); ++row) {
      auto at = format.sel->get_index(row);
      bool valid = format.validity.RowIsValid(at);
      if (!valid && !column.nullable)
        refuse_row("NULL in column \"" + column.name + "\" of " + plan_.table.text() + ", which is NOT NULL", "");
      if (valid && no_empty_text && UnifiedVectorFormat::GetData<string_t>(format)[at].GetSize() == 0)
        refuse_row("empty text in partition column \"" + column.name + "\": Delta cannot tell it from NULL",
                   "Use NULLIF(x, '') or a text of its own for it.");
      if (inner_not_null_[i]) check_inner(vector.GetValue(row), plan_.schema.fields[i].type, column.name);
    }
  }
  for (auto i : times_) check_finite(chunk.data[i], chunk.size(), plan_.columns[i].name);
}

void LakeWrite::note_nan(OpenFile& file, DataChunk& data) const {
  for (size_t i = 0; i < data_.size(); ++i) {
    auto type = data_types_[i].id();
    if (file.nan[i] || (type != LogicalTypeId::FLOAT && type != LogicalTypeId::DOUBLE)) continue;
    if (type == LogicalTypeId::FLOAT ? has_nan<float>(data.data[i], data.size())
                                     : has_nan<double>(data.data[i], data.size()))
      file.nan[i] = true;
  }
}

void LakeWrite::with_shared_file(ClientContext& context, Global& global,
                                 const std::function<void(OpenFile&)>& use) const {
  std::unique_lock lock(global.mutex);
  if (global.current && function_.rotate_next_file(*global.current->writer, bind(), optional_idx(target_bytes_))) {
    auto full = std::exchange(global.current, nullptr);
    lock.unlock();
    {
      std::unique_lock last_user(full->in_use);
      close(context, global, *full);
    }
    lock.lock();
  }
  if (!global.current) global.current = open(context, global, {});
  auto file = global.current;
  std::shared_lock using_it(file->in_use);  // taken before others may rotate the file
  lock.unlock();
  use(*file);
}

void LakeWrite::close_partition(ExecutionContext& context, Global& global, Local& local) const {
  if (!local.current) return;
  function_.copy_to_combine(context, bind(), *local.current->writer, *local.rows);
  close(context.client, global, *local.current);
  local.current.reset();
  local.rows = function_.copy_to_initialize_local(context, bind());
}

void LakeWrite::sink_partitioned(ExecutionContext& context, Global& global, Local& local, DataChunk& chunk) const {
  idx_t start = 0;
  while (start < chunk.size()) {
    duckdb::vector<Value> partition;
    for (auto i : partition_) partition.push_back(chunk.data[i].GetValue(start));
    idx_t end = start + 1;  // rows come sorted: one run per partition
    auto same = [&](idx_t row) {
      for (size_t i = 0; i < partition_.size(); ++i) {
        if (!Value::NotDistinctFrom(chunk.data[partition_[i]].GetValue(row), partition[i])) return false;
      }
      return true;
    };
    if (same(chunk.size() - 1)) end = chunk.size();
    while (end < chunk.size() && same(end)) ++end;
    bool other = local.current &&
                 !std::equal(partition.begin(), partition.end(), local.partition.begin(), Value::NotDistinctFrom);
    if (other ||
        (local.current && function_.rotate_next_file(*local.current->writer, bind(), optional_idx(target_bytes_))))
      close_partition(context, global, local);
    if (!local.current) local.current = open(context.client, global, partition);
    local.partition = std::move(partition);
    DataChunk run;
    run.InitializeEmpty(data_types_);
    for (size_t i = 0; i < data_.size(); ++i) run.data[i].Slice(chunk.data[data_[i]], start, end);
    run.SetCardinality(end - start);
    note_nan(*local.current, run);
    function_.copy_to_sink(context, bind(), *local.current->writer, *local.rows, run);
    start = end;
  }
}

SinkResultType LakeWrite::Sink(ExecutionContext& context, DataChunk& chunk, OperatorSinkInput& input) const {
  auto& global = input.global_state.Cast<Global>();
  auto& local = input.local_state.Cast<Local>();
  across(&global.transaction->session().errors, [&] {
    for (auto& identity : plan_.identities) identity->fill(chunk.data[identity->column], chunk.size());
    check(chunk);
    if (local.judge) local.judge->judge(chunk, plan_.columns);
    global.rows += static_cast<int64_t>(chunk.size());
    global.transaction->session().rows_staged += static_cast<int64_t>(chunk.size());
    if (!partition_.empty()) return sink_partitioned(context, global, local, chunk);
    local.data.Reference(chunk);
    with_shared_file(context.client, global, [&](OpenFile& file) {
      note_nan(file, local.data);
      function_.copy_to_sink(context, bind(), *file.writer, *local.rows, local.data);
    });
  });
  return SinkResultType::NEED_MORE_INPUT;
}

SinkCombineResultType LakeWrite::Combine(ExecutionContext& context, OperatorSinkCombineInput& input) const {
  auto& global = input.global_state.Cast<Global>();
  auto& local = input.local_state.Cast<Local>();
  across(&global.transaction->session().errors, [&] {
    if (!partition_.empty()) return close_partition(context, global, local);
    {
      std::lock_guard lock(global.mutex);
      if (!global.current) return;  // no row came
    }
    with_shared_file(context.client, global,
                     [&](OpenFile& file) { function_.copy_to_combine(context, bind(), *file.writer, *local.rows); });
  });
  return SinkCombineResultType::FINISHED;
}

SinkFinalizeType LakeWrite::Finalize(Pipeline&, Event&, ClientContext& context,
                                     OperatorSinkFinalizeInput& input) const {
  auto& global = input.global_state.Cast<Global>();
  auto& session = global.transaction->session();
  across(&session.errors, [&] {
    if (global.current) close(context, global, *global.current);
    global.current.reset();
    TableChange change;
    change.table = plan_.table;
    change.operation = plan_.operation;
    change.added = std::move(global.written);
    change.bytes_added = global.bytes;
    change.rows_added = global.rows;
    if (plan_.changes) {
      auto& changes = *plan_.changes;
      take_away(*global.transaction, changes, change);
      change.rows_removed = changes.deleted + changes.rewritten;
      change.rows_added = changes.inserted + changes.rewritten;
    }
    for (auto& identity : plan_.identities) {
      if (auto mark = identity->high_water_mark()) change.high_water_marks[identity->column] = *mark;
    }
    session.rows_written += change.rows_added;
    session.bytes_written += change.bytes_added;
    global.transaction->apply(std::move(change));
  });
  return SinkFinalizeType::READY;
}

SourceResultType LakeWrite::GetDataInternal(ExecutionContext&, DataChunk& chunk, OperatorSourceInput&) const {
  auto count = sink_state->Cast<Global>().rows.load();
  if (plan_.changes) count = plan_.changes->deleted + plan_.changes->updated + plan_.changes->inserted;
  chunk.SetCardinality(1);
  chunk.SetValue(0, 0, Value::BIGINT(count));
  return SourceResultType::FINISHED;
}

// ---- planning ----

WritePlan write_plan_of(ClientContext& context, const TableState& state, std::string operation) {
  WritePlan plan;
  plan.table = state.name;
  plan.columns = state.columns;
  plan.schema = state.metadata.schema;
  plan.configuration = state.metadata.configuration;
  plan.operation = std::move(operation);
  plan.rules = bind_rules(context, plan.table, state.metadata, state.columns);
  for (size_t i = 0; i < plan.columns.size(); ++i) {
    if (auto identity = IdentityColumn::of(plan.schema.fields[i], i)) plan.identities.push_back(std::move(identity));
  }
  return plan;
}

void refuse_unwritable(ClientContext& context, const TableState& state, bool removes_rows) {
  if (!state.base) return;
  across(&SessionState::of(context).errors, [&] {
    lake::CommitDraft draft;
    draft.actions.emplace_back(lake::Add());
    if (removes_rows) draft.actions.emplace_back(lake::Remove());
    lake::check_writable(*state.snapshot(), draft);
  });
}

PhysicalOperator& plan_write(PhysicalPlanGenerator& planner, LakeCatalog& catalog, ClientContext& context,
                             WritePlan plan, PhysicalOperator& child) {
  auto& parquet =
      Catalog::GetSystemCatalog(context).GetEntry<CopyFunctionCatalogEntry>(context, DEFAULT_SCHEMA, "parquet");
  CopyInfo info;
  info.format = "parquet";
  info.options["compression"] = {Value("zstd")};
  info.options["compression_level"] = {Value::BIGINT(1)};
  info.options["row_group_size"] = {Value::UBIGINT(row_group_rows)};
  info.options["parquet_version"] = {Value("V1")};
  duckdb::vector<string> names;
  duckdb::vector<LogicalType> types;
  child_list_t<Value> ids;
  for (size_t i = 0; i < plan.columns.size(); ++i) {
    if (plan.columns[i].partition) continue;
    auto stored = plan.schema.fields[i].in_files();
    names.push_back(stored.name);
    types.push_back(to_duckdb(stored.type));
    if (auto own = field_ids(stored); !own.IsNull()) ids.emplace_back(stored.name, std::move(own));
  }
  if (!ids.empty()) info.options["field_ids"] = {Value::STRUCT(std::move(ids))};
  CopyFunctionBindInput bind_input(info);
  auto bind = parquet.function.copy_to_bind(context, bind_input, names, types);

  auto* top = &child;
  duckdb::vector<BoundOrderByNode> order;
  duckdb::vector<idx_t> all;
  for (size_t i = 0; i < plan.columns.size(); ++i) {
    all.push_back(i);
    if (plan.columns[i].partition)
      order.emplace_back(OrderType::ASCENDING, OrderByNullType::NULLS_FIRST,
                         make_uniq<BoundReferenceExpression>(plan.columns[i].type, i));
  }
  if (!order.empty()) {
    auto& sort =
        planner.Make<PhysicalOrder>(child.types, std::move(order), std::move(all), child.estimated_cardinality);
    sort.children.push_back(child);
    top = &sort;
  }
  duckdb::vector<LogicalType> result{LogicalType::BIGINT};
  auto& write = planner.Make<LakeWrite>(std::move(result), catalog, std::move(plan), parquet.function, std::move(bind));
  write.children.push_back(*top);
  return write;
}

}  // namespace weir::engine::duck
