// What a table's log holds, by listing alone, and the part of it that gives one version.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "lake/snapshot.h"

namespace weir::lake {

struct LogCommit {
  int64_t version = 0;
  store::ObjectInfo info;
};

struct LogCheckpoint {
  int64_t version = 0;
  std::vector<store::ObjectInfo> parts;                        // one, or all parts of a multi-part checkpoint in order
  const std::string& id() const { return parts.front().key; }  // tells checkpoints of one version apart
  bool is_json() const { return id().ends_with(".json"); }     // a V2 checkpoint may be
};

// What the commits `first` to `last` did together, in one object.
struct LogCompaction {
  int64_t first = 0, last = 0;
  store::ObjectInfo info;
};

struct LogListing {
  std::map<int64_t, LogCommit> commits;
  std::map<int64_t, std::vector<LogCheckpoint>> checkpoints;  // complete ones, the one to try first first; never empty
  std::set<int64_t> checksums;                                // versions that have a .crc
  std::vector<LogCompaction> compactions;                     // ascending by first version
  int64_t from = 0;                                           // nothing below this version was listed
  bool empty() const { return commits.empty() && checkpoints.empty(); }
  int64_t latest() const;  // highest version of a commit or checkpoint; -1 = none
};

// Objects of version `from` and above, up to version `up_to` if given.
LogListing list_log(const TableLocation& table, int64_t from = 0, std::optional<int64_t> up_to = std::nullopt);

// The version in _last_checkpoint; nullopt if the file is absent or not understood (it is a hint only).
std::optional<int64_t> last_checkpoint_hint(const TableLocation& table);

// A checkpoint, or none, and all commits after it up to a version.
struct LogSegment {
  int64_t version = -1;
  std::optional<LogCheckpoint> checkpoint;
  std::vector<LogCommit> commits;
  std::vector<LogCompaction> compactions;  // of some of these commits, ascending by first version
  std::set<int64_t> checksums;             // of versions that the segment spans
  int64_t modified_ms = 0;  // the store's time of the commit `version` (or of the checkpoint, if only that is left)
};

// The segment for `version` from the newest checkpoint whose id is not in `unusable`. nullopt if the listing does not
// reach down far enough; Error{bad_log} naming the first missing commit if commits are missing even in a complete
// listing.
std::optional<LogSegment> find_segment(const TableLocation& table, const LogListing& listing, int64_t version,
                                       const std::set<std::string>& unusable = {});

// Versions that can be rebuilt from a complete listing, ascending and without holes at the end: {first, last}.
std::optional<std::pair<int64_t, int64_t>> available_range(const LogListing& listing);

// Times of the commits first..last: the store's, made to rise, since a copied log may have them in any order.
std::map<int64_t, int64_t> rising_times(const LogListing& listing, int64_t first, int64_t last);

}  // namespace weir::lake
