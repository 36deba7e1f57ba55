// A session that notes the statements it runs, for target/run: what made a node's table, as text. Questions (SELECT)
// are not noted. Everything else it hands on. Used by one thread, like the session it stands before, which outlives it.
#pragma once

#include <string>
#include <vector>

#include "engine/session.h"

namespace weir::run {

class RecordedSession final : public engine::Session {
 public:
  explicit RecordedSession(engine::Session& session) : session_(session) {}
  RecordedSession(const RecordedSession&) = delete;  // one behind another takes that one as a Session
  RecordedSession& operator=(const RecordedSession&) = delete;

  // Statements so far, in order, joined as one text; "" = none.
  std::string text() const { return statements_text(statements_); }
  std::string last() const { return statements_.empty() ? std::string() : statements_.back(); }
  static std::string statements_text(const std::vector<std::string>& statements);

  engine::Rows query(std::string_view sql) override;
  void execute(std::string_view sql) override;

  engine::Rows query_own(std::string_view sql) override;
  void confine(engine::Reach reach) override { session_.confine(std::move(reach)); }

  void begin(const std::string& attempt_id, const engine::PinnedVersions& pinned) override {
    session_.begin(attempt_id, pinned);
  }
  lake::Staged staged() override { return session_.staged(); }
  void release() override { session_.release(); }
  void rollback() noexcept override { session_.rollback(); }
  std::vector<lake::CommitOutcome> commit() override { return session_.commit(); }
  std::vector<std::string> commit_notes() const override { return session_.commit_notes(); }
  bool in_transaction() const override { return session_.in_transaction(); }
  void rewrite_files(const lake::TableName& table, const engine::Rewrite& rewrite) override {
    session_.rewrite_files(table, rewrite);
  }
  std::unique_ptr<format::BatchStream> stream(std::string_view sql) override { return session_.stream(sql); }
  std::vector<engine::ColumnInfo> describe(std::string_view sql) override { return session_.describe(sql); }
  std::vector<lake::TableName> tables_of(std::string_view sql) override { return session_.tables_of(sql); }
  engine::ColumnLineage column_lineage(std::string_view sql, const engine::StandIns& stand_ins) override {
    return session_.column_lineage(sql, stand_ins);
  }
  engine::ScanReport explain_scan(const lake::TableName& table, std::optional<int64_t> version,
                                  const std::string& where) override {
    return session_.explain_scan(table, version, where);
  }
  engine::QueryOutline outline(std::string_view sql) override { return session_.outline(sql); }
  std::vector<std::string> volatile_functions_of(std::string_view sql) override {
    return session_.volatile_functions_of(sql);
  }
  void register_scan(const std::string& name, const engine::FileScan& scan) override {
    session_.register_scan(name, scan);
  }
  std::string scan_rejects(const std::string& scan_name) override { return session_.scan_rejects(scan_name); }
  engine::Progress progress() const override { return session_.progress(); }
  engine::SessionMetrics metrics() const override { return session_.metrics(); }
  void cancel() override { session_.cancel(); }

 private:
  void note(std::string_view sql);
  engine::Session& session_;
  std::vector<std::string> statements_;
};

// Puts the session's text into `into` at the end of the scope, however it is left.
struct NotedAtEnd {
  const RecordedSession& session;
  std::string& into;
  ~NotedAtEnd() { into = session.text(); }
};

}  // namespace weir::run
