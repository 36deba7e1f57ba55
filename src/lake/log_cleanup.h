// Removing log entries that have expired (Delta protocol, "Metadata Cleanup").
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lake/log_names.h"

namespace weir::lake {

struct LogEntry {
  LogName name;
  store::ObjectInfo info;
};

struct CleanupPlan {
  int64_t checkpoint = -1;        // the oldest version that can still be opened afterwards; -1 = nothing to do
  std::vector<std::string> keys;  // in the order in which to remove them
};

// Everything of versions before the newest complete V1 checkpoint that is not newer than the last commit at or before
// `cutoff_ms`. Commit times are made to rise with the version. `entries` sorted by key.
CleanupPlan plan_cleanup(const std::vector<LogEntry>& entries, int64_t cutoff_ms);

// Plans for midnight (UTC) of the day that is delta.logRetentionDuration ago and removes, at most 1,000 objects per
// call. Does nothing if delta.enableExpiredLogCleanup is false, or if the checkpoint that would be the oldest cannot be
// read. Returns how many objects were removed.
size_t clean_log(const TableLocation& table, const Metadata& metadata, ParquetIo& parquet, int64_t now_ms);

}  // namespace weir::lake
