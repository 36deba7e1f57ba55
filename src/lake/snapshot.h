// A table at one version: immutable, cheap to share between threads.
//
// Opening reads _last_checkpoint, lists the log from there, reads protocol, metadata and txn from checksum (.crc), checkpoint
// and commits; the file actions are replayed only when files() is first called. A listing that has gaps, a missing or corrupt
// commit or checkpoint part is Error{bad_log} naming the file, unless an older checkpoint plus commits give the version.
// Reader features that weir does not know are refused by name: Error{reader_feature}.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lake/action.h"
#include "lake/parquet_io.h"
#include "store/object_store.h"

namespace weir::lake {

struct TableLocation {
  std::shared_ptr<store::ObjectStore> store;
  std::string prefix;  // key prefix of the table folder: "" or ending in '/'
  std::string uri() const;                                    // without trailing '/'
  std::string key(const std::string& relative) const { return prefix + relative; }
};

// Which version to open; empty = latest.
struct VersionSpec {
  std::optional<int64_t> version;
  std::optional<int64_t> at_ms;  // the last version whose commit time is not later
};

struct FileState {  // one live file
  Add add;
};

class Snapshot {
 public:
  // Throws Error{not_a_table} if there is no log, Error{no_such_version} with the available range.
  static std::shared_ptr<const Snapshot> open(const TableLocation& location, ParquetIo& parquet, VersionSpec spec = {});
  // nullptr if there is no table (no _delta_log entry) at the location.
  static std::shared_ptr<const Snapshot> open_if_exists(const TableLocation& location, ParquetIo& parquet);
  // The newest version, reading only what is new since `base`; returns `base` itself if it is the newest.
  static std::shared_ptr<const Snapshot> refresh(std::shared_ptr<const Snapshot> base, ParquetIo& parquet);

  ~Snapshot();
  const TableLocation& location() const;
  int64_t version() const;
  int64_t timestamp_ms() const;            // of the commit (in-commit timestamp if enabled, else the file's time)
  const Protocol& protocol() const;
  const Metadata& metadata() const;
  std::optional<Txn> txn(const std::string& app_id) const;
  const std::map<std::string, Txn>& txns() const;
  const std::map<std::string, DomainMetadata>& domains() const;  // without removed ones

  // Live files in log order (later adds last). Loaded at the first call, by one thread, then shared.
  const std::vector<Add>& files() const;
  // Tombstones still inside retention (for checkpoints and VACUUM).
  const std::vector<Remove>& tombstones() const;
  std::optional<std::string> property(const std::string& key) const;  // of metaData.configuration

 private:
  friend class SnapshotBuilder;
  struct State;
  explicit Snapshot(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Names of the log.
std::string commit_key(const TableLocation& table, int64_t version);  // …/_delta_log/00000000000000000007.json
std::optional<int64_t> latest_version(const TableLocation& table);    // by listing only; nullopt = no table

// One commit file as read back, e.g. for history, conflict checks and the scan for foreign changes.
struct CommitFile {
  int64_t version = 0;
  int64_t modified_ms = 0;
  std::vector<Action> actions;
  std::string bytes;
  const CommitInfo* commit_info() const;
  const Txn* txn(const std::string& app_id) const;
  std::string operation() const;  // commitInfo.operation or ""
};
std::optional<CommitFile> read_commit(const TableLocation& table, int64_t version);  // nullopt = absent
// Versions (after, up_to] that exist, ascending; a gap or an unreadable one is reported, not thrown.
struct CommitRange {
  std::vector<CommitFile> commits;
  std::optional<int64_t> first_missing;  // first version of the range that cannot be read
};
CommitRange read_commits(const TableLocation& table, int64_t after, int64_t up_to);

}  // namespace weir::lake
