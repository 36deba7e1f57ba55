// Which files of a table are better written anew (Delta's OPTIMIZE): small ones together, and those of whose rows many
// are deleted. Pure: a choice over a snapshot; writing is the engine's.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lake/snapshot.h"

namespace weir::lake {

struct OptimizeOptions {
  uint64_t target_bytes = 0;  // of a new file; 0 = delta.targetFileSize, else 128 MiB
  // Files whose deletion vector takes away at least this share of their rows are written anew; 1 = none for that
  // reason.
  double purge_share = 0.05;
  bool purge_all = false;  // every file that has a deletion vector
};

// Files of one partition that become one file, or a single one that loses its deletion vector.
struct RewriteGroup {
  PartitionValues partition;
  std::vector<std::string> paths;  // as in the log
  int64_t bytes = 0;
};

// In the order in which they are worth doing: partition by partition, smallest files first. A group is not more than
// the target, so that rewriting never makes large files larger.
std::vector<RewriteGroup> plan_optimize(const Snapshot& snapshot, const OptimizeOptions& options);

}  // namespace weir::lake
