// What our callbacks inside DuckDB know of the session they run for: hung on the connection's ClientContext.
//
// One connection has one SessionState. DuckDB's catalogue "lake" itself is one per instance and holds nothing: which
// lake its names mean is decided here.
#pragma once

#include <atomic>
#include <duckdb/main/client_context.hpp>
#include <duckdb/main/client_context_state.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "base/once.h"
#include "engine/duckdb/errors.h"
#include "engine/duckdb/fence.h"
#include "engine/duckdb/object_fs.h"
#include "engine/session.h"
#include "lake/lake.h"
#include "lake/parquet_io.h"

namespace weir::lake::iceberg {
struct ReadTable;
}

namespace weir::engine::duck {

class KeptTables;
class LakeTransaction;
class TableState;
struct FileRead;
struct RowOrdering;
struct RowTaker;

// How the open transaction ends, decided before DuckDB is told to end it.
enum class Ending {
  automatic,  // as the statement goes: commit to the log, or roll back
  keep_files  // the files belong to the publish protocol now
};

// Files that are written anew, by the statement that runs.
struct Rewriting {
  std::set<std::string> files;  // paths; empty = none
  std::shared_ptr<const RowOrdering> order;
  Json parameters = Json::object();  // of the operation, for the table's history
};

// What the rows must satisfy that a statement puts into a table: the condition of REPLACE WHERE.
struct RowDemand {
  lake::TableName table;
  std::string condition;  // in the engine's SQL
};

// What every connection of weir carries.
class CallbackState : public duckdb::ClientContextState {
 public:
  // nullptr for connections that are not weir's.
  static duckdb::shared_ptr<CallbackState> find(duckdb::ClientContext& context);
  static void attach(duckdb::ClientContext& context, duckdb::shared_ptr<CallbackState> state);

  void OnTaskStart(duckdb::ClientContext& context) override;

  ErrorPark errors;
  CancelToken cancel;                 // of the run
  std::atomic<bool> stopped = false;  // the statement that runs, by Session::cancel
  RowTaker* taker = nullptr;          // while a query hands its rows over (row_taker.h)
};

class SessionState final : public CallbackState {
 public:
  SessionState(std::shared_ptr<lake::Lake> lake, std::shared_ptr<StoreRegistry> stores, lake::ParquetIo& parquet,
               CancelToken cancel);
  ~SessionState() override;

  // nullptr for connections that are no session's (those of ParquetIo).
  static duckdb::shared_ptr<SessionState> find(duckdb::ClientContext& context);
  static SessionState& of(duckdb::ClientContext& context);

  // The URL prefix under which DuckDB opens objects of a store; registered as long as the session lives.
  std::string url_prefix(const std::shared_ptr<store::ObjectStore>& store);
  // The URL of a data file: in the table's folder, or where an absolute path points to inside the lake (shallow clones
  // do so), or where a table of another format says. Error{path_outside} for any other.
  std::string url_of(const TableState& table, const lake::Add& add);

  // The fence of the statement that runs; nullptr: it is not confined.
  std::shared_ptr<const Fence> fence_now() const { return own_statement ? nullptr : fence; }

  const std::shared_ptr<lake::Lake> lake;
  const std::shared_ptr<StoreRegistry> stores;
  lake::ParquetIo& parquet;

  // Of the staging transaction.
  std::string attempt_id;
  PinnedVersions pinned;  // names in lower case
  Ending ending = Ending::automatic;
  bool rows_were_asked = false;  // while a statement makes a rule that they keep (row_rule.h)
  bool records_reads = true;     // false while a statement is only described, or moves no row
  Rewriting rewriting;
  std::optional<RowDemand> demand;                 // of the INSERT that runs
  std::set<std::string> scanned_files;             // paths: not empty while scans read no others
  std::set<lake::TableName>* looked_up = nullptr;  // where tables met by the binder are noted, if somebody asks
  ScanReport* scan_report = nullptr;               // where the scan that is planned tells what it leaves out
  std::function<std::vector<ScanReport::File>()> files_read;  // then: what it reads, as far as it is planned
  LakeTransaction* transaction = nullptr;                     // the open one, if the lake was touched in it
  std::set<std::string> created_schemas;                      // a schema without tables exists in the session only
  std::vector<lake::CommitOutcome> outcomes;                  // of the last commit
  std::vector<std::string> notes;                             // of the last commit: what could not be done behind it

  std::shared_ptr<const Fence> fence;  // of a confined session; changed between statements only
  bool own_statement = false;          // the one that runs is weir's own

  // The Iceberg table that a statement is about to scan, read when it was replaced by what reads it.
  std::shared_ptr<const lake::iceberg::ReadTable> iceberg;

  // What statements take in the place of reading files (kept_reads.h).
  std::vector<std::shared_ptr<const KeptTables>> kept;
  bool takes_kept = false, took_kept = false;    // may the statement that is bound do so, and has it
  std::vector<FileRead>* noted_reads = nullptr;  // where reads of files are noted, if somebody asks

  // Last state seen of each table, so that an unchanged table is not read again.
  std::map<lake::TableName, std::shared_ptr<const TableState>> seen;

  // Files of the registered scans: scan -> path -> file. Changed between statements only.
  std::map<std::string, std::map<std::string, ScanFile>> scan_files;

  std::atomic<int64_t> rows_staged{0};   // since the transaction began, by statements that still run too
  std::atomic<int64_t> rows_written{0};  // by statements that are done
  std::atomic<uint64_t> bytes_written{0};

 private:
  std::string url_anywhere(const std::string& path);
  Once local_opened_;
  std::shared_ptr<store::ObjectStore> local_;  // all files of the machine, once one was named
  std::mutex mutex_;
  std::map<std::shared_ptr<store::ObjectStore>, std::string> prefixes_;
};

}  // namespace weir::engine::duck
