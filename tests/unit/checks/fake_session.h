// A Session that answers SQL from a script, for tests of what is asked and in which order.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/error.h"
#include "engine/session.h"

namespace weir::checks {

class FakeSession final : public engine::Session {
 public:
  std::function<engine::Rows(const std::string& sql)> answer;
  std::function<void(const std::string& sql)> on_describe;
  std::function<engine::QueryOutline(const std::string& sql)> on_outline;
  std::vector<engine::ColumnInfo> described;
  std::vector<std::string> asked;

  engine::Rows query(std::string_view sql) override {
    asked.emplace_back(sql);
    return answer(asked.back());
  }
  std::vector<engine::ColumnInfo> describe(std::string_view sql) override {
    if (on_describe) on_describe(std::string(sql));
    return described;
  }
  engine::QueryOutline outline(std::string_view sql) override {
    return on_outline ? on_outline(std::string(sql)) : engine::QueryOutline();
  }
  void begin(const std::string&, const engine::PinnedVersions&) override {}
  lake::Staged staged() override { return {}; }
  void release() override {}
  void rollback() noexcept override {}
  std::vector<lake::CommitOutcome> commit() override { return {}; }
  void rewrite_files(const lake::TableName&, const engine::Rewrite&) override {}
  bool in_transaction() const override { return true; }
  void execute(std::string_view) override {}
  void confine(engine::Reach) override {}
  engine::Rows query_own(std::string_view sql) override { return query(sql); }
  std::unique_ptr<format::BatchStream> stream(std::string_view) override { return nullptr; }
  std::vector<lake::TableName> tables_of(std::string_view) override { return {}; }
  std::vector<std::string> volatile_functions_of(std::string_view) override { return {}; }
  engine::ColumnLineage column_lineage(std::string_view, const engine::StandIns&) override { return {}; }
  engine::ScanReport explain_scan(const lake::TableName&, std::optional<int64_t>, const std::string&) override {
    return {};
  }
  void register_scan(const std::string&, const engine::FileScan&) override {}
  std::string scan_rejects(const std::string&) override { return {}; }
  engine::Progress progress() const override { return {}; }
  engine::SessionMetrics metrics() const override { return {}; }
  void cancel() override {}
};

}  // namespace weir::checks
