#include "lake/log_listing.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/json.h"
#include "lake/log_names.h"

namespace weir::lake {

namespace {

// Parts of multi-part checkpoints, gathered until all have been seen. Two sets of parts of one version may exist side
// by side.
class PartCollector {
 public:
  void add(const LogName& name, const store::ObjectInfo& info) { sets_[{name.version, name.parts}][name.part] = info; }
  void finish(LogListing& listing) const {
    for (const auto& [id, parts] : sets_) {
      if (static_cast<int64_t>(parts.size()) != id.second) continue;
      LogCheckpoint checkpoint{id.first, {}};
      for (const auto& [part, info] : parts) checkpoint.parts.push_back(info);
      listing.checkpoints[id.first].push_back(std::move(checkpoint));
    }
  }

 private:
  std::map<std::pair<int64_t, int64_t>, std::map<int64_t, store::ObjectInfo>> sets_;
};

void add_entry(LogListing& listing, PartCollector& parts, const LogName& name, const store::ObjectInfo& info) {
  switch (name.kind) {
    case LogKind::commit:
      listing.commits[name.version] = {name.version, info};
      break;
    case LogKind::classic_checkpoint:
    case LogKind::v2_checkpoint:
      listing.checkpoints[name.version].push_back({name.version, {info}});
      break;
    case LogKind::multipart_checkpoint:
      parts.add(name, info);
      break;
    case LogKind::checksum:
      listing.checksums.insert(name.version);
      break;
    case LogKind::compaction:
      listing.compactions.push_back({name.version, name.end_version, info});
      break;
  }
}

// A listing is no snapshot: a commit that was put while the folder was read may be missed although a later one was
// seen.
std::optional<LogCommit> look_again(const TableLocation& table, int64_t version) {
  auto info = table.store->head(commit_key(table, version));
  if (!info) return std::nullopt;
  return LogCommit{version, *info};
}

[[noreturn]] void missing_commit(const TableLocation& table, int64_t missing, int64_t version) {
  throw Error(ErrorCode::bad_log, fmt::format("table {}: the log has no {}, which version {} is built from",
                                              table.uri(), shown(table, commit_key(table, missing)), version));
}

}  // namespace

int64_t LogListing::latest() const {
  int64_t latest = -1;
  if (!commits.empty()) latest = commits.rbegin()->first;
  if (!checkpoints.empty()) latest = std::max(latest, checkpoints.rbegin()->first);
  return latest;
}

LogListing list_log(const TableLocation& table, int64_t from, std::optional<int64_t> up_to) {
  LogListing listing;
  listing.from = from;
  PartCollector parts;
  std::string folder = log_folder(table);
  // A name is greater than the bare 20 digits it starts with.
  std::string start = from > 0 ? folder + version_text(from) : folder;
  table.store->list_from(folder, start, [&](const store::ObjectInfo& info) {
    std::string_view name = std::string_view(info.key).substr(folder.size());
    // Everything that is named by a version sorts before the folders and files that start with '_'.
    if (name.empty() || name[0] > '9') return false;
    auto parsed = parse_log_name(name);
    if (!parsed) return true;
    if (up_to && parsed->version > *up_to) return false;
    add_entry(listing, parts, *parsed, info);
    return true;
  });
  parts.finish(listing);
  return listing;
}

std::optional<int64_t> last_checkpoint_hint(const TableLocation& table) {
  try {
    Json json = Json::parse(table.store->read(last_checkpoint_key(table)));
    auto version = json.get_int("version");
    return version && *version >= 0 ? version : std::nullopt;
  } catch (const Error& error) {
    // Only a hint: whatever is wrong with it, a full listing finds the table.
    if (error.code() == ErrorCode::store_not_found || error.code() == ErrorCode::bad_json) return std::nullopt;
    throw;
  }
}

std::optional<LogSegment> find_segment(const TableLocation& table, const LogListing& listing, int64_t version,
                                       const std::set<std::string>& unusable) {
  LogSegment segment;
  segment.version = version;
  for (auto it = listing.checkpoints.rbegin(); it != listing.checkpoints.rend() && !segment.checkpoint; ++it) {
    if (it->first > version) continue;
    for (const auto& candidate : it->second)
      if (!segment.checkpoint && !unusable.contains(candidate.id())) segment.checkpoint = candidate;
  }
  if (!segment.checkpoint && listing.from > 0) return std::nullopt;

  int64_t first = segment.checkpoint ? segment.checkpoint->version + 1 : 0;
  for (int64_t v = first; v <= version; ++v) {
    auto found = listing.commits.find(v);
    auto commit = found != listing.commits.end() ? found->second : look_again(table, v);
    if (!commit) missing_commit(table, v, version);
    segment.commits.push_back(std::move(*commit));
  }
  for (const auto& compaction : listing.compactions)
    if (compaction.first >= first && compaction.last > compaction.first && compaction.last <= version)
      segment.compactions.push_back(compaction);
  for (int64_t v : listing.checksums)
    if (v >= (segment.checkpoint ? segment.checkpoint->version : 0) && v <= version) segment.checksums.insert(v);
  auto commit = listing.commits.find(version);
  segment.modified_ms = commit != listing.commits.end()  ? commit->second.info.modified_ms
                        : !segment.commits.empty()       ? segment.commits.back().info.modified_ms
                        : segment.checkpoint.has_value() ? segment.checkpoint->parts.back().modified_ms
                                                         : 0;
  return segment;
}

std::optional<std::pair<int64_t, int64_t>> available_range(const LogListing& listing) {
  int64_t last = std::max(listing.commits.empty() ? -1 : listing.commits.rbegin()->first,
                          listing.checkpoints.empty() ? -1 : listing.checkpoints.rbegin()->first);
  if (last < 0) return std::nullopt;
  // Down along the commits from the end; a checkpoint starts anew, version 0 needs none.
  int64_t first = last, v = last;
  bool anchored = false;
  while (v >= 0) {
    if (listing.checkpoints.contains(v) || (v == 0 && listing.commits.contains(0))) {
      anchored = true;
      first = v;
    }
    if (!listing.commits.contains(v)) break;
    --v;
  }
  if (!anchored) return std::nullopt;
  return std::pair(first, last);
}

std::map<int64_t, int64_t> rising_times(const LogListing& listing, int64_t first, int64_t last) {
  std::map<int64_t, int64_t> times;
  int64_t previous = -1;
  for (auto commit = listing.commits.lower_bound(first); commit != listing.commits.end() && commit->first <= last;
       ++commit)
    times[commit->first] = previous = std::max(previous + 1, commit->second.info.modified_ms);
  return times;
}

}  // namespace weir::lake
