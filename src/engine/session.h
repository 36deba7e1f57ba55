// The SQL engine as the rest of weir sees it. Implemented by engine/duckdb; no type of the engine shows here.
//
// An Engine owns one budget of memory, threads and spill space per process. Sessions are its connections: each is used
// by one thread at a time; cancel() and progress() may be called from others. The lake is attached as catalogue "lake"
// (default); names bind lazily, at the version pinned for the table or else the newest when first touched in the
// transaction.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/cancel.h"
#include "engine/column_lineage.h"
#include "engine/file_scan.h"
#include "engine/query_outline.h"
#include "engine/reach.h"
#include "engine/scan_report.h"
#include "engine/statement_note.h"
#include "format/batch.h"
#include "lake/lake.h"
#include "lake/optimize.h"
#include "lake/parquet_io.h"
#include "lake/staged.h"

namespace weir::engine {

struct EngineOptions {
  int64_t memory_limit_bytes = 0;  // 0 = 70 % of what the machine or its cgroup has
  int threads = 0;                 // 0 = number of processors
  std::string spill_dir;           // a folder outside every table; created when first needed
  int64_t max_spill_bytes = 0;     // 0 = what the disk has
};

// A cell of a small result. Decimals, dates, timestamps, nested values come as the engine prints them.
using Cell = std::variant<std::monostate, bool, int64_t, double, std::string>;

struct ColumnInfo {
  std::string name;
  std::string type;  // SQL text of the type, e.g. "DECIMAL(18,3)"
  bool operator==(const ColumnInfo&) const = default;
};

struct Rows {
  std::vector<ColumnInfo> columns;
  std::vector<std::vector<Cell>> rows;
  int64_t changed = 0;  // of a statement that changes rows
};
std::string cell_text(const Cell& cell);  // NULL as ""

struct Progress {
  double fraction = -1;     // of the statement; -1 = unknown
  int64_t rows_staged = 0;  // that the transaction has written so far
};

struct SessionMetrics {
  int64_t rows_written = 0;
  uint64_t bytes_written = 0, spilled_bytes = 0, peak_memory_bytes = 0;
};

// Files that are written anew, without a change of any row.
struct Rewrite {
  std::vector<std::string> paths;       // as in the log
  std::optional<lake::RowOrder> order;  // of the rows in the new files, which must be of one partition then
  Json parameters = Json::object();     // of the operation, for the table's history
};

// The version of a table that a transaction sees; nullopt: none, whatever comes into being meanwhile.
using PinnedVersions = std::map<lake::TableName, std::optional<int64_t>>;

// Rows of files, read ahead for statements that read the same files in the same way: in memory, or in the spill folder,
// as long as it lives.
class KeptRead {
 public:
  virtual ~KeptRead() = default;
  virtual int64_t file_bytes() const = 0;
  virtual int64_t rows() const = 0;
};

class Session {
 public:
  virtual ~Session() = default;

  // A transaction that stages: every file written is named [part=…/]<attempt>-<k>.parquet. Nothing is visible outside.
  virtual void begin(const std::string& attempt_id, const PinnedVersions& pinned = {}) = 0;
  // What the transaction has staged so far; the transaction goes on (checks see the staged state).
  virtual lake::Staged staged() = 0;
  // Ends the transaction and keeps the files: they belong to the publish protocol now.
  virtual void release() = 0;
  // Ends the transaction and removes its files.
  virtual void rollback() noexcept = 0;
  // Ends the transaction and commits each changed table by lake::Transaction. Refuses (Error{several_tables}) to write
  // more than one table, since that would not be atomic.
  virtual std::vector<lake::CommitOutcome> commit() = 0;
  // What could not be done behind the last commit (checksum, checkpoint, metadata of other formats); it stands.
  virtual std::vector<std::string> commit_notes() const { return {}; }
  virtual bool in_transaction() const = 0;
  // Within a transaction that does nothing else, but may do this several times: stages that the rows of these files are
  // written anew, without those that are deleted, as a change that moves no row (dataChange false, OPTIMIZE). Rows keep
  // what row tracking knows of them. Files that are not live are passed over. Putting rows in order takes no more
  // memory than the engine may use: the rest of them waits in the spill folder.
  virtual void rewrite_files(const lake::TableName& table, const Rewrite& rewrite) = 0;

  // One or several statements; the result of the last one. Errors carry position (line and column in `sql`) and
  // candidates.
  virtual Rows query(std::string_view sql) = 0;
  // From now on statements stay inside of this reach; Error{not_trusted} for those that do not.
  virtual void confine(Reach reach) = 0;
  // One statement of weir's own, which is not confined.
  virtual Rows query_own(std::string_view sql) = 0;
  // Of what query() and execute() are given from now on. Errors still tell the place in the text without the comment.
  virtual void annotate(StatementNote&&) {}
  // A statement whose rows are not wanted.
  virtual void execute(std::string_view sql) = 0;
  virtual std::unique_ptr<format::BatchStream> stream(std::string_view sql) = 0;
  // Columns a query would have, without running it.
  virtual std::vector<ColumnInfo> describe(std::string_view sql) = 0;
  // Tables of the lake that a query reads, through views: binds, does not run.
  virtual std::vector<lake::TableName> tables_of(std::string_view sql) = 0;
  // Where the columns of a query come from: binds, does not run. Views that have no stand-in are seen through.
  virtual ColumnLineage column_lineage(std::string_view sql, const StandIns& stand_ins) = 0;
  // What reading the table at a version (the newest, if empty) with this WHERE condition ("" = none) would read: plans,
  // does not run.
  virtual ScanReport explain_scan(const lake::TableName& table, std::optional<int64_t> version,
                                  const std::string& where) = 0;
  // What the plan of one query tells: binds and plans, does not run.
  virtual QueryOutline outline(std::string_view) { return {}; }
  // Functions called that do not give the same answer each time (random, now, …), for fingerprints.
  virtual std::vector<std::string> volatile_functions_of(std::string_view sql) = 0;

  // Makes the files readable as relation `name` (a temporary view) with the columns of the scan plus "_file".
  // After it was read to the end, scan_rejects gives the rejected lines.
  virtual void register_scan(const std::string& name, const FileScan& scan) = 0;
  // Relation holding the rejects of the scans read so far in this transaction: (_file VARCHAR, _line BIGINT, _column
  // VARCHAR, _raw BLOB, _reason VARCHAR). One row per rejected line, of which _raw holds the first 10,000 bytes.
  // Error{file_unreadable} if a quote that is not closed swallowed more than that: the file is no CSV.
  virtual std::string scan_rejects(const std::string& scan_name) = 0;

  // Outside of a transaction: reads what `from` reads, a file's name in quotes or a call like read_csv('…'), as it may
  // stand behind FROM. nullptr where keeping does not pay: small files, more than an eighth of the memory, or formats
  // of which a statement reads only what it needs.
  virtual std::shared_ptr<const KeptRead> keep_read(std::string_view) { return nullptr; }
  // From now on statements take these rows in the place of reading the files, unless a file has changed since.
  virtual void use_kept(std::vector<std::shared_ptr<const KeptRead>>) {}

  virtual Progress progress() const = 0;
  virtual SessionMetrics metrics() const = 0;
  virtual void cancel() = 0;  // the running statement ends with Error{cancelled}
};

class Engine {
 public:
  virtual ~Engine() = default;
  virtual std::unique_ptr<Session> session(std::shared_ptr<lake::Lake> lake, CancelToken cancel = {}) = 0;
  virtual lake::ParquetIo& parquet() = 0;
  virtual std::string version() const = 0;  // "duckdb v1.5.6"
  // Looks into files: dialect, columns and inferred types, for init --from and for pinning.
  virtual std::unique_ptr<FileSniffer> sniffer() = 0;
};

// The engine is opened when first used: opening costs more than a run that has nothing to do.
std::unique_ptr<Engine> open_duckdb(const EngineOptions& options);

}  // namespace weir::engine
