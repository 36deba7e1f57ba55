// Reading the commits of a segment, by compactions where they help (CommitCache in snapshot_state.h).
#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "lake/action_json.h"
#include "lake/log_names.h"
#include "lake/snapshot_state.h"

namespace weir::lake {

namespace {

Actions read_actions(const TableLocation& table, const std::string& key, const std::string& text) {
  return std::make_shared<const std::vector<Action>>(parse_commit(text, shown(table, key)));
}

}  // namespace

Actions CommitCache::get(const TableLocation& table, const LogCommit& commit) {
  if (auto known = read_.find(commit.version); known != read_.end()) return known->second;
  Actions actions = read_actions(table, commit.info.key, table.store->read(commit.info.key));
  read_[commit.version] = actions;
  return actions;
}

Actions CommitCache::get(const TableLocation& table, const LogCompaction& compaction) {
  const std::string& key = compaction.info.key;
  if (auto known = compacted_.find(key); known != compacted_.end()) return known->second;
  Actions actions;
  try {
    std::string text = table.store->read(key);
    // One of nothing may be all that a torn write left.
    if (!trim(text).empty()) actions = read_actions(table, key, text);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::bad_log && error.code() != ErrorCode::store_not_found) throw;
  }
  compacted_[key] = actions;
  return actions;
}

int64_t CommitCache::unread(int64_t first, int64_t last) const {
  int64_t count = 0;
  for (int64_t version = first; version <= last; ++version) count += read_.contains(version) ? 0 : 1;
  return count;
}

std::optional<LogStep> CommitCache::compacted_from(const TableLocation& table, const LogSegment& segment,
                                                   int64_t version, const Trusted& trusted) {
  std::vector<const LogCompaction*> candidates;
  for (const auto& compaction : segment.compactions)
    if (compaction.first == version && unread(version, compaction.last) > 1 && trusted(compaction))
      candidates.push_back(&compaction);
  std::sort(candidates.begin(), candidates.end(), [](const auto* a, const auto* b) { return a->last > b->last; });
  for (const auto* compaction : candidates)
    if (Actions actions = get(table, *compaction)) return LogStep{compaction->first, compaction->last, actions};
  return std::nullopt;
}

void CommitCache::each(const TableLocation& table, const LogSegment& segment, int64_t after, const Trusted& trusted,
                       const std::function<void(const LogStep&)>& visit) {
  for (const auto& commit : segment.commits) {
    if (commit.version <= after) continue;
    auto step = compacted_from(table, segment, commit.version, trusted);
    if (!step) step = LogStep{commit.version, commit.version, get(table, commit)};
    visit(*step);
    after = step->last;
  }
}

}  // namespace weir::lake
