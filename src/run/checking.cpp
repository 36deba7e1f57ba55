#include "run/checking.h"

#include "base/text.h"
#include "checks/project_checks.h"
#include "run/lake_warehouse.h"

namespace weir::run {

namespace {

Json sample_json(const engine::Rows& sample) {
  Json columns = Json::array(), rows = Json::array();
  for (const engine::ColumnInfo& column : sample.columns) columns.push_back(column.name);
  for (const std::vector<engine::Cell>& row : sample.rows) {
    Json cells = Json::array();
    for (const engine::Cell& cell : row) {
      bool null = std::holds_alternative<std::monostate>(cell);
      cells.push_back(null ? Json() : Json(valid_utf8(engine::cell_text(cell))));
    }
    rows.push_back(std::move(cells));
  }
  return Json::object().set("columns", std::move(columns)).set("rows", std::move(rows));
}

std::string event_name(checks::CheckStatus status) {
  switch (status) {
    case checks::CheckStatus::pass:
      return "check.passed";
    case checks::CheckStatus::warn:
      return "check.warned";
    case checks::CheckStatus::fail:
      return "check.failed";
    case checks::CheckStatus::error:
      return "check.error";
  }
  return "check.error";
}

}  // namespace

void StepStatistics::staged(const lake::StagedTable& table) { staged_[lower(table.name.text())] = table; }

void StepStatistics::published(const lake::TableName& name, std::shared_ptr<const lake::Snapshot> snapshot) {
  published_[lower(name.text())] = std::move(snapshot);
}

std::optional<checks::TableStatistics> StepStatistics::statistics(const lake::TableName& table) {
  std::string name = lower(table.text());
  if (auto found = staged_.find(name); found != staged_.end()) {
    return checks::table_statistics(found->second.base.get(), &found->second.draft);
  }
  auto found = published_.find(name);
  if (found == published_.end() || found->second == nullptr) return std::nullopt;
  return checks::table_statistics(found->second.get(), nullptr);
}

std::vector<checks::Check> checks_of(const World& world, const std::vector<const project::Node*>& tests,
                                     const std::string& asset, engine::Session& session) {
  LakeWarehouse warehouse(session, *world.lake);
  project::RenderState state;
  state.warehouse = &warehouse;
  std::vector<checks::Check> result;
  for (const project::Node* test : tests) result.push_back(checks::check_of(world.project, *test, asset, state));
  return result;
}

void announce(const Announcer& announcer, const std::vector<checks::CheckResult>& results) {
  for (const checks::CheckResult& result : results) {
    Json fields = Json::object().set("asset", result.asset).set("check", result.name).set("title", result.title);
    fields.set("failures", result.failures).set("message", result.message).set("decided_by", result.decided_by);
    fields.set("ms", result.ms);
    if (result.status != checks::CheckStatus::pass) {
      fields.set("failures_sql", result.failures_sql).set("sample", sample_json(result.sample));
    }
    announcer.emit(event_name(result.status), std::move(fields));
  }
}

std::vector<lake::publish::ManifestCheck> manifest_checks(const std::vector<checks::CheckResult>& results) {
  std::vector<lake::publish::ManifestCheck> checks;
  for (const checks::CheckResult& result : results) {
    Json detail = Json::object().set("status", checks::status_text(result.status)).set("failures", result.failures);
    if (!result.message.empty()) detail.set("message", result.message);
    checks.push_back({result.name, !result.blocks(), std::move(detail)});
  }
  return checks;
}

const checks::CheckResult* blocking(const std::vector<checks::CheckResult>& results) {
  for (const checks::CheckResult& result : results) {
    if (result.blocks()) return &result;
  }
  return nullptr;
}

}  // namespace weir::run
