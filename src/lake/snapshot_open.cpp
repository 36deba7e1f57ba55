// Opening of snapshots: by version, by time, the newest, and from an older one.
#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "base/time.h"
#include "lake/features.h"
#include "lake/log_names.h"
#include "lake/snapshot_state.h"

namespace weir::lake {

class SnapshotBuilder {
 public:
  static std::shared_ptr<const Snapshot> from_segment(const TableLocation& table, ParquetIo& parquet,
                                                      LogSegment segment) {
    CommitCache commits;
    Head head;
    with_usable_segment(table, segment,
                        [&](const LogSegment& usable) { head = load_head(table, usable, parquet, commits, false); });
    return finish(table, parquet, std::move(segment), std::move(commits), std::move(head));
  }

  // `base` plus commits that follow it without a gap. `newer`: a segment for the new version that starts at a newer
  // checkpoint than the base's, if there is one.
  static std::shared_ptr<const Snapshot> extend(const Snapshot& base, ParquetIo& parquet,
                                                std::vector<LogCommit> following,
                                                std::optional<LogSegment> newer = std::nullopt) {
    Head head;
    CommitCache commits;
    LogSegment segment;
    std::shared_ptr<const FileList> files;
    int64_t files_from_ms = 0;
    {
      std::lock_guard lock(base.state_->mutex);
      head.protocol = base.state_->protocol;
      head.metadata = base.state_->metadata;
      head.txns = base.state_->txns;
      head.domains = base.state_->domains;
      head.txns_known = base.state_->txns_known;
      head.domains_known = base.state_->domains_known;
      head.totals = base.state_->totals;
      segment = base.state_->segment;
      if (!base.state_->files) commits = base.state_->commits;
      files = base.state_->files;
      files_from_ms = base.state_->files_from_ms;
    }
    for (const auto& commit : following) {
      head.apply(*commits.get(base.state_->location, commit));
      segment.commits.push_back(commit);
    }
    segment.version = following.back().version;
    segment.modified_ms = following.back().info.modified_ms;
    if (newer) segment = std::move(*newer);
    if (may_be_cleaned(files_from_ms, segment, *head.metadata)) files.reset();
    auto snapshot = finish(base.state_->location, parquet, std::move(segment), std::move(commits), std::move(head));
    if (files) snapshot->state_->files_from_ms = files_from_ms;
    snapshot->state_->parent_files = std::move(files);
    snapshot->state_->parent_commits = std::move(following);
    return snapshot;
  }

  // Whether the checkpoint that a list of files was read from, and that still has their statistics, may soon be gone:
  // then they are read anew, from a newer one.
  static bool may_be_cleaned(int64_t files_from_ms, const LogSegment& segment, const Metadata& metadata) {
    if (files_from_ms == 0 || !segment.checkpoint) return false;
    const int64_t newest_ms = segment.checkpoint->parts.front().modified_ms;
    return newest_ms > files_from_ms && newest_ms - files_from_ms > log_retention_ms(metadata) / 2;
  }

  static LogSegment segment(const Snapshot& snapshot) {
    std::lock_guard lock(snapshot.state_->mutex);
    return snapshot.state_->segment;
  }

 private:
  static std::shared_ptr<const Snapshot> finish(const TableLocation& table, ParquetIo& parquet, LogSegment segment,
                                                CommitCache commits, Head head) {
    check_readable(*head.protocol, *head.metadata, table.uri());
    auto state = std::make_unique<Snapshot::State>();
    state->location = table;
    state->parquet = &parquet;
    state->protocol = std::move(*head.protocol);
    state->metadata = std::move(*head.metadata);
    state->txns = std::move(head.txns);
    state->domains = std::move(head.domains);
    state->txns_known = head.txns_known;
    state->domains_known = head.domains_known;
    state->totals = head.totals;
    state->version = segment.version;
    state->timestamp_ms = segment.modified_ms;
    if (in_commit_timestamps(state->protocol, state->metadata))
      state->timestamp_ms = in_commit_time(table, segment, commits, head).value_or(segment.modified_ms);
    state->segment = std::move(segment);
    state->commits = std::move(commits);
    return std::shared_ptr<const Snapshot>(new Snapshot(std::move(state)));
  }

  // A checkpoint holds no commitInfo, so if it gave the head the commit itself must still be asked.
  static std::optional<int64_t> in_commit_time(const TableLocation& table, const LogSegment& segment,
                                               CommitCache& commits, const Head& head) {
    if (head.in_commit_timestamp_ms) return head.in_commit_timestamp_ms;
    if (segment.commits.empty()) {
      auto commit = read_commit(table, segment.version);
      if (!commit) return std::nullopt;
      Head alone;
      alone.apply(commit->actions);
      return alone.in_commit_timestamp_ms;
    }
    Head alone;
    alone.apply(*commits.get(table, segment.commits.back()));
    return alone.in_commit_timestamp_ms;
  }
};

namespace {

[[noreturn]] void no_such_version(const TableLocation& table, const LogListing& listing, const std::string& wanted) {
  auto range = available_range(listing);
  std::string available = range ? fmt::format("versions {} to {} can be opened", range->first, range->second)
                                : std::string("no version can be opened");
  throw Error(ErrorCode::no_such_version, fmt::format("table {} has no {}; {}", table.uri(), wanted, available));
}

[[noreturn]] void not_a_table(const TableLocation& table) {
  throw Error(ErrorCode::not_a_table, fmt::format("{} is no Delta table: there is no commit in {}", table.uri(),
                                                  shown(table, log_folder(table))));
}

std::optional<LogSegment> newest_segment(const TableLocation& table) {
  int64_t hint = last_checkpoint_hint(table).value_or(0);
  LogListing listing = list_log(table, hint);
  if (!listing.empty()) {
    if (auto segment = find_segment(table, listing, listing.latest())) return segment;
  }
  // The hint was ahead of the log, or its checkpoint is not there (any more).
  if (hint > 0) listing = list_log(table);
  if (listing.empty()) return std::nullopt;
  return find_segment(table, listing, listing.latest());
}

LogSegment segment_at(const TableLocation& table, int64_t version) {
  int64_t hint = last_checkpoint_hint(table).value_or(0);
  LogListing listing = list_log(table, hint <= version ? hint : 0);
  if (listing.from > 0)
    if (auto near = listing.latest() >= version ? find_segment(table, listing, version) : std::nullopt) return *near;
  if (listing.from > 0) listing = list_log(table);
  if (listing.empty()) not_a_table(table);
  auto range = available_range(listing);
  // A log that nothing at all can be opened from is damaged or needs a feature: that is said instead.
  if (!range) find_segment(table, listing, listing.latest());
  if (!range || version < range->first || version > range->second)
    no_such_version(table, listing, fmt::format("version {}", version));
  return *find_segment(table, listing, version);
}

// The in-commit timestamp of one commit.
std::optional<int64_t> in_commit_time(const TableLocation& table, int64_t version) {
  auto commit = read_commit(table, version);
  if (!commit) return std::nullopt;
  Head head;
  head.apply(commit->actions);
  return head.in_commit_timestamp_ms;
}

std::optional<int64_t> last_by_store_time(const LogListing& listing, int64_t first, int64_t last, int64_t at_ms) {
  std::optional<int64_t> found;
  for (auto& [version, time] : rising_times(listing, first, last))
    if (time <= at_ms) found = version;
  return found;
}

// In-commit timestamps rise by definition: bisect.
std::optional<int64_t> last_by_commit_time(const TableLocation& table, int64_t first, int64_t last, int64_t at_ms) {
  std::optional<int64_t> found;
  while (first <= last) {
    int64_t middle = first + (last - first) / 2;
    auto time = in_commit_time(table, middle);
    if (!time)
      throw Error(ErrorCode::bad_log,
                  fmt::format("table {}: version {} has no in-commit timestamp", table.uri(), middle));
    if (*time <= at_ms) {
      found = middle;
      first = middle + 1;
    } else {
      last = middle - 1;
    }
  }
  return found;
}

int64_t version_at_time(const TableLocation& table, ParquetIo& parquet, int64_t at_ms) {
  LogListing listing = list_log(table);
  if (listing.empty()) not_a_table(table);
  auto range = available_range(listing);
  std::string wanted = fmt::format("version as old as {}", iso_ms(at_ms));
  if (!range) find_segment(table, listing, listing.latest());
  if (!range) no_such_version(table, listing, wanted);
  auto newest = SnapshotBuilder::from_segment(table, parquet, *find_segment(table, listing, range->second));
  int64_t commit_time_from = range->second + 1;
  if (in_commit_timestamps(newest->protocol(), newest->metadata())) {
    auto enabled = newest->property("delta.inCommitTimestampEnablementVersion");
    commit_time_from = std::max(range->first, enabled ? parse_int(*enabled).value_or(0) : 0);
  }
  auto found = last_by_commit_time(table, commit_time_from, range->second, at_ms);
  if (!found) found = last_by_store_time(listing, range->first, commit_time_from - 1, at_ms);
  if (!found) no_such_version(table, listing, wanted);
  return *found;
}

}  // namespace

std::shared_ptr<const Snapshot> Snapshot::open_if_exists(const TableLocation& location, ParquetIo& parquet) {
  auto segment = newest_segment(location);
  if (!segment) return nullptr;
  return SnapshotBuilder::from_segment(location, parquet, std::move(*segment));
}

std::shared_ptr<const Snapshot> Snapshot::open(const TableLocation& location, ParquetIo& parquet, VersionSpec spec) {
  if (!spec.version && !spec.at_ms) {
    auto snapshot = open_if_exists(location, parquet);
    if (!snapshot) not_a_table(location);
    return snapshot;
  }
  int64_t version = spec.version ? *spec.version : version_at_time(location, parquet, *spec.at_ms);
  return SnapshotBuilder::from_segment(location, parquet, segment_at(location, version));
}

std::shared_ptr<const Snapshot> Snapshot::refresh(std::shared_ptr<const Snapshot> base, ParquetIo& parquet) {
  const TableLocation& table = base->location();
  LogListing listing = list_log(table, base->version());
  const LogSegment known = SnapshotBuilder::segment(*base);
  auto own = listing.commits.find(base->version());
  bool same = own != listing.commits.end() && !known.commits.empty() &&
              own->second.info.etag == known.commits.back().info.etag &&
              own->second.info.size == known.commits.back().info.size;
  bool by_checkpoint =
      own != listing.commits.end() && known.commits.empty() && own->second.info.modified_ms == known.modified_ms;
  // Not the log that the base came from, or its end was cleaned away: nothing to build on.
  if (!same && !by_checkpoint) return open(table, parquet);
  if (listing.latest() == base->version()) return base;
  std::vector<LogCommit> following;
  for (int64_t version = base->version() + 1; version <= listing.latest(); ++version) {
    auto found = listing.commits.find(version);
    if (found == listing.commits.end()) return open(table, parquet);
    following.push_back(found->second);
  }
  std::optional<LogSegment> newer;
  if (!listing.checkpoints.empty()) newer = find_segment(table, listing, listing.latest());
  return SnapshotBuilder::extend(*base, parquet, std::move(following), std::move(newer));
}

std::shared_ptr<const Snapshot> Snapshot::advance(std::shared_ptr<const Snapshot> base, int64_t version,
                                                  ParquetIo& parquet) {
  if (version == base->version()) return base;
  std::vector<LogCommit> following;
  for (int64_t v = base->version() + 1; v <= version; ++v) {
    auto info = base->location().store->head(commit_key(base->location(), v));
    if (!info)
      throw Error(ErrorCode::bad_log, fmt::format("table {}: version {} is missing", base->location().uri(), v));
    following.push_back({v, *info});
  }
  if (following.empty()) return open(base->location(), parquet, {version, std::nullopt});
  return SnapshotBuilder::extend(*base, parquet, std::move(following));
}

}  // namespace weir::lake
