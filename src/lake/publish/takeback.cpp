#include "lake/publish/takeback.h"

#include <fmt/format.h>

#include "base/failpoint.h"
#include "base/ids.h"
#include "lake/publish/inverse.h"
#include "lake/publish/members.h"
#include "lake/publish/prepare.h"
#include "lake/publish/source_check.h"

namespace weir::lake::publish {

namespace {

Error lost(const Asset& asset, const std::string& reason, const std::string& why) {
  return Error(ErrorCode::data_lost,
               fmt::format("asset {}: {}; the publish cannot be taken back: {}", asset.id, reason, why),
               "restore the files from a backup, or weir adopt --cursor … " + asset.id);
}

// The state before the head: its parent's cursor, floor, code. Without a parent: nothing.
Manifest before_head(const Asset& asset, const Manifest& head, const std::string& reason) {
  if (!head.parent) {
    Manifest nothing;
    nothing.cursor_after = head.kind == Kind::publish ? Json() : head.cursor_before;
    return nothing;
  }
  auto parent = read_manifest(asset.anchor().location, asset.id, head.parent->n);
  if (parent) return std::move(*parent);
  if (head.cursor_before.is_null())
    throw lost(asset, reason, fmt::format("manifest {} of the state before it is gone", head.parent->n));
  Manifest known;
  known.cursor_after = head.cursor_before;
  return known;
}

std::vector<Action> inverse_or_throw(const Asset& asset, const ObservedTable& table, const std::string& reason,
                                     const Tools& tools) {
  if (!table.history.own) throw lost(asset, reason, "its commit is not in the log");
  ActionsOrWhy actions = inverse_of(*table.history.own, *table.snapshot, tools.parquet, tools.clock.now_ms());
  if (const auto* why = std::get_if<std::string>(&actions)) throw lost(asset, reason, *why);
  return std::move(std::get<std::vector<Action>>(actions));
}

ManifestTable entry_of(const Asset& asset, const Observed& seen, const ObservedTable& table, const std::string& reason,
                       const Tools& tools) {
  const ManifestTable& former = seen.head->tables[*table.in_head];
  ManifestTable entry;
  entry.uri = table.table->location.uri();
  entry.id = former.id;
  entry.read_version = table.snapshot ? table.snapshot->version() : -1;
  entry.txn_before = table.txn;
  entry.mode = "metadata_only";
  entry.commit_info = Json::object()
                          .set("operation", "WRITE")
                          .set("operationParameters", Json::object().set("takeback", std::to_string(seen.head->n)));
  if (table.standing == Standing::in_step) {
    auto actions = inverse_or_throw(asset, table, reason, tools);
    // A member's actions are made again from its newest version when it commits.
    if (*table.in_head == 0) entry.actions = std::move(actions);
  }
  return entry;
}

// The source may have been acknowledged up to the head's floor already, so it stays, unless it lies past what is read
// again.
Json floor_of(const Manifest& head, const Manifest& before, SourcePosition* source) {
  if (source == nullptr || head.ack_floor.is_null()) return before.ack_floor;
  return greater(*source, before.ack_floor, smaller(*source, head.ack_floor, before.cursor_after));
}

Manifest plan_of(const Asset& asset, const Observed& seen, const std::string& reason, SourcePosition* source,
                 const Tools& tools) {
  const Manifest& head = *seen.head;
  const Manifest before = before_head(asset, head, reason);
  Manifest plan;
  plan.kind = Kind::takeback;
  plan.asset = asset.id;
  plan.owner = asset.owner;
  plan.attempt = uuid_v4();
  plan.parent = Parent{head.n, head.sha256};
  plan.run = head.run;
  plan.step = head.step;
  plan.code = before.code;
  plan.inputs = before.inputs;
  plan.cursor_before = head.cursor_after;
  plan.cursor_after = before.cursor_after;
  plan.ack_floor = floor_of(head, before, source);
  plan.source_identity = head.source_identity;
  plan.source_start = head.source_start;
  plan.tables.resize(head.tables.size());
  for (const ObservedTable& table : seen.tables)
    if (table.in_head) plan.tables[*table.in_head] = entry_of(asset, seen, table, reason, tools);
  return plan;
}

}  // namespace

bool take_back(const Asset& asset, const Observed& seen, const std::string& reason, SourcePosition* source,
               const Tools& tools) {
  if (seen.head->kind == Kind::takeback) throw lost(asset, reason, "it is itself one that was taken back");
  Manifest plan = plan_of(asset, seen, reason, source, tools);
  if (const std::string why = cannot_reread(*seen.head, plan.cursor_after, source); !why.empty())
    throw lost(asset, reason, why);
  Prepared prepared = prepare(asset.anchor().location, {}, std::move(plan), {}, tools.clock);
  failpoint("takeback.prepared");
  GroupAttempt attempt = attempt_of(asset, seen, prepared.manifest);
  set_member_actions(attempt, tools);
  for (size_t i = 0; i < attempt.manifest.tables.size(); ++i) {
    const TableOutcome outcome = commit_table(attempt, i, prepared.clock, tools.parquet, tools.clock);
    if (std::holds_alternative<Abandoned>(outcome)) return false;
    if (i == 0 && attempt.manifest.tables.size() > 1) failpoint("group.anchor_done");
    if (i > 0) failpoint(fmt::format("group.member.{}", i));
  }
  tools.emit("publish.taken_back", Json::object()
                                       .set("asset", asset.id)
                                       .set("n", attempt.manifest.n)
                                       .set("taken", seen.head->n)
                                       .set("reason", reason));
  return true;
}

}  // namespace weir::lake::publish
