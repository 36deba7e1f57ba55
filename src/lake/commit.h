// Committing: conflict rules, one put of the next version, checkpoints.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "lake/action.h"
#include "lake/predicate.h"
#include "lake/snapshot.h"

namespace weir::lake {

// What the writer looked at. A blind append has read nothing of the table.
struct ReadSet {
  bool whole_table = false;
  std::vector<Predicate> predicates;   // parts of the table that were read
  std::set<std::string> files;         // paths that were read
  std::set<std::string> app_ids;       // txn ids that were read
  bool nothing() const { return !whole_table && predicates.empty() && files.empty(); }
};

// A commit before it has a version: actions as data through one entry point.
struct CommitDraft {
  std::vector<Action> actions;         // without commitInfo
  std::string operation = "WRITE";     // Delta's own operation names
  Json operation_parameters = Json::object();
  Json operation_metrics = Json::object();
  ReadSet reads;
  Json extra_commit_info = Json::object();  // e.g. {"weir":{…}}, {"userMetadata":…}
  bool is_blind_append() const;        // truthful: adds only (and txn), and nothing read
};

// Delta's conflict rules 1-9 between a draft planned on `base` and the commits that won since (docs/conflicts.md).
struct NoConflict {};
struct Conflict {
  int64_t version = 0;  // the winner
  std::string rule;     // "ConcurrentAppend", "ConcurrentDeleteRead", "MetadataChanged", ...
  std::string why;      // a sentence
};
std::variant<NoConflict, Conflict> check_conflicts(const Snapshot& base, const CommitDraft& draft,
                                                   const std::vector<CommitFile>& winners);

// The bytes of the commit file for `version`. Deterministic for the same arguments.
std::string commit_bytes(const CommitDraft& draft, const Snapshot* base, int64_t version, int64_t now_ms);

enum class CommitPut { done, exists, unknown };
CommitPut put_commit(const TableLocation& table, int64_t version, const std::string& bytes);

// Refuses by name what this writer cannot honour: unknown writer features (Error{writer_feature}), append-only tables when the
// draft removes rows, constraints that the engine has not enforced, and so on.
void check_writable(const Snapshot& base, const CommitDraft& draft);

// The lowest protocol that metadata needs (timestampNtz -> features; else 1/2).
Protocol lowest_protocol(const Metadata& metadata);
Protocol upgraded_protocol(const Protocol& current, const Metadata& metadata);

// After a commit: writes a checkpoint if the version is a multiple of delta.checkpointInterval, the .crc checksum, and cleans
// the log if due. Never fails the commit: problems come back as text for the log. Idempotent.
std::vector<std::string> after_commit(const TableLocation& table, std::shared_ptr<const Snapshot> before, int64_t version,
                                      ParquetIo& parquet, int64_t now_ms);
// A classic checkpoint of this snapshot and _last_checkpoint. Idempotent.
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
  CommitOutcome commit(int64_t now_ms);

 private:
  TableLocation table_;
  std::shared_ptr<const Snapshot> base_;
  ParquetIo& parquet_;
  CommitDraft draft_;
};

}  // namespace weir::lake
