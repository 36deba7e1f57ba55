#include <fmt/format.h>

#include "base/failpoint.h"
#include "lake/publish/carry_out.h"
#include "lake/publish/chain.h"
#include "lake/publish/members.h"
#include "lake/publish/observed.h"
#include "lake/publish/plan_manifest.h"
#include "lake/publish/prepare.h"
#include "lake/publish/publisher.h"
#include "lake/publish/settle.h"

namespace weir::lake::publish {

namespace {

std::vector<TableLocation> members_of(const std::vector<TableLocation>& locations) {
  return std::vector<TableLocation>(locations.begin() + 1, locations.end());
}

// The store's time, as far as it is known before anything is put: that of the newest staged table, else our own.
int64_t time_before_prepare(const Manifest& plan, store::Clock& clock) {
  int64_t newest_ms = 0;
  for (const ManifestTable& table : plan.tables) newest_ms = std::max(newest_ms, table.staged_at_ms);
  return newest_ms != 0 ? newest_ms : clock.now_ms();
}

}  // namespace

Outcome Publisher::publish(const Asset& asset, const Inspection& inspected, Attempt attempt, SourcePosition* source) {
  const Tools tools{parquet_, clock_, events_};
  failpoint("stage.done");
  AttemptPlan plan = plan_manifest(asset, inspected, attempt, source);
  const TableLocation& anchor = asset.anchor().location;
  const int64_t now_ms = time_before_prepare(plan.manifest, clock_);
  const auto at_number = [&](Manifest& manifest) {
    if (attempt.write_beside) attempt.write_beside(manifest.n, manifest_folder(anchor, asset.id));
    if (attempt.cursor_for) manifest.cursor_after = attempt.cursor_for(manifest.n);
    manifest.ack_floor = ack_floor_for(asset, inspected.head, manifest.cursor_after, now_ms, source);
  };
  Prepared prepared = prepare(anchor, members_of(plan.locations), std::move(plan.manifest), at_number, clock_);
  tools.emit("publish.prepared", Json::object().set("asset", asset.id).set("n", prepared.manifest.n));
  GroupAttempt group;
  group.manifest = std::move(prepared.manifest);
  group.locations = std::move(plan.locations);
  group.snapshots = std::move(plan.snapshots);
  group.reads = std::move(plan.reads);
  group.error_on_change = asset.on_foreign_change == OnForeignChange::error;
  return settle(*this, asset, group.manifest, carry_out(asset, group, prepared.clock, source, tools), source);
}

Outcome Publisher::resume(const Asset& asset, const Inspection& inspected, SourcePosition* source) {
  require(inspected.resumable.has_value(), "only a resumable attempt can be resumed");
  const Tools tools{parquet_, clock_, events_};
  Observed seen;
  for (size_t i = 0; i < asset.tables.size(); ++i) {
    ObservedTable table;
    table.table = &asset.tables[i];
    table.snapshot = inspected.snapshots[i];
    for (size_t entry = 0; entry < inspected.resumable->tables.size(); ++entry)
      if (inspected.resumable->tables[entry].uri == asset.tables[i].location.uri()) table.in_head = entry;
    seen.tables.push_back(std::move(table));
  }
  GroupAttempt group = attempt_of(asset, seen, *inspected.resumable);
  const StoreClock clock = ask_store_clock(asset.anchor().location, asset.id, clock_);
  return settle(*this, asset, group.manifest, carry_out(asset, group, clock, source, tools), source);
}

std::vector<Manifest> Publisher::chain(const Asset& asset) const {
  std::vector<Manifest> out;
  const Observed seen = observe(asset, parquet_);
  if (!seen.head) {
    if (seen.refusal) throw *seen.refusal;
    return out;
  }
  Chain chain(asset.anchor().location, asset.id, *seen.head);
  for (size_t i = 0; const Manifest* element = chain.at(i); ++i) out.push_back(*element);
  return out;
}

}  // namespace weir::lake::publish
