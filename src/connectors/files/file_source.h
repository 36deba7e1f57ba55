// A source of files: what is new since the ledger, and how to read it.
//
// The files are only ever read. What was learnt of them when the table was created (format, dialect, base, types as
// scanned) is pinned in the cursor beside the ledger: {"ledger":[…],"pin":{…}}, so it moves with the data, in the same
// commit. A cursor without a pin (after `weir adopt`) pins anew: types are then those of the table. What is declared
// wins over what is pinned, except that a type which disagrees with the pinned one is an error.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "connectors/files/ingest_spec.h"
#include "connectors/files/listing.h"
#include "engine/session.h"
#include "lake/publish/ledger.h"

namespace weir::files {

using LedgerEntries = std::map<std::string, lake::publish::LedgerEntry>;

// The files of a listing against the ledger. Unchanged files are neither read nor opened, except that small ones which
// were touched (another time, the same size) are hashed to see whether they are the same.
struct Diff {
  std::vector<FoundFile> fresh;                      // never loaded, or rejected before and changed since
  std::vector<FoundFile> changed;                    // loaded before, other content now
  std::vector<std::string> retried;                  // labels among `fresh` that were rejected before
  std::vector<lake::publish::LedgerEntry> vanished;  // loaded before, gone: their rows stay
  size_t unchanged = 0;
  bool nothing_to_read() const { return fresh.empty() && changed.empty(); }
};
Diff diff(const Listing& listing, const LedgerEntries& ledger);

struct Pin {
  engine::FileFormat format = engine::FileFormat::csv;
  engine::Compression compression = engine::Compression::detect;
  engine::CsvDialect dialect;
  std::string base_rule;
  std::vector<engine::ScanColumn> columns;  // as scanned, in table order, without _file
};
std::optional<Pin> pin_of_cursor(const Json& cursor);
Json to_json(const Pin& pin);

struct RejectedFile {
  FoundFile file;
  std::string reason;
};

// What one attempt reads.
struct ReadPlan {
  Pin pin;                                  // to be kept in the next cursor
  std::vector<engine::ScanColumn> added;    // columns an existing table lacks: to be added, nullable
  std::optional<engine::FileScan> scan;     // nullopt: no file has rows to read
  std::vector<FoundFile> reading;           // files that count as loaded afterwards; empty ones are not in the scan
  std::vector<std::string> reloading;       // labels whose rows are replaced
  std::vector<std::string> requarantining;  // labels whose quarantine rows are replaced
  std::vector<RejectedFile> rejected;       // not readable: one quarantine row each
  bool replace_all = false;                 // write_disposition: replace
};

// The columns of the table as it is; empty = there is no table yet.
using TableColumns = std::vector<engine::ColumnInfo>;

// Throws file_changed (on_changed_file: error), schema_frozen, no_files (no table yet and nothing to learn its columns
// from), base_moved, column_type. Opens each file to read for its header; a file that cannot be opened as what it
// should be is rejected.
ReadPlan plan_reading(const IngestSpec& spec, const Listing& listing, const Diff& diff, const std::optional<Pin>& pin,
                      const TableColumns& table, engine::FileSniffer& sniffer);

// The same plan without a file that turned out unreadable while reading.
ReadPlan without_file(ReadPlan plan, const std::string& label, const std::string& reason);

// Columns every ingested table and every quarantine table has.
inline constexpr const char* kFileColumn = "_file";
const std::vector<engine::ColumnInfo>& quarantine_columns();  // _file, _line, _column, _raw, _reason, _run, _at

}  // namespace weir::files
