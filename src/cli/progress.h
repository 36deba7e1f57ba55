// What a person or a log sees of a run while it goes on: an EventSink that writes to standard error.
#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "base/event.h"
#include "cli/terminal.h"

namespace weir::cli {

// An asset of the plan, for the lines that wait.
struct PlannedAsset {
  std::string asset, kind;
  std::vector<std::string> needs;  // assets of this run that come before
  int64_t checks = 0;
};

class ProgressSink : public EventSink {
 public:
  virtual void planned(const std::vector<PlannedAsset>& assets) = 0;
  // The first Ctrl-C came: says what is still being finished.
  virtual void stopping() = 0;
  // Nothing is drawn after this; what was being drawn is wiped.
  virtual void finish() = 0;
};

// On a terminal the live display, elsewhere one line per event; JSON lines with `json`; nothing when `quiet`.
std::unique_ptr<ProgressSink> progress_sink(const Terminal& terminal, bool json, bool quiet);

}  // namespace weir::cli
