// The batches of a microbatch model on a database, in the order in which dbt builds them.
#include <algorithm>
#include <atomic>
#include <optional>
#include <thread>

#include "base/error.h"
#include "project/microbatch.h"
#include "project/rendering.h"
#include "run/database_build.h"
#include "run/microbatch.h"

namespace weir::run {

namespace {

class Batches {
 public:
  Batches(RunParts& parts, const plan::Step& step, TargetSession& target)
      : parts_(parts), step_(step), node_(*step.node), target_(target) {}

  std::vector<BuiltBatch> run() {
    const auto& earlier = parts_.options.earlier_batches;
    const bool table_exists = target_.warehouse().relation_type({node_.database, node_.schema, node_.alias}) == "table";
    // What the run before has built of a full refresh stays.
    retried_ = table_exists && earlier && earlier->of.contains(node_.unique_id);
    for (const project::TimeWindow& window :
         batches_of(parts_.world.project, node_, is_added_to(table_exists), earlier))
      batches_.push_back({window, {}, {}, false});
    if (batches_.empty()) return {};
    parts_.shared_reads.give(target_.session(), {&step_}, batches_.size());
    build(0, target_);
    if (batches_.size() == 1 || !batches_.front().done) return std::move(batches_);
    if (side_by_side())
      build_between();
    else
      for (size_t i = 1; i + 1 < batches_.size(); i++) build(i, target_);
    build(batches_.size() - 1, target_);
    return std::move(batches_);
  }

 private:
  bool is_added_to(bool table_exists) const {
    project::RenderState state;
    state.full_refresh = step_.full_refresh;
    state.table_exists = table_exists;
    return project::is_incremental(node_, state);
  }

  void build(size_t index, TargetSession& target) {
    parts_.cancel.check();
    BuiltBatch& batch = batches_[index];
    const int64_t started_ms = parts_.world.clock.now_ms();
    try {
      build_on_database(parts_, step_, target, batch.built,
                        Batch{batch.window, index == 0, index + 1 == batches_.size(), index > 0 || retried_});
      batch.done = true;
    } catch (Error& error) {
      if (error.code() == ErrorCode::cancelled) throw;
      error.add_context("batch " + batch_name(node_, batch.window));
      batch.error = std::move(error);
    }
    parts_.announcer.emit("asset.batch", Json::object()
                                             .set("asset", plan::asset_of(step_))
                                             .set("batch", batch_name(node_, batch.window))
                                             .set("number", static_cast<int64_t>(index + 1))
                                             .set("total", static_cast<int64_t>(batches_.size()))
                                             .set("status", batch.done ? "success" : "error")
                                             .set("rows", batch.built.rows)
                                             .set("message", batch.error ? batch.error->message() : std::string())
                                             .set("ms", parts_.world.clock.now_ms() - started_ms));
  }

  bool side_by_side() const {
    if (batches_.size() < 4 || parts_.options.threads < 2) return false;
    if (node_.microbatch->concurrent_batches) return *node_.microbatch->concurrent_batches;
    const auto file = parts_.world.project.rendering->nodes.find(node_);
    return file && !project::reads_itself(*file);
  }

  // All but the first and the last, each thread with a session of its own.
  void build_between() {
    std::atomic<size_t> next{1};
    std::vector<std::optional<Error>> stopped(
        std::min(static_cast<size_t>(parts_.options.threads), batches_.size() - 2));
    const auto work = [&](std::optional<Error>& stop) {
      try {
        TargetSession own(parts_);
        annotate(parts_, own.session(), step_.node);
        parts_.shared_reads.give(own.session(), {&step_}, batches_.size());
        for (size_t i = next++; i + 1 < batches_.size(); i = next++) build(i, own);
      } catch (Error& error) {
        stop = std::move(error);
      }
    };
    std::vector<std::thread> others;
    for (size_t i = 1; i < stopped.size(); i++) others.emplace_back([&, i] { work(stopped[i]); });
    work(stopped.front());
    for (std::thread& thread : others) thread.join();
    for (const std::optional<Error>& error : stopped)
      if (error) throw Error(*error);
  }

  RunParts& parts_;
  const plan::Step& step_;
  const project::Node& node_;
  TargetSession& target_;
  std::vector<BuiltBatch> batches_;
  bool retried_ = false;
};

}  // namespace

std::vector<BuiltBatch> build_batches(RunParts& parts, const plan::Step& step, TargetSession& target) {
  return Batches(parts, step, target).run();
}

}  // namespace weir::run
