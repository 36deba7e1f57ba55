// Events of a run as lines: the words that the live display and the plain log share.
#pragma once

#include <optional>
#include <string>

#include "base/event.h"
#include "cli/terminal.h"

namespace weir::cli {

// "2026-01-05T09:12:44Z raw.trips published v1 rows=1204329 quarantined=2 bytes=13526110 ms=1398"; nullopt for events
// that make no line of their own (starts, progress, passed checks, assets that are up to date).
std::optional<std::string> plain_line(const Event& event);

// Any event as a line, for the log of a run: "2026-01-05T09:12:44Z raw.trips asset.progress phase=read rows=10".
std::string log_line(const Event& event);

// {"time":"…","event":"asset.published","asset":"raw.trips",…}, without a line end.
std::string json_line(const Event& event);

// What stays on a terminal when an asset is done: one line, with a second one that says where to look when it failed.
// Parts that matter least are left out where `columns` is too small. nullopt as above.
std::optional<std::string> finished_text(const Event& event, size_t name_width, size_t columns, const Style& style);

// What a running asset shows after its sign: "main.daily  table  62 %  1.1 M rows/s  3 checks waiting".
struct RunningAsset {
  std::string asset, kind, phase;
  double fraction = -1;
  int64_t rows = 0, rows_per_s = 0, files_done = 0, files_total = 0, elapsed_ms = 0, checks = 0;
};
std::string running_text(const RunningAsset& running, size_t name_width, const Style& style);

// "1.1 M rows/s", "840 rows/s"
std::string rate_text(int64_t rows_per_s);

}  // namespace weir::cli
