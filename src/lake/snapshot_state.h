// The inside of a Snapshot, shared by the files that open one and the file that answers from it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "lake/file_list.h"
#include "lake/log_listing.h"
#include "lake/snapshot.h"

namespace weir::lake {

using Actions = std::shared_ptr<const std::vector<Action>>;

// Commits of a segment, each read and parsed once.
class CommitCache {
 public:
  Actions get(const TableLocation& table, const LogCommit& commit);
  void put(int64_t version, Actions actions) { read_[version] = std::move(actions); }
  void clear() { read_.clear(); }

 private:
  std::map<int64_t, Actions> read_;
};

// What is known of a version without its files. Txns and domains may be unknown if it came from a checksum.
struct Head {
  std::optional<Protocol> protocol;
  std::optional<Metadata> metadata;
  std::map<std::string, Txn> txns;
  std::map<std::string, DomainMetadata> domains;
  bool txns_known = true, domains_known = true;
  std::optional<int64_t> in_commit_timestamp_ms;
  std::optional<Snapshot::Totals> totals;
  void apply(const std::vector<Action>& actions);
};

// The totals after a commit, as far as its actions alone tell: nullopt if it adds a file that may have been live before
// (new statistics for an old file) or does not say how large a removed file was.
std::optional<Snapshot::Totals> totals_after(Snapshot::Totals before, const std::vector<Action>& actions);

struct Snapshot::State {
  TableLocation location;
  ParquetIo* parquet = nullptr;
  int64_t version = -1;
  int64_t timestamp_ms = 0;
  Protocol protocol;
  Metadata metadata;

  // What follows is filled in when first asked for, under the mutex.
  std::mutex mutex;
  LogSegment segment;
  CommitCache commits;
  std::map<std::string, Txn> txns;
  std::map<std::string, DomainMetadata> domains;
  bool txns_known = false, domains_known = false;
  std::optional<Totals> totals;
  std::shared_ptr<const FileList> parent_files;  // of the version this one was built on, if they were loaded
  std::vector<LogCommit> parent_commits;         // what has happened since
  std::shared_ptr<const FileList> files;
  std::optional<std::vector<Add>> adds;
  std::optional<std::vector<Remove>> tombstones;
};

// Runs `use(segment)`; if it finds the segment's checkpoint damaged or missing, tries older ways to the same version,
// and leaves `segment` as the one that worked. Error{bad_checkpoint} if none does.
void with_usable_segment(const TableLocation& table, LogSegment& segment,
                         const std::function<void(const LogSegment&)>& use);

// The head of the segment's version. `need_all`: txns and domains must be known.
Head load_head(const TableLocation& table, const LogSegment& segment, ParquetIo& parquet, CommitCache& commits,
               bool need_all);

}  // namespace weir::lake
