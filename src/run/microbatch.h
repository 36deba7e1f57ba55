// The batches of a microbatch model: which ones a run builds, and what came of them.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "dbt/run_results.h"
#include "project/project.h"

namespace weir::run {

// What a retry takes over from the run before it.
struct EarlierBatches {
  int64_t until_us = 0;                         // when that run began: its batches end there
  std::map<std::string, dbt::BatchResults> of;  // by unique_id, where some batches were built and some failed
};

// Neither does the command name batches nor a retry know them.
bool are_batches_open(const project::Project& project, const project::Node& node,
                      const std::optional<EarlierBatches>& earlier);

// In order. `incremental`: the table is there and is added to. As dbt: those that failed, if a retry knows; those that
// the command names; from `begin` on; or the newest and `lookback` before it.
std::vector<project::TimeWindow> batches_of(const project::Project& project, const project::Node& node,
                                            bool incremental, const std::optional<EarlierBatches>& earlier);

// "2026-01-05"
std::string batch_name(const project::Node& node, const project::TimeWindow& batch);

// Batches of models whose step is one commit, as they were begun: what failed with the step if it fails. Thread-safe.
class BegunBatches {
 public:
  void begin(const project::Node& node, std::vector<project::TimeWindow> batches);
  std::vector<project::TimeWindow> of(const project::Node& node) const;

 private:
  mutable std::mutex mutex_;
  std::map<const project::Node*, std::vector<project::TimeWindow>> batches_;
};

}  // namespace weir::run
