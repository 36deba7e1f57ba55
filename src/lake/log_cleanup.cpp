#include "lake/log_cleanup.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"
#include "lake/checkpoint_read.h"
#include "lake/log_listing.h"

namespace weir::lake {

namespace {

constexpr int64_t day_ms = 86'400'000;
constexpr size_t max_removals = 1000;

std::optional<int64_t> last_commit_not_after(const std::vector<LogEntry>& entries, int64_t cutoff_ms) {
  std::optional<int64_t> last;
  int64_t previous = -1;
  for (const auto& entry : entries) {
    if (entry.name.kind != LogKind::commit) continue;
    int64_t time = std::max(previous + 1, entry.info.modified_ms);
    if (time > cutoff_ms) break;
    last = entry.name.version;
    previous = time;
  }
  return last;
}

std::optional<int64_t> newest_checkpoint_not_after(const std::vector<LogEntry>& entries, int64_t version) {
  std::optional<int64_t> newest;
  std::map<std::pair<int64_t, int64_t>, int64_t> parts;
  for (const auto& entry : entries) {
    if (entry.name.version > version) break;
    bool complete = entry.name.kind == LogKind::classic_checkpoint || entry.name.kind == LogKind::v2_checkpoint;
    if (entry.name.kind == LogKind::multipart_checkpoint)
      complete = ++parts[{entry.name.version, entry.name.parts}] == entry.name.parts;
    if (complete) newest = entry.name.version;
  }
  return newest;
}

std::vector<LogEntry> list_entries(const TableLocation& table) {
  std::vector<LogEntry> entries;
  std::string folder = log_folder(table);
  table.store->list_from(folder, folder, [&](const store::ObjectInfo& info) {
    std::string_view name = std::string_view(info.key).substr(folder.size());
    if (name.empty() || name[0] > '9') return false;
    if (auto parsed = parse_log_name(name)) entries.push_back({*parsed, info});
    return true;
  });
  return entries;
}

// Removing the commits behind a damaged checkpoint would lose the table.
bool is_readable(const TableLocation& table, int64_t version, ParquetIo& parquet) {
  LogListing listing = list_log(table, version, version);
  auto found = listing.checkpoints.find(version);
  if (found == listing.checkpoints.end()) return false;
  CheckpointHead head = read_checkpoint_head(table, found->second.front(), parquet);
  return head.protocol && head.metadata;
}

// Sidecars that no checkpoint which is left names, and that are older than any version which is left.
size_t remove_sidecars(const TableLocation& table, int64_t cutoff_ms, ParquetIo& parquet) {
  std::set<std::string> needed;
  for (const auto& [version, candidates] : list_log(table).checkpoints)
    for (const auto& checkpoint : candidates)
      for (auto& key : checkpoint_sidecars(table, checkpoint, parquet)) needed.insert(std::move(key));
  std::vector<std::string> unneeded;
  std::string folder = log_folder(table) + "_sidecars/";
  table.store->list_from(folder, folder, [&](const store::ObjectInfo& info) {
    if (info.modified_ms < cutoff_ms && !needed.contains(info.key)) unneeded.push_back(info.key);
    return true;
  });
  table.store->remove_all(unneeded);
  return unneeded.size();
}

}  // namespace

CleanupPlan plan_cleanup(const std::vector<LogEntry>& entries, int64_t cutoff_ms) {
  auto commit = last_commit_not_after(entries, cutoff_ms);
  auto checkpoint = commit ? newest_checkpoint_not_after(entries, *commit) : std::nullopt;
  if (!checkpoint) return {};
  CleanupPlan plan;
  plan.checkpoint = *checkpoint;
  // Ascending, so that a stop half-way leaves a log that still ends whole.
  for (const auto& entry : entries)
    if (entry.name.version < *checkpoint ||
        (entry.name.kind == LogKind::compaction && entry.name.version <= *checkpoint))
      plan.keys.push_back(entry.info.key);
  return plan;
}

size_t clean_log(const TableLocation& table, const Metadata& metadata, ParquetIo& parquet, int64_t now_ms) {
  auto enabled = metadata.configuration.find("delta.enableExpiredLogCleanup");
  if (enabled != metadata.configuration.end() && iequals(trim(enabled->second), "false")) return 0;
  int64_t cutoff_ms = now_ms - log_retention_ms(metadata);
  cutoff_ms -= ((cutoff_ms % day_ms) + day_ms) % day_ms;
  auto entries = list_entries(table);
  CleanupPlan plan = plan_cleanup(entries, cutoff_ms);
  if (plan.keys.empty() || !is_readable(table, plan.checkpoint, parquet)) return 0;
  if (plan.keys.size() > max_removals) plan.keys.resize(max_removals);
  table.store->remove_all(plan.keys);
  bool v2 = std::any_of(entries.begin(), entries.end(),
                        [](const LogEntry& entry) { return entry.name.kind == LogKind::v2_checkpoint; });
  return plan.keys.size() + (v2 ? remove_sidecars(table, cutoff_ms, parquet) : 0);
}

}  // namespace weir::lake
