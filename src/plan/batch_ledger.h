// Which batches of a microbatch model its table on the lake holds: the model's position. It is the cursor of the
// table's manifests, so it is committed with the rows, goes back with a rollback and is lost with nothing less than the
// table. A batch counts once its time was over when it was built; what was built before, or of a sample, or empty, is
// missing, and the next run builds it.
#pragma once

#include <string>
#include <vector>

#include "lake/publish/manifest.h"
#include "project/node.h"

namespace weir::plan {

class BatchLedger {
 public:
  BatchLedger() = default;
  // Of the table's newest manifest. One that says nothing of batches was written by a weir that did not keep them, or
  // by `weir adopt`: the table is then taken to hold all from `begin` to the newest batch before the one that was being
  // filled, as dbt would.
  static BatchLedger of(const lake::publish::Manifest& head, const project::Microbatch& config, int64_t now_us);

  void add(const project::TimeWindow& window);
  void remove(const project::TimeWindow& window);
  // The batches between, that are not wholly held; `start_us` and `end_us` are where batches begin.
  std::vector<project::TimeWindow> missing(int64_t start_us, int64_t end_us, project::BatchSize size) const;
  Json cursor() const;  // {"batches": [["2026-01-01T00:00:00+00:00", "2026-02-03T00:00:00+00:00"], …]}

 private:
  std::vector<project::TimeWindow> held_;  // ascending, no two of them touch
};

// What a run builds where the command names no batches: those that are missing from `begin` on, the newest, and
// `lookback` before it. In order of time.
std::vector<project::TimeWindow> due_batches(const project::Microbatch& config, const BatchLedger& ledger,
                                             int64_t now_us);
// Those of them whose time is over.
std::vector<project::TimeWindow> missing_batches(const project::Microbatch& config, const BatchLedger& ledger,
                                                 int64_t now_us);

// "2026-01-05", or "31 batches, 2026-01-05 to 2026-02-04".
std::string batches_text(const std::vector<project::TimeWindow>& batches, project::BatchSize size);

}  // namespace weir::plan
