// What VACUUM may remove (declared in vacuum.h).
#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "lake/commit.h"
#include "lake/deletion_vector.h"
#include "lake/log_listing.h"
#include "lake/log_names.h"
#include "lake/table_gc.h"
#include "lake/vacuum.h"
#include "lake/vacuum_scope.h"

namespace weir::lake {

namespace {

constexpr const char* covered_member = "latestCommitVersionOutsideOfRetentionWindow";

std::string retention_text(int64_t ms) {
  constexpr int64_t hour_ms = 3'600'000;
  if (ms != 0 && ms % (24 * hour_ms) == 0)
    return ms == 24 * hour_ms ? "1 day" : fmt::format("{} days", ms / (24 * hour_ms));
  if (ms % hour_ms == 0) return ms == hour_ms ? "1 hour" : fmt::format("{} hours", ms / hour_ms);
  return human_duration_ms(ms);
}

void check_retention(const VacuumPlan& plan, const std::string& table) {
  if (!plan.checked || plan.retention_ms >= plan.table_retention_ms) return;
  throw Error(ErrorCode::vacuum_retention,
              fmt::format("a retention of {} is below the {} for which table {} keeps removed files",
                          retention_text(plan.retention_ms), retention_text(plan.table_retention_ms), table),
              "leave --retain out, or lower the table's delta.deletedFileRetentionDuration; --force removes them all "
              "the same, when nobody reads older versions and nobody writes");
}

// The last version that is not younger than the time, by listing and reading the log; nullptr if all are younger.
std::shared_ptr<const Snapshot> version_at(const TableLocation& table, ParquetIo& parquet, int64_t at_ms) {
  try {
    return Snapshot::open(table, parquet, {std::nullopt, at_ms});
  } catch (const Error& error) {
    if (error.code() != ErrorCode::no_such_version) throw;
    return nullptr;
  }
}

// Files of the newest version, of all versions since `oldest`, and tombstones that have not expired.
std::set<std::string> files_inside(const Snapshot& newest, const Snapshot& oldest, int64_t before_ms) {
  std::set<std::string> needed = needed_files(newest, before_ms);
  if (oldest.version() == newest.version()) return needed;
  needed.merge(needed_files(oldest, before_ms));
  for (int64_t version = oldest.version() + 1; version <= newest.version(); ++version)
    if (auto commit = read_commit(newest.location(), version)) add_needed(needed, commit->actions, newest.location());
  return needed;
}

class VacuumPlanner {
 public:
  VacuumPlanner(const Snapshot& newest, const VacuumOptions& options, std::set<std::string> inside, VacuumPlan& plan)
      : newest_(newest), table_(newest.location()), options_(options), inside_(std::move(inside)), plan_(plan) {}

  void from_listing();
  void from_log();

 private:
  void take(const store::ObjectInfo& info);
  void take_removed(int64_t version, const Action& action);

  const Snapshot& newest_;
  const TableLocation& table_;
  const VacuumOptions& options_;
  std::set<std::string> inside_;
  VacuumPlan& plan_;
  std::set<std::string> seen_;       // of a lite one: keys that were looked at
  std::optional<int64_t> not_done_;  // of a lite one: the first commit of which something stays that must go later
};

void VacuumPlanner::take(const store::ObjectInfo& info) {
  const bool held = options_.needed.contains(info.key.substr(table_.prefix.size()));
  (held ? plan_.held_back : plan_.files).push_back(info);
  if (!held) plan_.bytes += static_cast<int64_t>(info.size);
}

void VacuumPlanner::from_listing() {
  std::vector<store::ObjectInfo> listing;
  std::set<std::string> folders;
  table_.store->list_from(table_.prefix, {}, [&](const store::ObjectInfo& info) {
    const std::string relative = info.key.substr(table_.prefix.size());
    if (relative.starts_with("_delta_log/")) return true;
    plan_.scope.note(relative);
    if (plan_.scope.holds(relative)) folders.insert(relative.substr(0, relative.rfind('/') + 1));
    listing.push_back(info);
    return true;
  });
  folders.erase("");
  plan_.folders += static_cast<int64_t>(folders.size());
  for (const auto& info : unneeded_files(listing, table_, inside_, plan_.before_ms))
    if (plan_.scope.holds(std::string_view(info.key).substr(table_.prefix.size()))) take(info);
  if (!plan_.held_back.empty()) plan_.covered = last_vacuumed_version(table_);
}

void VacuumPlanner::take_removed(int64_t version, const Action& action) {
  std::set<std::string> keys;
  if (const auto* remove = std::get_if<Remove>(&action)) {
    if (remove->deletion_timestamp_ms.value_or(0) >= plan_.before_ms) {
      not_done_ = std::min(not_done_.value_or(version), version);
      return;
    }
    const DeletionVector* vector = remove->deletion_vector ? &*remove->deletion_vector : nullptr;
    for (const auto& key : keys_in_table(table_, remove->path, vector)) keys.insert(key);
  } else if (std::holds_alternative<Cdc>(action)) {
    add_needed(keys, {action}, table_);
  }
  for (const auto& key : keys) {
    // What is live or inside the retention will be removed by a later commit, and is found there.
    if (inside_.contains(key) || !plan_.scope.holds(key) || !seen_.insert(key).second) continue;
    const auto info = table_.store->head(table_.key(key));
    if (!info) continue;
    const bool young = info->modified_ms >= plan_.before_ms;
    if (young || options_.needed.contains(key)) not_done_ = std::min(not_done_.value_or(version), version);
    if (!young) take(*info);
  }
}

void VacuumPlanner::from_log() {
  if (!plan_.covered) return;
  const LogListing log = list_log(table_);
  const auto last = last_vacuumed_version(table_);
  const int64_t first = last ? *last + 1 : 0;
  const int64_t earliest = log.commits.empty() ? newest_.version() + 1 : log.commits.begin()->first;
  const auto missing = [&](int64_t version) {
    const std::string since = last ? fmt::format("since the last vacuum (up to version {})", *last)
                                   : std::string("since the table was made (no vacuum is recorded)");
    return Error(ErrorCode::vacuum_lite,
                 fmt::format("table {}: a lite vacuum needs every commit {}, but version {} is no longer in the log",
                             table_.uri(), since, version),
                 "run it once without --lite: that lists the folder instead, and records how far it came");
  };
  if (first < earliest && first <= *plan_.covered) throw missing(first);
  for (int64_t version = first; version <= *plan_.covered; ++version) {
    const auto commit = read_commit(table_, version);
    if (!commit) throw missing(version);
    for (const auto& action : commit->actions) take_removed(version, action);
  }
  if (not_done_) plan_.covered = *not_done_ > 0 ? std::optional(*not_done_ - 1) : std::nullopt;
  if (last && plan_.covered.value_or(-1) < *last) plan_.covered = last;
  std::sort(plan_.files.begin(), plan_.files.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
}

}  // namespace

VacuumPlan plan_vacuum(const Snapshot& newest, ParquetIo& parquet, const VacuumOptions& options, int64_t now_ms) {
  const TableLocation& table = newest.location();
  check_writable(newest, {});
  VacuumPlan plan;
  plan.scope = VacuumScope(newest);
  plan.lite = options.lite;
  plan.table_retention_ms = deleted_file_retention_ms(newest.metadata());
  plan.retention_ms = options.retention_ms.value_or(plan.table_retention_ms);
  plan.specified = options.retention_ms.has_value();
  plan.checked = !options.force;
  check_retention(plan, table.uri());
  plan.before_ms = now_ms - plan.retention_ms;
  auto oldest = version_at(table, parquet, plan.before_ms);
  if (oldest) plan.covered = oldest->version();
  if (!oldest) oldest = Snapshot::open(table, parquet, {version_range(table).value().first, std::nullopt});
  plan.scope.note_addresses(newest);
  plan.scope.note_addresses(*oldest);
  VacuumPlanner planner(newest, options, files_inside(newest, *oldest, plan.before_ms), plan);
  options.lite ? planner.from_log() : planner.from_listing();
  return plan;
}

std::optional<int64_t> last_vacuumed_version(const TableLocation& table) {
  try {
    const auto version =
        Json::parse(table.store->read(log_folder(table) + "_last_vacuum_info")).get_int(covered_member);
    return version && *version >= 0 ? version : std::nullopt;
  } catch (const Error& error) {
    if (error.code() == ErrorCode::store_not_found || error.code() == ErrorCode::bad_json) return std::nullopt;
    throw;
  }
}

}  // namespace weir::lake
