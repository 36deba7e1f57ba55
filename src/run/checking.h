// The checks of a step: made from test nodes, run in its session, told and kept in the manifest.
#pragma once

#include <vector>

#include "checks/run_checks.h"
#include "lake/publish/manifest.h"
#include "run/parts.h"

namespace weir::run {

// Statistics of the step's own tables as staged, else as in the snapshots.
class StepStatistics final : public checks::StatisticsSource {
 public:
  void staged(const lake::StagedTable& table);
  void published(const lake::TableName& name, std::shared_ptr<const lake::Snapshot> snapshot);
  std::optional<checks::TableStatistics> statistics(const lake::TableName& table) override;

 private:
  std::map<std::string, lake::StagedTable> staged_;  // by lower-case "schema.name"
  std::map<std::string, std::shared_ptr<const lake::Snapshot>> published_;
};

std::vector<checks::Check> checks_of(const World& world, const std::vector<const project::Node*>& tests,
                                     const std::string& asset, engine::Session& session);

// One event per result.
void announce(const Announcer& announcer, const std::vector<checks::CheckResult>& results);

std::vector<lake::publish::ManifestCheck> manifest_checks(const std::vector<checks::CheckResult>& results);

// The first that blocks; nullptr if none does.
const checks::CheckResult* blocking(const std::vector<checks::CheckResult>& results);

}  // namespace weir::run
