// What the steps of one run share. Used by all its threads.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>

#include "lake/publish/publisher.h"
#include "run/events.h"
#include "run/foreign_keys.h"
#include "run/progress_watch.h"
#include "run/recorder.h"
#include "run/run.h"
#include "run/shared_reads.h"

namespace weir::run {

// Steps of runs that died, each told once.
class DeadSteps {
 public:
  explicit DeadSteps(const state::StateWriter* state);
  struct Dead {
    state::RunRow run;
    state::StepRow step;
  };
  bool has(const std::string& asset);
  std::optional<Dead> take(const std::string& asset);
  std::vector<Dead> take_all();

 private:
  std::mutex mutex_;
  std::map<std::string, Dead> dead_;
};

struct RunParts {
  RunParts(const World& world, const RunOptions& options, const CancelToken& cancel, std::string run);

  const World& world;
  const RunOptions& options;
  const CancelToken& cancel;
  Announcer announcer;
  Recorder recorder;
  lake::publish::Publisher publisher;
  std::unique_ptr<plan::LakeView> view;
  ProgressWatch watch;
  DeadSteps dead;
  BegunBatches begun_batches;
  std::vector<std::string> selected;  // unique_ids of the nodes that the run does, for selected_resources
  const plan::Plan* plan = nullptr;   // what runs
  ForeignKeys foreign_keys;           // of a database
  SharedReads shared_reads;
  std::shared_mutex engine_use;  // shared by steps; held alone by one that runs again after the engine broke
};

}  // namespace weir::run
