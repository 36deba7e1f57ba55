#include "run/rebuild.h"

#include <map>

#include "base/error.h"
#include "store/clock.h"

namespace weir::run {

namespace {

using lake::publish::Manifest;

struct Known {
  state::RunRow run;
  std::vector<state::StepRow> steps;
};

std::string verb_of(lake::publish::Kind kind) {
  return kind == lake::publish::Kind::publish ? "build" : std::string(lake::publish::kind_text(kind));
}

// When the attempt's number was taken: the store's time of its manifest.
int64_t time_of(const lake::TableLocation& anchor, const Manifest& manifest) {
  auto info = anchor.store->head(lake::publish::manifest_key(anchor, manifest.asset, manifest.n));
  return info ? info->modified_ms : 0;
}

void add(const Manifest& manifest, int64_t time_ms, std::map<std::string, Known>& runs) {
  Known& known = runs[manifest.run];
  if (known.run.id.empty()) {
    known.run.id = manifest.run;
    known.run.verb = verb_of(manifest.kind);
    known.run.started_ms = time_ms;
    known.run.finished_ms = time_ms;
    known.run.status = state::RunStatus::succeeded;
    known.run.version = "";
    known.run.message = "rebuilt from the lake: only what was published is known";
  }
  known.run.started_ms = std::min(known.run.started_ms, time_ms);
  known.run.finished_ms = std::max(known.run.finished_ms.value_or(time_ms), time_ms);
  state::StepRow step;
  step.run = manifest.run;
  step.asset = manifest.asset;
  step.kind = std::string(lake::publish::kind_text(manifest.kind));
  step.number = 1;
  for (const state::StepRow& other : known.steps) step.number += other.asset == step.asset ? 1 : 0;
  step.attempt = manifest.attempt;
  step.started_ms = time_ms;
  step.finished_ms = time_ms;
  step.status = state::StepStatus::published;
  step.n = manifest.n;
  step.files = static_cast<int64_t>(manifest.source_files.size());
  known.steps.push_back(std::move(step));
}

}  // namespace

Rebuilt rebuild_state(state::StateWriter& state, const std::vector<lake::publish::Asset>& assets,
                      const lake::publish::Publisher& publisher) {
  Rebuilt rebuilt;
  std::map<std::string, Known> runs;
  for (const lake::publish::Asset& asset : assets) {
    try {
      for (const Manifest& manifest : publisher.chain(asset)) {
        add(manifest, time_of(asset.anchor().location, manifest), runs);
      }
    } catch (const Error& error) {
      rebuilt.skipped.push_back(asset.id + ": " + error.message());
    }
  }
  state.clear();
  for (auto& [id, known] : runs) {
    state.begin_run(known.run);
    state.put_steps(known.steps);
    rebuilt.runs++;
    rebuilt.steps += static_cast<int64_t>(known.steps.size());
  }
  return rebuilt;
}

}  // namespace weir::run
