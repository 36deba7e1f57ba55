#include "run/parts.h"

namespace weir::run {

DeadSteps::DeadSteps(const state::StateWriter* state) {
  if (state == nullptr) return;
  for (const state::DeadRun& run : state->dead_runs()) {
    for (const state::StepRow& step : run.steps) dead_.try_emplace(step.asset, Dead{run.run, step});
  }
}

bool DeadSteps::has(const std::string& asset) {
  std::scoped_lock guard(mutex_);
  return dead_.contains(asset);
}

std::optional<DeadSteps::Dead> DeadSteps::take(const std::string& asset) {
  std::scoped_lock guard(mutex_);
  auto found = dead_.find(asset);
  if (found == dead_.end()) return std::nullopt;
  Dead dead = std::move(found->second);
  dead_.erase(found);
  return dead;
}

std::vector<DeadSteps::Dead> DeadSteps::take_all() {
  std::scoped_lock guard(mutex_);
  std::vector<Dead> all;
  for (auto& [asset, dead] : dead_) all.push_back(std::move(dead));
  dead_.clear();
  return all;
}

RunParts::RunParts(const World& world_in, const RunOptions& options_in, const CancelToken& cancel_in, std::string run)
    : world(world_in),
      options(options_in),
      cancel(cancel_in),
      announcer(world.events, world.clock, run),
      recorder(world.state, world.clock, run),
      publisher(world.engine.parquet(), world.clock, world.events),
      view(plan::open_lake_view(world.project, world.lake, publisher, world.engine.parquet())),
      watch(announcer, recorder),
      dead(world.state),
      shared_reads(announcer, world.clock) {}

}  // namespace weir::run
