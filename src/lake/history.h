// What happened to a table, commit by commit, from its log.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "lake/snapshot.h"

namespace weir::lake {

struct HistoryEntry {
  int64_t version = 0;
  int64_t time_ms = 0;        // in-commit timestamp, else the store's time of the commit
  std::string operation;      // "WRITE", "MERGE", …; "" if the commit does not say
  std::string engine;         // engineInfo
  Json parameters, metrics;   // as the commit gives them; null if it does not
  Json weir;                  // commitInfo.weir of a publish, else null
  std::string user_metadata;  // commitInfo.userMetadata
  std::optional<bool> blind_append;
  int64_t files_added = 0, files_removed = 0;
  int64_t bytes_added = 0, bytes_removed = 0;
  // By statistics; nullopt if a file that was added or removed has none.
  std::optional<int64_t> rows_added, rows_removed;
  bool data_change = false;     // false: rows were only rearranged, or none were touched
  bool schema_changed = false;  // it carries metaData
  bool protocol_changed = false;
};

// Newest first, at most `limit` entries (0 = all), from the newest version, or from `from` downwards. Ends where the
// log was cleaned away. Throws Error{not_a_table}, and Error{bad_log} for a commit that cannot be understood.
std::vector<HistoryEntry> history(const TableLocation& table, size_t limit = 0,
                                  std::optional<int64_t> from = std::nullopt);

HistoryEntry summary_of(const CommitFile& commit);

// stats.numRecords; nullopt if the text does not say.
std::optional<int64_t> rows_in_stats(std::string_view stats);

}  // namespace weir::lake
