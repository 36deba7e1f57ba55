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

// One commit of a segment, or several by their compaction.
struct LogStep {
  int64_t first = 0, last = 0;
  Actions actions;
  bool is_commit() const { return first == last; }
};

// Commits and compactions of a segment, each read and parsed once.
class CommitCache {
 public:
  Actions get(const TableLocation& table, const LogCommit& commit);
  using Trusted = std::function<bool(const LogCompaction&)>;
  // What the commits after version `after` did, in their order. Where a compaction saves reading commits it is read in
  // their place, of several that begin at one version the longest; one that is not trusted, is empty, missing or not
  // valid is passed over, since the commits are all there.
  void each(const TableLocation& table, const LogSegment& segment, int64_t after, const Trusted& trusted,
            const std::function<void(const LogStep&)>& visit);
  void clear() {
    read_.clear();
    compacted_.clear();
  }

 private:
  Actions get(const TableLocation& table, const LogCompaction& compaction);  // nullptr: not usable
  std::optional<LogStep> compacted_from(const TableLocation& table, const LogSegment& segment, int64_t version,
                                        const Trusted& trusted);
  int64_t unread(int64_t first, int64_t last) const;  // commits that would have to be read
  std::map<int64_t, Actions> read_;
  std::map<std::string, Actions> compacted_;  // by key
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
  void apply(const std::vector<Action>& actions);  // of one commit
  // A compaction does not say which of the files that it removes were live before, nor when its last commit was made.
  void apply(const LogStep& step);
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
  int64_t files_from_ms = 0;  // when the checkpoint was made that (parent_)files were read from; 0 = none
  std::optional<std::vector<Add>> adds;
  std::optional<std::vector<Remove>> tombstones;
};

// The files of a segment: its checkpoint's, changed by its commits.
std::shared_ptr<const FileList> replay_files(const TableLocation& table, const LogSegment& segment,
                                             const Metadata& metadata, ParquetIo& parquet, CommitCache& commits);

// Runs `use(segment)`; if it finds the segment's checkpoint damaged or missing, tries older ways to the same version,
// and leaves `segment` as the one that worked. Error{bad_checkpoint} if none does.
void with_usable_segment(const TableLocation& table, LogSegment& segment,
                         const std::function<void(const LogSegment&)>& use);

// The head of the segment's version. `need_all`: txns and domains must be known.
Head load_head(const TableLocation& table, const LogSegment& segment, ParquetIo& parquet, CommitCache& commits,
               bool need_all);

}  // namespace weir::lake
