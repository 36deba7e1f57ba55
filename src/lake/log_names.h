// Names of the objects in _delta_log (Delta protocol, "File Types").
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lake/snapshot.h"

namespace weir::lake {

enum class LogKind {
  commit,                // <v>.json
  classic_checkpoint,    // <v>.checkpoint.parquet
  multipart_checkpoint,  // <v>.checkpoint.<part>.<parts>.parquet
  v2_checkpoint,         // <v>.checkpoint.<uuid>.{json,parquet}
  checksum,              // <v>.crc
  compaction             // <v>.<end>.compacted.json
};

struct LogName {
  LogKind kind = LogKind::commit;
  int64_t version = 0;
  int64_t part = 0, parts = 0;  // of a multi-part checkpoint; parts are counted from 1
  int64_t end_version = 0;      // of a compaction
};

// nullopt for every other name (temporary files, _last_checkpoint, hidden files of an operating system).
std::optional<LogName> parse_log_name(std::string_view name);

std::string version_text(int64_t version);                                   // 20 digits
std::string log_folder(const TableLocation& table);                          // "…/_delta_log/"
std::string checkpoint_key(const TableLocation& table, int64_t version);     // classic
std::string v2_checkpoint_key(const TableLocation& table, int64_t version);  // another one at each call
std::string checksum_key(const TableLocation& table, int64_t version);
std::string last_checkpoint_key(const TableLocation& table);
// The key as messages should show it: with the table's URI.
std::string shown(const TableLocation& table, const std::string& key);

}  // namespace weir::lake
