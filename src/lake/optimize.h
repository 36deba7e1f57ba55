// Which files of a table are better written anew (Delta's OPTIMIZE): small ones together, those of whose rows many are
// deleted, and those whose rows should be in another order. Pure: a choice over a snapshot; writing is the engine's.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "lake/clustering.h"
#include "lake/snapshot.h"

namespace weir::lake {

struct OptimizeOptions {
  uint64_t target_bytes = 0;  // of a new file; 0 = delta.targetFileSize, else 128 MiB
  // Files whose deletion vector takes away at least this share of their rows are written anew; more than 1 = none for
  // that reason.
  double purge_share = 0.05;
  bool purge_all = false;           // every file that has a deletion vector
  std::vector<ColumnPath> z_order;  // every file, its rows in an order of all these columns alike
  bool full = false;  // of a clustered table: files that are clustered by other columns, or by others, too
  std::function<bool(const PartitionValues&)> wanted;  // which partitions; empty = all
  size_t min_small_files = 0;                          // partitions with fewer small files are left as they are
  int64_t most_bytes = 0;                              // of all groups together, as far as one file allows; 0 = any
};

// How the rows of new files follow each other: along a curve over these columns (space_curve.h).
struct RowOrder {
  std::vector<ColumnPath> columns;
  std::optional<Cube> cube;  // that the new files make up, of a clustered table
};

// Files of one partition that become one file, or several if they are put in order; or a single one that loses its
// deletion vector.
struct RewriteGroup {
  PartitionValues partition;
  std::vector<std::string> paths;  // as in the log
  int64_t bytes = 0;               // what their live rows take, roughly
  std::optional<RowOrder> order;   // nullopt: any
};

// In the order in which they are worth doing. Without an order a group is not more than the target, so that rewriting
// never makes large files larger.
//
// A clustered table is clustered on: files that are not clustered yet make up a cube, together with those cubes of the
// same columns that are not much larger than what comes in, until a cube has the size of 100 files and is left alone.
// So each row is moved a few times only, however often this is called.
//
// Throws what check_has_bounds throws for z_order, and Error{sql_unsupported} if the table is clustered, if a column
// is named twice or partitions the table, or if there are more than max_curve_dimensions.
std::vector<RewriteGroup> plan_optimize(const Snapshot& snapshot, const OptimizeOptions& options);

// The property delta.autoOptimize.autoCompact is true: writers put small files together after a write.
bool compacts_itself(const Metadata& metadata);
// By which they do so: nothing until 50 small files of one partition have come together, and then 1 GiB at most.
// nullopt = there is nothing to do, which is told without looking at the files where there are few.
std::optional<OptimizeOptions> automatic_compaction(const Snapshot& snapshot);

}  // namespace weir::lake
