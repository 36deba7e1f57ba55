// The Session that is a connection to DuckDB: its statements (duck_session.cpp), what it tells of statements without
// running them (duck_session_plan.cpp) and its transactions (duck_session_transaction.cpp).
#pragma once

#include <duckdb/main/connection.hpp>
#include <duckdb/main/pending_query_result.hpp>
#include <duckdb/main/query_result.hpp>
#include <duckdb/parser/statement/insert_statement.hpp>
#include <duckdb/planner/planner.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/duckdb/file_relation.h"
#include "engine/duckdb/instance.h"
#include "engine/duckdb/overwrite.h"
#include "engine/duckdb/row_order.h"
#include "engine/duckdb/session_state.h"
#include "engine/session.h"

namespace weir::engine::duck {

class DuckSession final : public Session {
 public:
  DuckSession(std::function<std::shared_ptr<Instance>()> instance, std::shared_ptr<lake::Lake> lake,
              std::shared_ptr<StoreRegistry> stores, lake::ParquetIo& parquet, CancelToken cancel)
      : open_(std::move(instance)),
        state_(duckdb::make_shared_ptr<SessionState>(std::move(lake), std::move(stores), parquet, std::move(cancel))) {}
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
  std::shared_ptr<const KeptRead> keep_read(std::string_view from) override;
  void use_kept(std::vector<std::shared_ptr<const KeptRead>> reads) override;

  Progress progress() const override;
  SessionMetrics metrics() const override;
  void cancel() override;

 private:
  duckdb::Connection& connection();
  void connect();
  void end_transaction();
  std::vector<duckdb::unique_ptr<duckdb::SQLStatement>> parse(const std::string& sql);
  duckdb::unique_ptr<duckdb::PendingQueryResult> begin_statement(duckdb::unique_ptr<duckdb::SQLStatement> statement,
                                                                 bool streaming);
  duckdb::unique_ptr<duckdb::QueryResult> run(duckdb::unique_ptr<duckdb::SQLStatement> statement,
                                              const std::string& sql, bool streaming);
  duckdb::unique_ptr<duckdb::QueryResult> run_asked(duckdb::unique_ptr<duckdb::SQLStatement> statement,
                                                    const std::string& sql);
  // Within the open transaction, or one of its own; `give_up` is told whether that will be rolled back.
  duckdb::unique_ptr<duckdb::QueryResult> together(
      const std::string& text, const std::function<duckdb::unique_ptr<duckdb::QueryResult>()>& statements,
      const std::function<void(bool own)>& give_up);
  duckdb::unique_ptr<duckdb::QueryResult> run_overwrite(const OverwriteSql& sql, const std::string& text);
  duckdb::unique_ptr<duckdb::QueryResult> replace_rows(const OverwriteSql& sql, duckdb::InsertStatement& insert,
                                                       const StatePtr& before, const std::string& text);
  duckdb::unique_ptr<duckdb::QueryResult> run_one(const std::string& sql, const std::string& text);
  duckdb::unique_ptr<duckdb::QueryResult> run_piece(const std::string& sql, bool streaming);
  duckdb::unique_ptr<duckdb::QueryResult> run_all(std::string_view sql, bool streaming = false);
  duckdb::unique_ptr<duckdb::QueryResult> run_noted(std::string_view sql);
  void note_memory();
  std::shared_ptr<const RowOrdering> ordering_of(const lake::TableName& table, const lake::RowOrder& order);
  [[noreturn]] void raise(const duckdb::ErrorData& data, const std::string& sql);
  // Binds the last statement of `sql` and shows its plan and columns; nothing runs and no read is recorded.
  void bound(std::string_view sql, const std::function<void(duckdb::Planner&)>& use,
             const std::function<void(duckdb::SQLStatement&)>& before = {});

  std::function<std::shared_ptr<Instance>()> open_;
  duckdb::shared_ptr<SessionState> state_;
  mutable std::mutex connecting_;  // cancel() and progress() come from other threads
  std::shared_ptr<Instance> instance_;
  std::shared_ptr<duckdb::Connection> connection_;
  bool in_transaction_ = false;
  FileRelations files_;
  StatementNote note_;
  std::atomic<uint64_t> spilled_{0}, peak_{0};
};

// `instance` gives the open DuckDB, a new one after an internal error: a session reconnects before its next statement,
// unless it is inside a transaction, which is lost with the old one.
std::unique_ptr<Session> make_session(std::function<std::shared_ptr<Instance>()> instance,
                                      std::shared_ptr<lake::Lake> lake, std::shared_ptr<StoreRegistry> stores,
                                      lake::ParquetIo& parquet, CancelToken cancel);

}  // namespace weir::engine::duck
