#include "engine/duckdb/duck_session.h"

#include <algorithm>
#include <duckdb/main/client_config.hpp>
#include <duckdb/main/client_data.hpp>
#include <duckdb/main/prepared_statement_data.hpp>
#include <duckdb/optimizer/optimizer.hpp>
#include <duckdb/parser/parsed_data/create_type_info.hpp>
#include <duckdb/parser/parser.hpp>
#include <duckdb/parser/statement/create_statement.hpp>
#include <duckdb/planner/planner.hpp>
#include <duckdb/storage/buffer_manager.hpp>

#include "base/text.h"
#include "engine/duckdb/arrow_stream.h"
#include "engine/duckdb/column_lineage.h"
#include "engine/duckdb/file_relation.h"
#include "engine/duckdb/lake_transaction.h"
#include "engine/duckdb/overwrite.h"
#include "engine/duckdb/plan_outline.h"
#include "engine/duckdb/result_rows.h"
#include "engine/duckdb/row_order.h"
#include "engine/duckdb/row_rule.h"
#include "engine/duckdb/volatile_functions.h"

namespace weir::engine::duck {

using namespace duckdb;

namespace {

class DuckSession final : public Session {
 public:
  DuckSession(std::function<std::shared_ptr<Instance>()> instance, std::shared_ptr<lake::Lake> lake,
              std::shared_ptr<StoreRegistry> stores, lake::ParquetIo& parquet, CancelToken cancel)
      : open_(std::move(instance)),
        state_(make_shared_ptr<SessionState>(std::move(lake), std::move(stores), parquet, std::move(cancel))) {}
  ~DuckSession() override {
    if (in_transaction_) rollback();
  }

  void begin(const std::string& attempt_id, const PinnedVersions& pinned) override;
  lake::Staged staged() override;
  void release() override;
  void rollback() noexcept override;
  std::vector<lake::CommitOutcome> commit() override;
  std::vector<std::string> commit_notes() const override { return state_->notes; }
  void rewrite_files(const lake::TableName& table, const Rewrite& rewrite) override;
  bool in_transaction() const override { return in_transaction_; }

  Rows query(std::string_view sql) override;
  void execute(std::string_view sql) override { run_noted(sql); }
  void annotate(StatementNote&& note) override { note_ = std::move(note); }
  void confine(Reach reach) override { state_->fence = std::make_shared<const Fence>(std::move(reach)); }
  Rows query_own(std::string_view sql) override;
  std::unique_ptr<format::BatchStream> stream(std::string_view sql) override;
  std::vector<ColumnInfo> describe(std::string_view sql) override;
  std::vector<lake::TableName> tables_of(std::string_view sql) override;
  QueryOutline outline(std::string_view sql) override;
  std::vector<std::string> volatile_functions_of(std::string_view sql) override;
  ColumnLineage column_lineage(std::string_view sql, const StandIns& stand_ins) override;
  ScanReport explain_scan(const lake::TableName& table, std::optional<int64_t> version,
                          const std::string& where) override;

  void register_scan(const std::string& name, const FileScan& scan) override;
  std::string scan_rejects(const std::string& scan_name) override;

  Progress progress() const override;
  SessionMetrics metrics() const override;
  void cancel() override;

 private:
  Connection& connection();
  void connect();
  void end_transaction();
  std::vector<duckdb::unique_ptr<SQLStatement>> parse(const std::string& sql);
  duckdb::unique_ptr<QueryResult> run(duckdb::unique_ptr<SQLStatement> statement, const std::string& sql,
                                      bool streaming);
  duckdb::unique_ptr<QueryResult> run_asked(duckdb::unique_ptr<SQLStatement> statement, const std::string& sql);
  // Within the open transaction, or one of its own; `give_up` is told whether that will be rolled back.
  duckdb::unique_ptr<QueryResult> together(const std::string& text,
                                           const std::function<duckdb::unique_ptr<QueryResult>()>& statements,
                                           const std::function<void(bool own)>& give_up);
  duckdb::unique_ptr<QueryResult> run_overwrite(const OverwriteSql& sql, const std::string& text);
  duckdb::unique_ptr<QueryResult> replace_rows(const OverwriteSql& sql, InsertStatement& insert, const StatePtr& before,
                                               const std::string& text);
  duckdb::unique_ptr<QueryResult> run_one(const std::string& sql, const std::string& text);
  duckdb::unique_ptr<QueryResult> run_piece(const std::string& sql, bool streaming);
  duckdb::unique_ptr<QueryResult> run_all(std::string_view sql, bool streaming = false);
  duckdb::unique_ptr<QueryResult> run_noted(std::string_view sql);
  void note_memory();
  std::shared_ptr<const RowOrdering> ordering_of(const lake::TableName& table, const lake::RowOrder& order);
  [[noreturn]] void raise(const ErrorData& data, const std::string& sql);
  // Binds the last statement of `sql` and shows its plan and columns; nothing runs and no read is recorded.
  void bound(std::string_view sql, const std::function<void(Planner&)>& use,
             const std::function<void(SQLStatement&)>& before = {});

  std::function<std::shared_ptr<Instance>()> open_;
  duckdb::shared_ptr<SessionState> state_;
  mutable std::mutex connecting_;  // cancel() and progress() come from other threads
  std::shared_ptr<Instance> instance_;
  std::shared_ptr<Connection> connection_;
  bool in_transaction_ = false;
  FileRelations files_;
  StatementNote note_;
  std::atomic<uint64_t> spilled_{0}, peak_{0};
};

// ---- connection ----

void DuckSession::connect() {
  auto instance = open_();
  auto connection = std::make_shared<Connection>(instance->db());
  CallbackState::attach(*connection->context, state_);
  auto& config = ClientConfig::GetConfig(*connection->context);
  config.enable_progress_bar = true;  // counted, never printed
  config.print_progress_bar = false;
  config.wait_time = 0;
  for (auto* setting : {"SET TimeZone = 'UTC'", "USE lake.main", "SET errors_as_json = true"}) {
    auto done = connection->Query(setting);
    if (done->HasError()) throw translated(done->GetErrorObject(), {}, &state_->errors);
  }
  std::lock_guard lock(connecting_);
  connection_ = std::move(connection);
  instance_ = std::move(instance);
}

Connection& DuckSession::connection() {
  if (connection_ && instance_->broken()) {
    if (in_transaction_)
      throw Error(ErrorCode::engine_broken, "the engine was closed by an internal error; the transaction is lost",
                  "Roll back and run the step again.");
    state_->seen.clear();
    connection_.reset();
  }
  if (!connection_) connect();
  return *connection_;
}

void DuckSession::raise(const ErrorData& data, const std::string& sql) { throw translated(data, sql, &state_->errors); }

// ---- statements ----

std::vector<duckdb::unique_ptr<SQLStatement>> DuckSession::parse(const std::string& sql) {
  std::vector<duckdb::unique_ptr<SQLStatement>> statements;
  try {
    for (auto& statement : connection().ExtractStatements(sql)) statements.push_back(std::move(statement));
  } catch (const Error&) {
    throw;
  } catch (const std::exception& exception) {
    throw translated(exception, sql, &state_->errors);
  }
  for (auto& statement : statements) {
    if (statement->type == StatementType::TRANSACTION_STATEMENT && in_transaction_)
      throw Error(ErrorCode::sql_transaction, "BEGIN, COMMIT and ROLLBACK are not allowed in a step",
                  "A step is one transaction; weir begins and ends it.");
    if (statement->type == StatementType::LOAD_STATEMENT)
      throw Error(ErrorCode::sql_unsupported, "extensions cannot be installed or loaded",
                  "weir has core functions, json, icu and parquet built in.");
    if (auto fence = state_->fence_now()) fence->check(*statement);
  }
  return statements;
}

void DuckSession::note_memory() {
  auto& buffers = BufferManager::GetBufferManager(*instance_->db().instance);
  auto raise_to = [](std::atomic<uint64_t>& highest, uint64_t value) {
    auto seen = highest.load();
    while (value > seen && !highest.compare_exchange_weak(seen, value)) {
    }
  };
  raise_to(peak_, buffers.GetUsedMemory());
  raise_to(spilled_, buffers.GetUsedSwap());
}

duckdb::unique_ptr<QueryResult> DuckSession::run(duckdb::unique_ptr<SQLStatement> statement, const std::string& sql,
                                                 bool streaming) {
  auto& link = connection();
  state_->errors.clear();
  state_->cancel.check();
  state_->stopped = false;
  auto pending = link.PendingQuery(std::move(statement), streaming ? QueryResultOutputType::ALLOW_STREAMING
                                                                   : QueryResultOutputType::FORCE_MATERIALIZED);
  if (pending->HasError()) raise(pending->GetErrorObject(), sql);
  while (true) {
    auto progress = pending->ExecuteTask();
    note_memory();
    if (progress == PendingExecutionResult::EXECUTION_ERROR) raise(pending->GetErrorObject(), sql);
    if (PendingQueryResult::IsResultReady(progress)) break;
    if (state_->cancel.cancelled()) link.Interrupt();
    if (progress == PendingExecutionResult::NO_TASKS_AVAILABLE || progress == PendingExecutionResult::BLOCKED)
      pending->WaitForTask();
  }
  auto result = pending->Execute();
  if (result->HasError()) raise(result->GetErrorObject(), sql);
  return result;
}

duckdb::unique_ptr<QueryResult> DuckSession::together(
    const std::string& text, const std::function<duckdb::unique_ptr<QueryResult>()>& statements,
    const std::function<void(bool own)>& give_up) {
  auto& link = connection();
  const bool alone = link.IsAutoCommit();
  if (alone) link.BeginTransaction();
  auto end = [&] {
    give_up(alone);
    if (alone && link.HasActiveTransaction()) link.Rollback();
  };
  try {
    auto result = statements();
    if (alone) link.Commit();
    return result;
  } catch (const Error&) {
    end();
    throw;
  } catch (const std::exception& exception) {
    auto error = translated(exception, text, &state_->errors);
    end();
    throw error;
  }
}

duckdb::unique_ptr<QueryResult> DuckSession::run_asked(duckdb::unique_ptr<SQLStatement> statement,
                                                       const std::string& sql) {
  auto ask_and_run = [&] {
    auto& context = *connection().context;
    auto& transaction = LakeTransaction::of(context, Catalog::GetCatalog(context, "lake"));
    for (auto& rule : rules_made(*statement, transaction)) {
      for (auto& question : parse(rule.breaking)) judge_row(rule, *run(std::move(question), rule.breaking, false));
    }
    state_->rows_were_asked = true;
    auto result = run(std::move(statement), sql, false);
    state_->rows_were_asked = false;
    return result;
  };
  return together(sql, ask_and_run, [&](bool) { state_->rows_were_asked = false; });
}

duckdb::unique_ptr<QueryResult> DuckSession::run_one(const std::string& sql, const std::string& text) {
  return run(std::move(parse(sql).at(0)), text, false);
}

// Within a transaction; `before` is the table as it is now.
duckdb::unique_ptr<QueryResult> DuckSession::replace_rows(const OverwriteSql& sql, InsertStatement& insert,
                                                          const StatePtr& before, const std::string& text) {
  const auto read = tables_of(sql.query);
  const bool apart = !sql.partitions.empty() || std::find(read.begin(), read.end(), before->name) != read.end();
  if (apart) {
    run(keep_apart(*before, insert, std::move(parse(sql.query).at(0))), text, false);
    take_from_apart(insert);
  }
  if (sql.partitions.empty()) {
    run_one(sql.remove, text);
  } else {
    std::vector<duckdb::unique_ptr<QueryResult>> values;
    for (auto& column : sql.partitions) values.push_back(run_one(values_of_partition(*before, column), {}));
    run_one(remove_partitions(*before, sql.partitions, values), {});
  }
  if (!sql.condition.empty()) state_->demand = RowDemand{before->name, sql.condition};
  auto result = run(insert.Copy(), text, false);
  state_->demand.reset();
  if (apart) run_one(drop_apart, {});
  state_->transaction->note_overwrite(before, overwrite_parameters(sql));
  return result;
}

duckdb::unique_ptr<QueryResult> DuckSession::run_overwrite(const OverwriteSql& sql, const std::string& text) {
  auto statements = parse(sql.insert);
  if (statements.size() != 1 || statements[0]->type != StatementType::INSERT_STATEMENT)
    throw Error(ErrorCode::sql_syntax, "this is no INSERT: " + text);
  auto& insert = statements[0]->Cast<InsertStatement>();
  StatePtr before;
  auto replace = [&] {
    before = overwritten_table(*connection().context, insert, sql);
    return replace_rows(sql, insert, before, text);
  };
  return together(text, replace, [&](bool own) {
    state_->demand.reset();
    if (!own && before && state_->transaction) state_->transaction->put_back(before);
  });
}

duckdb::unique_ptr<QueryResult> DuckSession::run_all(std::string_view sql, bool streaming) {
  const std::string text(sql);
  const auto pieces = sql_pieces(text);
  duckdb::unique_ptr<QueryResult> result;
  for (size_t i = 0; i < pieces.size(); ++i) {
    if (auto* overwrite = std::get_if<OverwriteSql>(&pieces[i]))
      result = run_overwrite(*overwrite, text);
    else
      result = run_piece(std::get<std::string>(pieces[i]), streaming && i + 1 == pieces.size());
  }
  return result;
}

duckdb::unique_ptr<QueryResult> DuckSession::run_piece(const std::string& text, bool streaming) {
  auto statements = parse(text);
  duckdb::unique_ptr<QueryResult> result;
  for (size_t i = 0; i < statements.size(); ++i) {
    if (may_make_rules(*statements[i]))
      result = run_asked(std::move(statements[i]), text);
    else
      result = run(std::move(statements[i]), text, streaming && i + 1 == statements.size());
  }
  return result;
}

duckdb::unique_ptr<QueryResult> DuckSession::run_noted(std::string_view sql) {
  const std::string text = note_.around(sql);
  if (note_.sent) note_.sent(text);
  try {
    return run_all(text);
  } catch (Error& error) {
    if (auto span = error.span(); span && span->line > note_.lines_before()) {
      span->line -= note_.lines_before();
      error.with_span(*span);
    }
    throw;
  }
}

Rows DuckSession::query(std::string_view sql) {
  auto result = run_noted(sql);
  return result ? rows_of(*result) : Rows();
}

Rows DuckSession::query_own(std::string_view sql) {
  const struct Own {
    explicit Own(SessionState& session) : state(session) { state.own_statement = true; }
    ~Own() { state.own_statement = false; }
    SessionState& state;
  } own(*state_);
  if (parse(std::string(sql)).size() != 1)
    throw Error(ErrorCode::sql_syntax, "one statement is wanted: " + std::string(sql));
  return query(sql);
}

std::unique_ptr<format::BatchStream> DuckSession::stream(std::string_view sql) {
  auto result = run_all(sql, true);
  if (!result) throw Error(ErrorCode::sql_syntax, "there is no statement");
  return batches_of(
      std::move(result), *connection_->context,
      [state = state_, text = std::string(sql)](const ErrorData& data) {
        throw translated(data, text, &state->errors);
      },
      connection_);
}

bool makes_pivot_values(const SQLStatement& statement) {
  if (statement.type != StatementType::CREATE_STATEMENT) return false;
  const auto& info = *statement.Cast<CreateStatement>().info;
  return info.type == CatalogType::TYPE_ENTRY && info.temporary &&
         info.Cast<CreateTypeInfo>().name.starts_with("__pivot_enum_");
}

void DuckSession::bound(std::string_view sql, const std::function<void(Planner&)>& use,
                        const std::function<void(SQLStatement&)>& before) {
  std::string text(sql);
  auto statements = parse(text);
  if (statements.empty()) throw Error(ErrorCode::sql_syntax, "there is no statement");
  auto& context = *connection().context;
  state_->errors.clear();
  state_->records_reads = false;
  try {
    // A PIVOT that names no values takes them from its rows; the engine keeps them as a type of its own.
    for (size_t i = 0; i + 1 < statements.size(); ++i)
      if (makes_pivot_values(*statements[i])) run(std::move(statements[i]), text, false);
    context.RunFunctionInTransaction([&] {
      if (before) before(*statements.back());
      Planner planner(context);
      planner.CreatePlan(std::move(statements.back()));
      use(planner);
    });
  } catch (const Error&) {
    state_->records_reads = true;
    throw;
  } catch (const std::exception& exception) {
    state_->records_reads = true;
    throw translated(exception, text, &state_->errors);
  }
  state_->records_reads = true;
}

std::vector<ColumnInfo> DuckSession::describe(std::string_view sql) {
  std::vector<ColumnInfo> columns;
  bound(sql, [&](Planner& planner) { columns = columns_of(planner.names, planner.types); });
  return columns;
}

std::vector<lake::TableName> DuckSession::tables_of(std::string_view sql) {
  std::set<lake::TableName> tables;
  connection();
  state_->looked_up = &tables;
  try {
    bound(sql, [](Planner&) {});
  } catch (...) {
    state_->looked_up = nullptr;
    throw;
  }
  state_->looked_up = nullptr;
  return {tables.begin(), tables.end()};
}

QueryOutline DuckSession::outline(std::string_view sql) {
  QueryOutline outline;
  bound(sql, [&](Planner& planner) {
    Optimizer optimizer(*planner.binder, *connection().context);
    outline = outline_of(*optimizer.Optimize(std::move(planner.plan)));
  });
  return outline;
}

std::vector<std::string> DuckSession::volatile_functions_of(std::string_view sql) {
  std::set<std::string> names;
  bound(sql, [&](Planner& planner) { names = volatile_functions(*planner.plan); });
  return {names.begin(), names.end()};
}

ColumnLineage DuckSession::column_lineage(std::string_view sql, const StandIns& stand_ins) {
  ColumnLineage lineage;
  StandInTables tables(*connection().context, stand_ins);
  bound(
      sql, [&](Planner& planner) { lineage = lineage_of(planner, tables); },
      [&](SQLStatement& statement) { tables.put_into(statement); });
  return lineage;
}

// ---- transactions ----

void DuckSession::begin(const std::string& attempt_id, const PinnedVersions& pinned) {
  require(!in_transaction_, "one transaction at a time");
  auto& link = connection();
  state_->errors.clear();
  state_->attempt_id = attempt_id;
  state_->pinned.clear();
  for (auto& [name, version] : pinned) state_->pinned[{lower(name.schema), lower(name.name)}] = version;
  state_->ending = Ending::automatic;
  state_->rows_staged = 0;
  try {
    link.BeginTransaction();
  } catch (const std::exception& exception) {
    throw translated(exception, {}, &state_->errors);
  }
  in_transaction_ = true;
}

lake::Staged DuckSession::staged() {
  require(in_transaction_, "staged() belongs to a transaction");
  return state_->transaction ? state_->transaction->staged() : lake::Staged();
}

void DuckSession::end_transaction() {
  in_transaction_ = false;
  state_->attempt_id.clear();
  state_->pinned.clear();
  state_->ending = Ending::automatic;
  if (connection_ && !instance_->broken()) files_.forget(*connection_, *state_);
}

void DuckSession::release() {
  require(in_transaction_, "release() belongs to a transaction");
  state_->ending = Ending::keep_files;
  try {
    connection().Commit();
  } catch (const std::exception& exception) {
    end_transaction();
    throw translated(exception, {}, &state_->errors);
  }
  end_transaction();
}

void DuckSession::rollback() noexcept {
  if (!in_transaction_) return;
  try {
    connection_->Rollback();
  } catch (const std::exception&) {
    // A broken instance has nothing to roll back any more; the files are removed below.
  }
  if (state_->transaction) state_->transaction->remove_files(false);
  end_transaction();
}

std::vector<lake::CommitOutcome> DuckSession::commit() {
  require(in_transaction_, "commit() belongs to a transaction");
  state_->errors.clear();
  state_->outcomes.clear();
  try {
    connection().Commit();
  } catch (const std::exception& exception) {
    end_transaction();
    bool decided = std::any_of(state_->outcomes.begin(), state_->outcomes.end(),
                               [](auto& outcome) { return !std::holds_alternative<lake::Committed>(outcome); });
    if (decided) return state_->outcomes;
    throw translated(exception, {}, &state_->errors);
  }
  end_transaction();
  return state_->outcomes;
}

// Looks at the rows of those files that the session's scans read now.
std::shared_ptr<const RowOrdering> DuckSession::ordering_of(const lake::TableName& table, const lake::RowOrder& order) {
  OrderingMaker maker(order);
  if (auto sql = sample_query(*state_->transaction->table({lower(table.schema), lower(table.name)}), order);
      !sql.empty()) {
    auto sample = run_all(sql);
    while (auto rows = sample->Fetch()) {
      if (rows->size() == 0) break;
      maker.add(*rows);
    }
  }
  return maker.make();
}

// A DELETE of no row, whose plan writes anew the files that have to be: here those that are named.
void DuckSession::rewrite_files(const lake::TableName& table, const Rewrite& rewrite) {
  require(in_transaction_, "rewrite_files() belongs to a transaction");
  if (rewrite.paths.empty()) return;
  struct Scope {
    explicit Scope(SessionState& session) : state(session) { state.records_reads = false; }
    ~Scope() {
      state.rewriting = {};
      state.scanned_files.clear();
      state.records_reads = true;
    }
    SessionState& state;
  } scope(*state_);
  const std::set<std::string> files(rewrite.paths.begin(), rewrite.paths.end());
  const auto name = "lake." + quote_identifier(table.schema) + "." + quote_identifier(table.name);
  if (rewrite.order) {
    describe("SELECT * FROM " + name);  // opens the lake's transaction, and tells of a table that is not there
    state_->records_reads = false;
    state_->scanned_files = files;
    state_->rewriting.order = ordering_of(table, *rewrite.order);
    state_->scanned_files.clear();
  }
  state_->rewriting.files = files;
  state_->rewriting.parameters = rewrite.parameters;
  execute("DELETE FROM " + name + " WHERE false");
}

ScanReport DuckSession::explain_scan(const lake::TableName& table, std::optional<int64_t> version,
                                     const std::string& where) {
  struct Explaining {
    Explaining(SessionState& session, ScanReport& report) : state(session) { state.scan_report = &report; }
    ~Explaining() {
      state.scan_report = nullptr;
      state.files_read = nullptr;
    }
    SessionState& state;
  };
  auto sql = "EXPLAIN SELECT * FROM lake." + quote_identifier(table.schema) + "." + quote_identifier(table.name);
  if (version) sql += " AT (VERSION => " + std::to_string(*version) + ")";
  if (!where.empty()) sql += " WHERE (\n" + where + "\n)";
  if (parse(sql).size() != 1)
    throw Error(ErrorCode::sql_syntax, "the condition is more than one: " + where, "Give what may stand after WHERE.");
  ScanReport report;
  Explaining explaining(*state_, report);
  auto plan = query(sql);
  // A condition that can be decided without the table leaves no scan in the plan.
  report.never_true = !plan.rows.empty() && cell_text(plan.rows.front().back()).find("LAKE_SCAN") == std::string::npos;
  if (!report.never_true && state_->files_read) report.read = state_->files_read();
  return report;
}

// ---- files ----

void DuckSession::register_scan(const std::string& name, const FileScan& scan) {
  state_->errors.clear();
  files_.add(connection(), *state_, name, scan);
}

std::string DuckSession::scan_rejects(const std::string& scan_name) {
  return files_.rejects(connection(), *state_, scan_name);
}

// ---- watching ----

Progress DuckSession::progress() const {
  std::shared_ptr<Connection> link;
  {
    std::lock_guard lock(connecting_);
    link = connection_;
  }
  Progress progress;
  if (!link) return progress;
  auto now = link->context->GetQueryProgress();
  auto percent = now.GetPercentage();
  if (percent >= 0) progress.fraction = percent / 100;
  progress.rows_staged = state_->rows_staged;  // the engine's own count of rows is a guess where it reads CSV
  return progress;
}

SessionMetrics DuckSession::metrics() const { return {state_->rows_written, state_->bytes_written, spilled_, peak_}; }

void DuckSession::cancel() {
  std::lock_guard lock(connecting_);
  state_->stopped = true;
  if (connection_) connection_->Interrupt();
}

}  // namespace

std::unique_ptr<Session> make_session(std::function<std::shared_ptr<Instance>()> instance,
                                      std::shared_ptr<lake::Lake> lake, std::shared_ptr<StoreRegistry> stores,
                                      lake::ParquetIo& parquet, CancelToken cancel) {
  return std::make_unique<DuckSession>(std::move(instance), std::move(lake), std::move(stores), parquet,
                                       std::move(cancel));
}

}  // namespace weir::engine::duck
