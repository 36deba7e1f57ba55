// A table at one version: immutable, cheap to share between threads.
//
// Opening reads _last_checkpoint, lists the log from there, reads protocol, metadata and txn from checksum (.crc),
// checkpoint and commits; the file actions are replayed only when files() is first called. With the version's checksum
// present that is two reads and one listing, whatever the table's size; commits and checkpoints are then first read
// (and damage in them first seen) by files() or tombstones(). A listing that has gaps, a missing or corrupt commit or
// checkpoint part is Error{bad_log} naming the file, unless an older checkpoint plus commits give the version; a
// checkpoint without protocol or metadata is Error{bad_checkpoint}. Reader features that weir does not know are refused
// by name: Error{reader_feature}.
//
// A Snapshot keeps a reference to the ParquetIo it was opened with, which must outlive it.
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
  std::string prefix;       // key prefix of the table folder: "" or ending in '/'
  std::string uri() const;  // without trailing '/'
  std::string key(const std::string& relative) const { return prefix + relative; }
};

// Which version to open; empty = latest.
struct VersionSpec {
  std::optional<int64_t> version;
  std::optional<int64_t> at_ms;  // the last version whose commit time is not later
};

class FileList;

class Snapshot {
 public:
  // Throws Error{not_a_table} if there is no log, Error{no_such_version} with the available range.
  static std::shared_ptr<const Snapshot> open(const TableLocation& location, ParquetIo& parquet, VersionSpec spec = {});
  // nullptr if there is no table (no _delta_log entry) at the location.
  static std::shared_ptr<const Snapshot> open_if_exists(const TableLocation& location, ParquetIo& parquet);
  // The newest version, reading only what is new since `base`; returns `base` itself if it is the newest. A table that
  // was deleted or made anew since is opened afresh.
  static std::shared_ptr<const Snapshot> refresh(std::shared_ptr<const Snapshot> base, ParquetIo& parquet);
  // `base` plus the commits up to `version`, which must exist; reads those commits and lists nothing.
  static std::shared_ptr<const Snapshot> advance(std::shared_ptr<const Snapshot> base, int64_t version,
                                                 ParquetIo& parquet);

  ~Snapshot();
  const TableLocation& location() const;
  int64_t version() const;
  int64_t timestamp_ms() const;  // of the commit (in-commit timestamp if enabled, else the file's time)
  const Protocol& protocol() const;
  const Metadata& metadata() const;
  std::optional<Txn> txn(const std::string& app_id) const;
  const std::map<std::string, Txn>& txns() const;
  const std::map<std::string, DomainMetadata>& domains() const;  // without removed ones

  // Live files in log order (later adds last). Loaded at the first call, by one thread, then shared.
  const std::vector<Add>& files() const;
  // The same as a compact list (file_list.h), without an object per file: for tables of very many files.
  std::shared_ptr<const FileList> file_list() const;
  bool files_loaded() const;  // whether file_list() is at hand without reading
  // How many live files there are and what they weigh: from the checksum where it says so, else from the files.
  struct Totals {
    int64_t files = 0, bytes = 0;
    bool operator==(const Totals&) const = default;
  };
  Totals totals() const;
  // The same, but nullopt if a large checkpoint would have to be read for them.
  std::optional<Totals> cheap_totals() const;
  // Tombstones that the log still holds, expired ones included (for checkpoints and VACUUM, which know the time).
  const std::vector<Remove>& tombstones() const;
  std::optional<std::string> property(const std::string& key) const;  // of metaData.configuration
  // What the newest checkpoint that the version is built on names as its sidecars; empty if it has none.
  std::vector<Sidecar> sidecars() const;

 private:
  friend class SnapshotBuilder;
  struct State;
  explicit Snapshot(std::unique_ptr<State> state);
  void know_all() const;  // reads txns and domains if the checksum did not say them
  std::unique_ptr<State> state_;
};

// Names of the log.
std::string commit_key(const TableLocation& table, int64_t version);  // …/_delta_log/00000000000000000007.json
std::optional<int64_t> latest_version(const TableLocation& table);    // by listing only; nullopt = no table
// The oldest and the newest version that can be opened, as far as listing tells; nullopt = no table.
std::optional<std::pair<int64_t, int64_t>> version_range(const TableLocation& table);
// delta.deletedFileRetentionDuration and delta.logRetentionDuration in milliseconds; 7 and 30 days where unset or, as
// other writers read it too, no duration.
int64_t deleted_file_retention_ms(const Metadata& metadata);
int64_t log_retention_ms(const Metadata& metadata);

// One commit file as read back, e.g. for history, conflict checks and the scan for foreign changes.
struct CommitFile {
  int64_t version = 0;
  int64_t modified_ms = 0;
  std::vector<Action> actions;
  std::string bytes;
  const CommitInfo* commit_info() const;
  const Txn* txn(const std::string& app_id) const;
  std::string operation() const;  // commitInfo.operation or ""
  // When it was made, for people: inCommitTimestamp, else commitInfo.timestamp, else the file's time.
  int64_t told_time_ms() const;
};
// nullopt = absent. Throws Error{bad_log} for a commit that is there but not valid.
std::optional<CommitFile> read_commit(const TableLocation& table, int64_t version);
// Versions (after, up_to] that exist, ascending; a gap or an unreadable one is reported, not thrown.
struct CommitRange {
  std::vector<CommitFile> commits;
  std::optional<int64_t> first_missing;  // first version of the range that cannot be read
};
CommitRange read_commits(const TableLocation& table, int64_t after, int64_t up_to);

}  // namespace weir::lake
