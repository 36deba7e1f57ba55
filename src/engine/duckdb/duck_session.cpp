#include "engine/duckdb/duck_session.h"

#include <algorithm>
#include <duckdb/main/client_config.hpp>
#include <duckdb/main/client_data.hpp>
#include <duckdb/main/prepared_statement_data.hpp>
#include <duckdb/parser/parser.hpp>
#include <duckdb/parser/statement/create_statement.hpp>
#include <duckdb/storage/buffer_manager.hpp>

#include "base/set_for.h"
#include "engine/duckdb/arrow_stream.h"
#include "engine/duckdb/kept_reads.h"
#include "engine/duckdb/lake_transaction.h"
#include "engine/duckdb/result_rows.h"
#include "engine/duckdb/row_rule.h"

namespace weir::engine::duck {

using namespace duckdb;

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
    // Settings may change how a file is read.
    if (statement->type == StatementType::SET_STATEMENT || statement->type == StatementType::PRAGMA_STATEMENT)
      state_->kept.clear();
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

duckdb::unique_ptr<PendingQueryResult> DuckSession::begin_statement(duckdb::unique_ptr<SQLStatement> statement,
                                                                    bool streaming) {
  const auto begin = [&](duckdb::unique_ptr<SQLStatement> begun) {
    return connection().PendingQuery(std::move(begun), streaming ? QueryResultOutputType::ALLOW_STREAMING
                                                                 : QueryResultOutputType::FORCE_MATERIALIZED);
  };
  if (state_->kept.empty() || !may_take_kept(*statement)) return begin(std::move(statement));
  auto again = statement->Copy();
  duckdb::unique_ptr<PendingQueryResult> pending;
  {
    state_->took_kept = false;
    const SetFor taking(state_->takes_kept, true);
    pending = begin(std::move(statement));
  }
  // A view or macro may ask for what only files have, such as their names.
  if (pending->HasError() && state_->took_kept && pending->GetErrorType() == ExceptionType::BINDER) {
    state_->errors.clear();
    pending = begin(std::move(again));
    if (!pending->HasError()) state_->kept.clear();  // what follows is not bound twice
  }
  return pending;
}

duckdb::unique_ptr<QueryResult> DuckSession::run(duckdb::unique_ptr<SQLStatement> statement, const std::string& sql,
                                                 bool streaming) {
  auto& link = connection();
  state_->errors.clear();
  state_->cancel.check();
  state_->stopped = false;
  auto pending = begin_statement(std::move(statement), streaming);
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
    const SetFor asked(state_->rows_were_asked, true);
    return run(std::move(statement), sql, false);
  };
  return together(sql, ask_and_run, [](bool) {});
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
  duckdb::unique_ptr<QueryResult> result;
  {
    std::optional<RowDemand> demand;
    if (!sql.condition.empty()) demand = RowDemand{before->name, sql.condition};
    const SetFor demanding(state_->demand, std::move(demand));
    result = run(insert.Copy(), text, false);
  }
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
  const SetFor own(state_->own_statement, true);
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

// ---- files ----

void DuckSession::register_scan(const std::string& name, const FileScan& scan) {
  state_->errors.clear();
  files_.add(connection(), *state_, name, scan);
}

std::string DuckSession::scan_rejects(const std::string& scan_name) {
  return files_.rejects(connection(), *state_, scan_name);
}

std::shared_ptr<const KeptRead> DuckSession::keep_read(std::string_view from) {
  require(!in_transaction_, "keep_read() belongs before a transaction");
  connection();
  std::vector<FileRead> reads;
  const std::string sql = "SELECT * FROM " + std::string(from);
  if (!may_take_kept(*parse(sql).at(0))) return nullptr;
  {
    const SetFor noting(state_->noted_reads, &reads);
    bound(sql, [](Planner&) {});
  }
  auto kept = std::make_shared<KeptTables>(instance_);
  try {
    for (auto& read : reads)
      kept->add(*connection().context, read, [&](const std::string& make) { return rows_of(*run_all(make)).changed; });
  } catch (const Error&) {
    throw;
  } catch (const std::exception& exception) {
    throw translated(exception, sql, &state_->errors);
  }
  if (kept->empty()) return nullptr;
  return kept;
}

void DuckSession::use_kept(std::vector<std::shared_ptr<const KeptRead>> reads) {
  state_->kept.clear();
  for (auto& read : reads)
    if (auto tables = std::dynamic_pointer_cast<const KeptTables>(std::move(read)))
      state_->kept.push_back(std::move(tables));
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

std::unique_ptr<Session> make_session(std::function<std::shared_ptr<Instance>()> instance,
                                      std::shared_ptr<lake::Lake> lake, std::shared_ptr<StoreRegistry> stores,
                                      lake::ParquetIo& parquet, CancelToken cancel) {
  return std::make_unique<DuckSession>(std::move(instance), std::move(lake), std::move(stores), parquet,
                                       std::move(cancel));
}

}  // namespace weir::engine::duck
