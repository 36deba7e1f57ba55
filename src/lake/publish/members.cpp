#include "lake/publish/members.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/failpoint.h"
#include "lake/publish/inverse.h"
#include "lake/publish/verify.h"

namespace weir::lake::publish {

namespace {

ActionsOrWhy rollback_of_member(const GroupAttempt& attempt, size_t index, const Snapshot& newest, const Tools& tools) {
  const int64_t version = attempt.manifest.restores->second[index];
  const TableLocation& table = attempt.locations[index];
  const CommitRange since = read_commits(table, version, newest.version());
  if (since.first_missing)
    return fmt::format("{}: version {} is no longer in the log", table.uri(), *since.first_missing);
  const std::string app = app_id(attempt.manifest.asset);
  for (const CommitFile& commit : since.commits)
    if (commit.txn(app) == nullptr && !only_rearranges(commit))
      return fmt::format("{}: another writer made version {}", table.uri(), commit.version);
  try {
    const auto target = Snapshot::open(table, tools.parquet, {.version = version, .at_ms = {}});
    return back_to(*target, newest, tools.clock.now_ms());
  } catch (const Error& error) {
    if (error.code() != ErrorCode::no_such_version && error.code() != ErrorCode::bad_log) throw;
    return fmt::format("{}: version {} cannot be read: {}", table.uri(), version, error.message());
  }
}

// What creates the member, without its rows.
std::vector<Action> bare_table(const ManifestTable& taken) {
  std::vector<Action> actions;
  for (const Action& action : taken.actions)
    if (std::holds_alternative<Protocol>(action) || std::holds_alternative<Metadata>(action) ||
        std::holds_alternative<DomainMetadata>(action))
      actions.push_back(action);
  return actions;
}

const ManifestTable* entry_for(const Manifest& manifest, const ManifestTable& table) {
  for (const ManifestTable& entry : manifest.tables)
    if (entry.id == table.id) return &entry;
  return nullptr;
}

ActionsOrWhy takeback_of_member(const GroupAttempt& attempt, size_t index, const Snapshot* newest, const Tools& tools) {
  const int64_t taken_n = attempt.manifest.parent->n;
  const TableLocation& table = attempt.locations[index];
  auto taken = read_manifest(attempt.locations[0], attempt.manifest.asset, taken_n);
  if (!taken) return fmt::format("the manifest of attempt {} is gone", taken_n);
  load_actions(attempt.locations[0], *taken);
  const ManifestTable* entry = entry_for(*taken, attempt.manifest.tables[index]);
  if (entry == nullptr) return std::vector<Action>{};
  if (newest == nullptr) return bare_table(*entry);
  const std::string app = app_id(attempt.manifest.asset);
  const auto txn = newest->txn(app);
  if (!txn || txn->version != taken_n) return std::vector<Action>{};  // it never took the attempt: only the txn
  const CommitRange since = read_commits(table, entry->read_version, newest->version());
  for (const CommitFile& commit : since.commits)
    if (const Txn* own = commit.txn(app); own != nullptr && own->version == taken_n)
      return inverse_of(commit, *newest, tools.parquet, tools.clock.now_ms());
  return fmt::format("{}: the commit of attempt {} is no longer in the log", table.uri(), taken_n);
}

bool is_dynamic(Kind kind) { return kind == Kind::rollback || kind == Kind::takeback; }

// Before a member takes an attempt, its staged files must be there; else the same source range is staged again.
std::optional<CannotFollow> ensure_staged(GroupAttempt& attempt, size_t index, const Publisher::Restage& restage) {
  if (is_dynamic(attempt.manifest.kind)) return std::nullopt;
  ManifestTable& table = attempt.manifest.tables[index];
  const auto missing = missing_files(attempt.locations[index], table.actions);
  if (missing.empty()) return std::nullopt;
  std::optional<StagedTable> again = restage ? restage(attempt.manifest, index) : std::nullopt;
  if (!again) return CannotFollow{fmt::format("staged file {} is gone", missing.front())};
  table.actions = again->draft.actions;
  attempt.reads[index] = again->draft.reads;
  return std::nullopt;
}

}  // namespace

void set_member_actions(GroupAttempt& attempt, const Tools& tools) {
  if (!is_dynamic(attempt.manifest.kind)) return;
  attempt.member_actions = [&attempt, tools](size_t index, std::shared_ptr<const Snapshot> newest) -> ActionsOrWhy {
    if (attempt.manifest.kind == Kind::takeback) return takeback_of_member(attempt, index, newest.get(), tools);
    if (!newest) return std::string("the table no longer exists");
    return rollback_of_member(attempt, index, *newest, tools);
  };
}

GroupAttempt attempt_of(const Asset& asset, const Observed& seen, Manifest manifest) {
  GroupAttempt attempt;
  attempt.manifest = std::move(manifest);
  load_actions(asset.anchor().location, attempt.manifest);
  const size_t count = attempt.manifest.tables.size();
  attempt.locations.resize(count);
  attempt.snapshots.resize(count);
  attempt.reads.resize(count);
  attempt.error_on_change = asset.on_foreign_change == OnForeignChange::error;
  attempt.resumed = true;
  for (size_t i = 0; i < count; ++i) attempt.reads[i].whole_table = !attempt.manifest.tables[i].blind;
  for (size_t i = 0; i < seen.tables.size(); ++i) {
    const ObservedTable& table = seen.tables[i];
    const size_t at = table.in_head.value_or(i);
    if (at >= count) continue;
    attempt.locations[at] = table.table->location;
    attempt.snapshots[at] = table.snapshot;
  }
  return attempt;
}

std::variant<Followed, CannotFollow, LookAgain> follow(const Asset& asset, const Observed& seen,
                                                       const Publisher::Restage& restage, const Tools& tools) {
  GroupAttempt attempt = attempt_of(asset, seen, *seen.head);
  set_member_actions(attempt, tools);
  const StoreClock clock(tools.clock, 0, 0);  // a member has no deadline
  for (const ObservedTable& table : seen.tables) {
    if (table.standing != Standing::behind) continue;
    const size_t index = *table.in_head;
    if (auto cannot = ensure_staged(attempt, index, restage)) return *cannot;
    write_anchor_note(attempt.locations[index], asset.id, {asset.anchor().location.uri(), asset.owner});
    const TableOutcome outcome = commit_table(attempt, index, clock, tools.parquet, tools.clock);
    if (const auto* abandoned = std::get_if<Abandoned>(&outcome)) {
      if (abandoned->why == Abandoned::Why::conflict) return CannotFollow{abandoned->text};
      return LookAgain{};
    }
    failpoint(fmt::format("group.member.{}", index));
    tools.emit("publish.followed", Json::object()
                                       .set("asset", asset.id)
                                       .set("table", attempt.locations[index].uri())
                                       .set("n", attempt.manifest.n)
                                       .set("version", std::get<TableDone>(outcome).version));
  }
  return Followed{};
}

}  // namespace weir::lake::publish
