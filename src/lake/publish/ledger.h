// The file ledger: which source files an asset has loaded. Parquet files beside the manifests, named by the head's
// cursor:
// {"ledger":[{"file":"<n, 20 digits>-<k>.ledger.parquet","sha256":"…"}, …]} (oldest first, later rows win).
//
// Each publish adds one small file; whenever the files before it hold at most four times its rows they are merged into
// it, so that 100,000 known files are at most ten objects and one new file costs one small one.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "lake/parquet_io.h"
#include "lake/snapshot.h"

namespace weir::lake::publish {

enum class FileStatus { loaded, rejected, superseded };

struct LedgerEntry {
  std::string uri;  // relative to the source's base, as in the _file column
  uint64_t size = 0;
  std::string etag;
  int64_t modified_ms = 0;
  FileStatus status = FileStatus::loaded;
  int64_t rows = 0, quarantined = 0;
  int64_t n = 0;       // the attempt that loaded it
  std::string sha256;  // of the content if known, else ""
  int part = -1;       // which of the cursor's files it was read from; -1 = not yet written
};

// The names in a cursor, below manifest_folder(); empty for cursors of other kinds.
std::vector<std::string> ledger_files(const Json& cursor);

class Ledger {
 public:
  // Reads the files that the cursor names (null or {} = empty ledger); verifies each sha256. Error{ledger_damaged}.
  static Ledger read(const TableLocation& anchor, const std::string& asset, const Json& cursor, ParquetIo& parquet);

  const LedgerEntry* find(const std::string& uri) const;  // nullptr if unknown
  const std::map<std::string, LedgerEntry>& entries() const { return entries_; }
  size_t file_count() const { return parts_.size(); }

  // Writes what attempt `n` adds (its entries get that n) and returns the new cursor; with nothing to add the cursor
  // stays and nothing is written. Safe to call again, and beside other runners that try the same n: a name that is
  // taken by other content is left alone.
  Json write(const TableLocation& anchor, const std::string& asset, int64_t n, const std::vector<LedgerEntry>& added,
             ParquetIo& parquet) const;

 private:
  struct Part {
    std::string file, sha256;
    size_t rows = 0;
  };
  size_t first_merged(size_t added_rows) const;
  std::map<std::string, LedgerEntry> entries_;
  std::vector<Part> parts_;
};

}  // namespace weir::lake::publish
