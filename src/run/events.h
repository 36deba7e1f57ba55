// Names and fields of the events of a run. Times are Event::time_ms; sizes are bytes, durations "ms".
//
//   run.started      run, verb, steps (number)
//   run.died         run (the dead one), asset, unit, done, total, message; one per step it was working on
//   asset.started    asset, kind, attempt, number, reason    reason: why it runs ("input raw.trips v1 -> v2")
//   asset.progress   asset, phase ("read", "write", "check", "publish"), fraction (-1 unknown), rows, rows_per_s,
//                    files_done, files_total
//   asset.batch      asset, batch, number, total, status ("success", "error"), rows, message, ms    of a microbatch
//                    model
//   asset.replanned  asset, number, why                      superseded: planned again
//   source.read      asset, readings (to come), rows, bytes (of the files), ms   read once for several steps
//   asset.published  asset, kind, version, n, rows, quarantined, files, bytes, source_bytes, ms, checks, spilled (if
//                    memory did not suffice: the most bytes in the spill folder at once)
//   asset.compacted  asset, table, version, files_before, files_after, bytes, ms   after its publish, a commit of its
//   own asset.up_to_date asset, kind, why asset.held_back  asset, kind, check, message, version (the one that stays
//   public, if any), ms asset.failed     asset, kind, message, code, ms asset.skipped    asset, kind, because_of, why
//   asset.cancelled  asset, kind
//   asset.note       asset, message, warns (of a template's exceptions.warn: true)   warnings, what templates say
//   check.passed | check.warned | check.failed | check.error
//                    asset, check, title, failures, message, decided_by, ms; if it did not pass also failures_sql and
//                    sample {"columns": […], "rows": [[…]]} (texts, null for NULL), for `weir show --failures`
//   run.finished     run, exit_code, published, up_to_date, held_back, failed, skipped, ms, cancelled
#pragma once

#include <functional>
#include <string>

#include "base/event.h"
#include "project/log_line.h"
#include "run/run.h"

namespace weir::run {

// Emits with the world's clock; a null sink swallows. One per run, used by all its threads.
class Announcer {
 public:
  Announcer(EventSink* sink, store::Clock& clock, std::string run) : sink_(sink), clock_(clock), run_(std::move(run)) {}
  void emit(std::string name, Json fields) const;
  void note(const std::string& asset, const project::LogLine& line) const;
  const std::string& run() const { return run_; }

 private:
  EventSink* sink_;
  store::Clock& clock_;
  std::string run_;
};

// For RenderState::heard: hands on what events do not tell. Empty where nobody watches.
std::function<void(const project::LogLine& line, bool told)> details_for(StepWatcher* watcher);

}  // namespace weir::run
