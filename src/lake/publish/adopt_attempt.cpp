#include "lake/publish/adopt_attempt.h"

#include <fmt/format.h>

#include "base/failpoint.h"
#include "base/ids.h"
#include "lake/publish/carry_out.h"
#include "lake/publish/prepare.h"

namespace weir::lake::publish {

namespace {

// If the manifest is gone, the log may still know its sha256.
std::string sha256_in_log(const Observed& seen) {
  const auto& own = seen.anchor().history.own;
  const CommitInfo* info = own ? own->commit_info() : nullptr;
  const Json* weir = info == nullptr ? nullptr : info->fields.find("weir");
  return weir == nullptr ? std::string() : weir->get_string("sha256").value_or("");
}

std::vector<TableLocation> members_of(const GroupAttempt& attempt) {
  return std::vector<TableLocation>(attempt.locations.begin() + 1, attempt.locations.end());
}

GroupAttempt existing_tables(const Observed& seen) {
  GroupAttempt attempt;
  for (const ObservedTable& table : seen.tables) {
    if (!table.snapshot) continue;
    attempt.locations.push_back(table.table->location);
    attempt.snapshots.push_back(table.snapshot);
    attempt.reads.emplace_back();
  }
  return attempt;
}

}  // namespace

Manifest adopt_plan(const Asset& asset, const Observed& seen) {
  if (!seen.anchor().snapshot)
    throw Error(ErrorCode::adopt_refused,
                fmt::format("{} does not exist: there is nothing to adopt", asset.anchor().location.uri()),
                "weir build creates it");
  Manifest plan;
  plan.kind = Kind::adopt;
  plan.asset = asset.id;
  plan.owner = asset.owner;
  plan.attempt = uuid_v4();
  plan.step = asset.id;
  if (seen.anchor().txn) plan.parent = Parent{*seen.anchor().txn, seen.head ? seen.head->sha256 : sha256_in_log(seen)};
  if (seen.head) plan.cursor_before = seen.head->cursor_after;
  for (const ObservedTable& table : seen.tables) {
    if (!table.snapshot) continue;
    ManifestTable entry;
    entry.uri = table.table->location.uri();
    entry.id = table.snapshot->metadata().id;
    entry.read_version = table.snapshot->version();
    entry.txn_before = table.txn;
    entry.mode = "metadata_only";
    entry.blind = true;
    entry.commit_info =
        Json::object().set("operation", "WRITE").set("operationParameters", Json::object().set("mode", "Append"));
    plan.tables.push_back(std::move(entry));
  }
  return plan;
}

Outcome commit_adoption(const Asset& asset, const Observed& seen, Manifest plan, SourcePosition* source,
                        const Tools& tools) {
  GroupAttempt attempt = existing_tables(seen);
  Prepared prepared = prepare(asset.anchor().location, members_of(attempt), std::move(plan), {}, tools.clock);
  failpoint("adopt.prepared");
  attempt.manifest = std::move(prepared.manifest);
  auto result = carry_out(asset, attempt, prepared.clock, source, tools);
  if (auto* published = std::get_if<Published>(&result)) {
    tools.emit("publish.adopted", Json::object().set("asset", asset.id).set("n", published->n));
    return std::move(*published);
  }
  if (auto* superseded = std::get_if<Superseded>(&result)) return std::move(*superseded);
  return Superseded{std::get<NeedsInspect>(result).why};
}

}  // namespace weir::lake::publish
