// From what a step wants to publish to the manifest of its attempt.
#pragma once

#include "lake/publish/publisher.h"
#include "lake/publish/tools.h"

namespace weir::lake::publish {

struct AttemptPlan {
  Manifest manifest;  // without number
  std::vector<TableLocation> locations;
  std::vector<std::shared_ptr<const Snapshot>> snapshots;
  std::vector<ReadSet> reads;
};

// Throws Error{shared_table | source_gap | internal} and whatever check_writable throws.
AttemptPlan plan_manifest(const Asset& asset, const Inspection& inspected, const Attempt& attempt,
                          SourcePosition* source);

// The position up to which the source may be acknowledged once an attempt that ends at `cursor_after` is the head: the
// smallest cursor among the newest chain element older than rollback.keep and all that came after it, never below the
// parent's floor; with rollback.keep 0 it is cursor_after. Null for sources that keep their data.
Json ack_floor_for(const Asset& asset, const std::optional<Manifest>& head, const Json& cursor_after, int64_t now_ms,
                   SourcePosition* source);

}  // namespace weir::lake::publish
