// Committing: conflict rules, one put of the next version, checkpoints.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lake/action.h"
#include "lake/predicate.h"
#include "lake/snapshot.h"

namespace weir::lake {

// What the writer looked at. A blind append has read nothing of the table.
struct ReadSet {
  bool whole_table = false;
  std::vector<Predicate> predicates;  // parts of the table that were read
  std::set<std::string> files;        // paths that were read
  std::set<std::string> app_ids;      // txn ids that were read
  bool nothing() const { return !whole_table && predicates.empty() && files.empty(); }
};

// A commit before it has a version: actions as data through one entry point.
struct CommitDraft {
  std::vector<Action> actions;      // without commitInfo
  std::string operation = "WRITE";  // Delta's own operation names
  Json operation_parameters = Json::object();
  Json operation_metrics = Json::object();
  ReadSet reads;
  std::optional<int64_t> read_version;      // it was planned on; nullopt = the version before the commit
  Json extra_commit_info = Json::object();  // e.g. {"weir":{…}}, {"userMetadata":…}
  bool is_blind_append() const;             // truthful: adds only (and txn), and nothing read
};

// How much of what others commit meanwhile disturbs a draft; commitInfo tells it.
enum class Isolation {
  snapshot,            // it only rearranges rows (OPTIMIZE): no new rows do
  write_serializable,  // blind appends count as having come later (Delta's default)
  serializable         // the table's delta.isolationLevel says so
};
Isolation isolation_of(const Metadata& metadata, const CommitDraft& draft);  // `metadata` as it was read
std::string_view isolation_name(Isolation isolation);                        // "SnapshotIsolation", ...

// Delta's conflict rules 1-9 between a draft planned on `base` and the commits that won since (docs/conflicts.md).
struct NoConflict {};
struct Conflict {
  int64_t version = 0;  // the winner
  std::string rule;     // "ConcurrentAppend", "ConcurrentDeleteRead", "MetadataChanged", ...
  std::string why;      // a sentence
};
std::variant<NoConflict, Conflict> check_conflicts(const Snapshot& base, const CommitDraft& draft,
                                                   const std::vector<CommitFile>& winners);

// The bytes of the commit file for `version`: commitInfo first, then the draft's actions in their order, files with row
// ids where the table wants them (row_tracking.h), and metadata that switches in-commit timestamps on with the version
// and time since when. Deterministic for the same arguments. `base` is the snapshot of version - 1 (nullptr for version
// 0): its timestamp bounds the in-commit timestamp.
std::string commit_bytes(const CommitDraft& draft, const Snapshot* base, int64_t version, int64_t now_ms);

enum class CommitPut { done, exists, unknown };
CommitPut put_commit(const TableLocation& table, int64_t version, const std::string& bytes);

// Refuses by name what this writer cannot honour, Error{writer_feature}: unknown writer features, and those whose use
// on this table would need work that nobody has done (change data files when rows are rewritten). A legacy
// writer version implies features that the table may not use: only their use is refused. Error{append_only} if the
// draft removes rows of such a table. Error{sql_unsupported} if a column by which the table is clustered would be gone
// or without statistics. What the table demands of its rows (NOT NULL, constraints and invariants,
// generated, identity and default columns) is the task of the engine that writes them.
void check_writable(const Snapshot& base, const CommitDraft& draft);

// The lowest protocol that metadata needs (timestampNtz -> features; else 1/2, or as high as its properties ask), and a
// table that is clustered (clustering.h), which metadata does not tell.
Protocol lowest_protocol(const Metadata& metadata, bool clustered = false);
// The current protocol, raised if metadata needs more. What a legacy version implied is then named, since older
// versions of the table may have used it.
Protocol upgraded_protocol(const Protocol& current, const Metadata& metadata, bool clustered = false);

// After a commit: writes the .crc checksum, a checkpoint if the version is a multiple of delta.checkpointInterval
// (default 10), and then cleans the log (delta.enableExpiredLogCleanup, delta.logRetentionDuration; log_cleanup.h).
// `before` is any older snapshot of the table, nullptr if it was made by this commit. Never throws, never fails the
// commit: problems come back as text for the log. Idempotent.
std::vector<std::string> after_commit(const TableLocation& table, std::shared_ptr<const Snapshot> before,
                                      int64_t version, ParquetIo& parquet, int64_t now_ms);
// A checkpoint of this snapshot (unless its version has one), of form V2 where delta.checkpointPolicy says so, else a
// classic one, and _last_checkpoint (unless it names a newer one): all live files, tombstones inside
// delta.deletedFileRetentionDuration at `now_ms`, every txn and domain. Statistics as JSON and, if
// delta.checkpoint.writeStatsAsStruct says so, as structs.
void write_checkpoint(const Snapshot& snapshot, ParquetIo& parquet, int64_t now_ms);

// The whole loop for writers outside the publish protocol (weir sql --write, maintenance): check, put, rebase, repeat.
struct Committed {
  int64_t version = 0;
};
struct Unknown {
  int64_t version = 0;  // the version that was tried
};
using CommitOutcome = std::variant<Committed, Conflict, Unknown>;

class Transaction {
 public:
  // base == nullptr: creates the table (version 0); the draft must then hold protocol and metaData.
  Transaction(TableLocation table, std::shared_ptr<const Snapshot> base, ParquetIo& parquet)
      : table_(std::move(table)), base_(std::move(base)), parquet_(parquet) {}
  CommitDraft& draft() { return draft_; }
  // Throws the refusals of check_writable, and Error{bad_log} if the log was damaged meanwhile; whatever it throws, the
  // commit is not in the log and will not be. The draft gets a "txnId" in its commitInfo, by which the commit is
  // recognised when the answer to its put was lost.
  CommitOutcome commit(int64_t now_ms);
  // What after_commit could not do, for the log; the commit stands.
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  TableLocation table_;
  std::shared_ptr<const Snapshot> base_;
  ParquetIo& parquet_;
  CommitDraft draft_;
  std::vector<std::string> notes_;
};

}  // namespace weir::lake
