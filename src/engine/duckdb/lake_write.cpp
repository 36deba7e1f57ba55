#include "engine/duckdb/lake_write.h"

#include <algorithm>
#include <duckdb/common/types/date.hpp>
#include <duckdb/common/types/timestamp.hpp>
#include <duckdb/execution/operator/order/physical_order.hpp>
#include <duckdb/execution/operator/projection/physical_projection.hpp>
#include <duckdb/planner/expression/bound_constant_expression.hpp>
#include <duckdb/planner/expression/bound_reference_expression.hpp>

#include "engine/duckdb/row_files.h"
#include "engine/duckdb/types.h"
#include "lake/features.h"

namespace weir::engine::duck {

using namespace duckdb;

namespace {

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

}  // namespace

class LakeWrite final : public PhysicalOperator {
 public:
  LakeWrite(PhysicalPlan& physical, ClientContext& context, duckdb::vector<LogicalType> types, LakeCatalog& catalog,
            WritePlan plan)
      : PhysicalOperator(physical, PhysicalOperatorType::EXTENSION, std::move(types), 1),
        catalog_(catalog),
        plan_(std::move(plan)),
        files_(context, plan_.columns, plan_.schema, plan_.configuration, FilesHold::data, plan_.tracked) {
    if (plan_.feed)
      feed_.emplace(context, plan_.columns, plan_.schema, plan_.configuration, FilesHold::changes, plan_.tracked);
    if (plan_.order) files_.keep_order(plan_.order->order.cube);
    for (size_t i = 0; i < plan_.columns.size(); ++i) {
      if (holds_time(plan_.columns[i].type)) times_.push_back(i);
      inner_not_null_.push_back(has_inner_not_null(plan_.schema.fields[i].type));
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
    RowFiles::Global files, feed;
    std::atomic<int64_t> rows{0};
  };
  struct Local final : LocalSinkState {
    RowFiles::Local files, feed;
    std::optional<RuleJudge> judge;
  };
  void write_rows(ExecutionContext& context, Global& global, Local& local, DataChunk& rows) const;
  void write_both(ExecutionContext& context, Global& global, Local& local, DataChunk& chunk) const;
  void check(DataChunk& chunk) const;

  LakeCatalog& catalog_;
  WritePlan plan_;
  RowFiles files_;
  std::optional<RowFiles> feed_;  // change data
  std::vector<size_t> times_;
  std::vector<bool> inner_not_null_;
};

duckdb::unique_ptr<GlobalSinkState> LakeWrite::GetGlobalSinkState(ClientContext& context) const {
  auto global = make_uniq<Global>();
  auto& transaction = LakeTransaction::of(context, catalog_);
  across(&transaction.session().errors, [&] {
    if (plan_.create) {
      auto state =
          created_state(transaction, plan_.table, plan_.create->on_conflict, plan_.create->declared, plan_.operation);
      require(state != nullptr, "CREATE TABLE AS runs only where there is something to create");
      transaction.stage(std::move(state));
    }
    auto state = transaction.table(plan_.table);
    if (!state) throw Error(ErrorCode::sql_unknown_table, "table \"" + plan_.table.text() + "\" does not exist");
    for (auto* files : {&global->files, &global->feed}) {
      files->transaction = &transaction;
      files->state = state;
    }
  });
  global->transaction = &transaction;
  return global;
}

duckdb::unique_ptr<LocalSinkState> LakeWrite::GetLocalSinkState(ExecutionContext& context) const {
  auto local = make_uniq<Local>();
  files_.start(context, local->files);
  if (feed_) feed_->start(context, local->feed);
  if (plan_.fresh.rules && !plan_.changes) local->judge.emplace(context.client, *plan_.fresh.rules);
  return local;
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

void LakeWrite::write_rows(ExecutionContext& context, Global& global, Local& local, DataChunk& rows) const {
  if (!plan_.changes) {
    for (auto& identity : plan_.fresh.identities) identity->fill(rows.data[identity->column], rows.size());
  }
  check(rows);
  if (local.judge) local.judge->judge(rows, plan_.columns);
  global.rows += static_cast<int64_t>(rows.size());
  global.transaction->session().rows_staged += static_cast<int64_t>(rows.size());
  files_.sink(context, global.files, local.files, rows);
}

// The rows that the table holds go into its files; rows that changed, as they were and as they are, go into the feed.
void LakeWrite::write_both(ExecutionContext& context, Global& global, Local& local, DataChunk& chunk) const {
  UnifiedVectorFormat kinds;
  chunk.data.back().ToUnifiedFormat(chunk.size(), kinds);
  SelectionVector held(STANDARD_VECTOR_SIZE), told(STANDARD_VECTOR_SIZE);
  idx_t held_count = 0, told_count = 0;
  for (idx_t row = 0; row < chunk.size(); ++row) {
    auto at = kinds.sel->get_index(row);
    bool changed = kinds.validity.RowIsValid(at);
    auto kind = changed ? UnifiedVectorFormat::GetData<string_t>(kinds)[at].GetString() : std::string();
    if (kind != change_delete && kind != change_before) held.set_index(held_count++, row);
    if (changed) told.set_index(told_count++, row);
  }
  chunk.Flatten();  // an INSERT's identity columns are filled in place, for both
  DataChunk rows, changes;
  rows.InitializeEmpty(chunk.GetTypes());
  rows.Reference(chunk);
  if (held_count < chunk.size()) rows.Slice(held, held_count);
  if (held_count > 0) write_rows(context, global, local, rows);
  changes.InitializeEmpty(chunk.GetTypes());
  changes.Reference(chunk);
  if (told_count < chunk.size()) changes.Slice(told, told_count);
  if (told_count > 0) feed_->sink(context, global.feed, local.feed, changes);
}

SinkResultType LakeWrite::Sink(ExecutionContext& context, DataChunk& chunk, OperatorSinkInput& input) const {
  auto& global = input.global_state.Cast<Global>();
  auto& local = input.local_state.Cast<Local>();
  across(&global.transaction->session().errors, [&] {
    if (feed_)
      write_both(context, global, local, chunk);
    else
      write_rows(context, global, local, chunk);
  });
  return SinkResultType::NEED_MORE_INPUT;
}

SinkCombineResultType LakeWrite::Combine(ExecutionContext& context, OperatorSinkCombineInput& input) const {
  auto& global = input.global_state.Cast<Global>();
  auto& local = input.local_state.Cast<Local>();
  across(&global.transaction->session().errors, [&] {
    files_.combine(context, global.files, local.files);
    if (feed_) feed_->combine(context, global.feed, local.feed);
  });
  return SinkCombineResultType::FINISHED;
}

SinkFinalizeType LakeWrite::Finalize(Pipeline&, Event&, ClientContext& context,
                                     OperatorSinkFinalizeInput& input) const {
  auto& global = input.global_state.Cast<Global>();
  auto& session = global.transaction->session();
  across(&session.errors, [&] {
    files_.finish(context, global.files);
    if (feed_) feed_->finish(context, global.feed);
    TableChange change;
    change.table = plan_.table;
    change.operation = plan_.operation;
    change.added = std::move(global.files.written);
    change.bytes_added = global.files.bytes;
    for (auto& file : global.feed.written) {
      auto& add = file->add();
      change.feed.push_back({add.path, add.partition_values, add.size_bytes});
    }
    change.rows_added = global.rows;
    if (plan_.changes) {
      auto& changes = *plan_.changes;
      take_away(*global.transaction, changes, change);
      change.data_change = !changes.moves_only();
      change.parameters = changes.parameters;
      change.rows_removed = changes.deleted + changes.rewritten;
      change.rows_added = changes.inserted + changes.rewritten;
    }
    for (auto& identity : plan_.fresh.identities) {
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

WritePlan write_plan_of(const TableState& state, std::string operation) {
  WritePlan plan;
  plan.table = state.name;
  plan.columns = state.columns;
  plan.schema = state.metadata.schema;
  plan.configuration = state.metadata.configuration;
  plan.operation = std::move(operation);
  plan.feed = lake::change_data_feed(state.protocol, state.metadata);
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

PhysicalOperator& with_kind(PhysicalPlanGenerator& planner, PhysicalOperator& child, const char* kind) {
  auto types = child.types;
  duckdb::vector<duckdb::unique_ptr<Expression>> list;
  for (idx_t i = 0; i < types.size(); ++i) list.push_back(make_uniq<BoundReferenceExpression>(types[i], i));
  list.push_back(make_uniq<BoundConstantExpression>(kind ? Value(kind) : Value(LogicalType::VARCHAR)));
  types.push_back(LogicalType::VARCHAR);
  auto& projection = planner.Make<PhysicalProjection>(std::move(types), std::move(list), child.estimated_cardinality);
  projection.children.push_back(child);
  return projection;
}

PhysicalOperator& plan_write(PhysicalPlanGenerator& planner, LakeCatalog& catalog, ClientContext& context,
                             WritePlan plan, PhysicalOperator& child) {
  auto* top = &child;
  duckdb::vector<BoundOrderByNode> order;
  duckdb::vector<idx_t> all;
  for (size_t i = 0; i < child.types.size(); ++i) all.push_back(i);
  if (plan.order)
    order = across(&SessionState::of(context).errors,
                   [&] { return bound_order(context, *plan.changes->state, plan.order); });
  for (size_t i = 0; i < plan.columns.size() && !plan.order; ++i) {
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
  auto& write = planner.Make<LakeWrite>(context, std::move(result), catalog, std::move(plan));
  write.children.push_back(*top);
  return write;
}

}  // namespace weir::engine::duck
