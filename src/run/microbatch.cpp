#include "run/microbatch.h"

#include "project/rendering.h"

namespace weir::run {

using project::TimeWindow;

bool are_batches_open(const project::Project& project, const project::Node& node,
                      const std::optional<EarlierBatches>& earlier) {
  return !project.inputs.sample && !project.inputs.event_time && !(earlier && earlier->of.contains(node.unique_id));
}

std::vector<TimeWindow> batches_of(const project::Project& project, const project::Node& node, bool incremental,
                                   const std::optional<EarlierBatches>& earlier) {
  if (earlier)
    if (const auto found = earlier->of.find(node.unique_id); found != earlier->of.end()) return found->second.failed;
  const project::Microbatch& config = *node.microbatch;
  const project::BatchSize size = config.batch_size;
  const project::InputOptions& inputs = project.inputs;
  const std::optional<TimeWindow>& asked = inputs.sample ? inputs.sample : inputs.event_time;
  const int64_t now_us = earlier ? earlier->until_us : project.rendering->started_at_ms * 1000;
  const int64_t end_us = project::ceil_time(asked ? asked->end_us : now_us, size);
  int64_t start_us = project::truncate_time(asked ? asked->start_us : config.begin_us, size);
  // The newest batch ends at end_us: it is one before.
  if (!asked && incremental) start_us = project::offset_batch(end_us, size, -config.lookback - 1);
  return project::batches_between(start_us, end_us, size);
}

std::string batch_name(const project::Node& node, const TimeWindow& batch) {
  return project::batch_name(batch.start_us, node.microbatch->batch_size);
}

void BegunBatches::begin(const project::Node& node, std::vector<TimeWindow> batches) {
  std::scoped_lock guard(mutex_);
  batches_[&node] = std::move(batches);
}

std::vector<TimeWindow> BegunBatches::of(const project::Node& node) const {
  std::scoped_lock guard(mutex_);
  const auto found = batches_.find(&node);
  return found == batches_.end() ? std::vector<TimeWindow>() : found->second;
}

}  // namespace weir::run
