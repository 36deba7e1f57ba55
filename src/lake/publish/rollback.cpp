#include <fmt/format.h>

#include <algorithm>

#include "base/failpoint.h"
#include "base/ids.h"
#include "lake/publish/carry_out.h"
#include "lake/publish/chain.h"
#include "lake/publish/inverse.h"
#include "lake/publish/ledger.h"
#include "lake/publish/members.h"
#include "lake/publish/prepare.h"
#include "lake/publish/publisher.h"
#include "lake/publish/settle.h"
#include "lake/publish/source_check.h"
#include "lake/publish/store_clock.h"

namespace weir::lake::publish {

namespace {

constexpr int64_t patience_ms = 3600LL * 1000;

Error refused(std::string message) { return Error(ErrorCode::rollback_refused, std::move(message)); }

void check_target(const Asset& asset, const Manifest& head, const Manifest& target, SourcePosition* source) {
  if (target.n == head.n) throw refused(fmt::format("{} is what the table holds now", target.n));
  const bool same_tables =
      std::equal(head.tables.begin(), head.tables.end(), target.tables.begin(), target.tables.end(),
                 [](const ManifestTable& a, const ManifestTable& b) { return a.id == b.id; });
  if (!same_tables) throw refused(fmt::format("attempt {} wrote other tables than the last publish", target.n));
  if (!head.ack_floor.is_null()) {
    if (source == nullptr) throw refused("the source must be reachable: it may have forgotten records");
    if (is_before(*source, target.cursor_after, head.ack_floor))
      throw refused(fmt::format("the source may have forgotten what follows {}: it is acknowledged up to {}",
                                target.cursor_after.dump(), head.ack_floor.dump()));
  }
  if (const std::string why = cannot_reread(head, target.cursor_after, source); !why.empty()) throw refused(why);
  const TableLocation& anchor = asset.anchor().location;
  for (const std::string& file : ledger_files(target.cursor_after))
    if (!anchor.store->head(manifest_folder(anchor, asset.id) + file))
      throw refused(fmt::format("the list of loaded files {} of attempt {} is gone", file, target.n));
}

// The version that attempt `n` made, if everything since is ours or moves no rows.
int64_t version_of(const TableLocation& table, const ManifestTable& entry, const std::string& app, int64_t n,
                   int64_t newest) {
  const CommitRange since = read_commits(table, entry.read_version, newest);
  if (since.first_missing)
    throw refused(fmt::format("{}: version {} is no longer in the log", table.uri(), *since.first_missing));
  std::optional<int64_t> version;
  for (const CommitFile& commit : since.commits) {
    const Txn* txn = commit.txn(app);
    if (txn != nullptr && txn->version == n) version = commit.version;
    if (version && txn == nullptr && !only_rearranges(commit))
      throw refused(fmt::format("{}: another writer made version {} ({}) since; delete by predicate instead",
                                table.uri(), commit.version, commit.operation()));
  }
  if (!version) throw refused(fmt::format("{}: the commit of attempt {} is no longer in the log", table.uri(), n));
  return *version;
}

std::shared_ptr<const Snapshot> open_target(const TableLocation& table, int64_t version, ParquetIo& parquet) {
  try {
    return Snapshot::open(table, parquet, {.version = version, .at_ms = {}});
  } catch (const Error& error) {
    if (error.code() != ErrorCode::no_such_version && error.code() != ErrorCode::bad_log) throw;
    throw refused(fmt::format("{}: version {} cannot be read any more", table.uri(), version));
  }
}

size_t index_of(const Asset& asset, const Inspection& inspected, const ManifestTable& entry) {
  for (size_t i = 0; i < asset.tables.size(); ++i)
    if (inspected.snapshots[i] && inspected.snapshots[i]->metadata().id == entry.id) return i;
  throw refused(fmt::format("{} no longer exists", entry.uri));
}

ManifestTable entry_of(const TableLocation& table, const Snapshot& newest, const Snapshot& target,
                       const std::string& app, int64_t now_ms) {
  ActionsOrWhy actions = back_to(target, newest, now_ms);
  if (const auto* why = std::get_if<std::string>(&actions)) throw refused(*why);
  ManifestTable entry;
  entry.uri = table.uri();
  entry.id = newest.metadata().id;
  entry.read_version = newest.version();
  if (const auto txn = newest.txn(app)) entry.txn_before = txn->version;
  entry.mode = "overwrite";
  entry.actions = std::move(std::get<std::vector<Action>>(actions));
  entry.commit_info = Json::object()
                          .set("operation", "RESTORE")
                          .set("operationParameters", Json::object().set("version", std::to_string(target.version())));
  return entry;
}

Manifest plan_of(const Asset& asset, const Manifest& head, const Manifest& target, const std::string& run) {
  Manifest plan;
  plan.kind = Kind::rollback;
  plan.asset = asset.id;
  plan.owner = asset.owner;
  plan.attempt = uuid_v4();
  plan.parent = Parent{head.n, head.sha256};
  plan.run = run;
  plan.step = head.step;
  plan.code = target.code;
  plan.inputs = target.inputs;
  plan.cursor_before = head.cursor_after;
  plan.cursor_after = target.cursor_after;
  plan.ack_floor = head.ack_floor;
  plan.source_identity = head.source_identity;
  plan.source_start = head.source_start;
  plan.restores = std::pair(target.n, std::vector<int64_t>{});
  return plan;
}

GroupAttempt plan_tables(const Asset& asset, const Inspection& inspected, const Manifest& target, Manifest& plan,
                         const Tools& tools) {
  GroupAttempt attempt;
  const std::string app = app_id(asset.id);
  for (const ManifestTable& entry : target.tables) {
    const size_t i = index_of(asset, inspected, entry);
    const TableLocation& table = asset.tables[i].location;
    const auto& newest = inspected.snapshots[i];
    const int64_t version = version_of(table, entry, app, target.n, newest->version());
    const auto restored = open_target(table, version, tools.parquet);
    plan.tables.push_back(entry_of(table, *newest, *restored, app, tools.clock.now_ms()));
    plan.restores->second.push_back(version);
    attempt.locations.push_back(table);
    attempt.snapshots.push_back(newest);
    attempt.reads.emplace_back().whole_table = true;
  }
  return attempt;
}

}  // namespace

Outcome Publisher::rollback(const Asset& asset, int64_t target_n, const std::string& run, SourcePosition* source) {
  const Tools tools{parquet_, clock_, events_};
  const Inspection inspected = inspect(asset, source);
  if (!inspected.head) throw refused(fmt::format("asset {} was never published", asset.id));
  Chain chain(asset.anchor().location, asset.id, *inspected.head);
  const Manifest* target = chain.find(target_n);
  if (target == nullptr)
    throw refused(fmt::format("attempt {} is not on the chain of publishes of asset {} (or its manifest is gone)",
                              target_n, asset.id));
  check_target(asset, *inspected.head, *target, source);
  Manifest plan = plan_of(asset, *inspected.head, *target, run);
  GroupAttempt attempt = plan_tables(asset, inspected, *target, plan, tools);
  // Files that were put aside long ago may be removed by the next VACUUM: a rollback that slept is planned again.
  plan.deadline_ms = ask_store_clock(asset.anchor().location, asset.id, clock_).now_ms() + patience_ms;
  failpoint("rollback.planned");
  Prepared prepared = prepare(asset.anchor().location, {}, std::move(plan), {}, clock_);
  attempt.manifest = std::move(prepared.manifest);
  set_member_actions(attempt, tools);
  return settle(*this, asset, attempt.manifest, carry_out(asset, attempt, prepared.clock, source, tools), source);
}

}  // namespace weir::lake::publish
