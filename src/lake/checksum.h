// The version checksum, <version>.crc (Delta protocol, "Version Checksum File"): protocol, metadata and totals of one
// version in one small object. With it a table is opened without reading a checkpoint.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lake/action.h"
#include "lake/snapshot.h"

namespace weir::lake {

struct Checksum {
  int64_t table_size_bytes = 0, file_count = 0;
  std::optional<int64_t> in_commit_timestamp_ms;
  std::optional<std::vector<Txn>> txns;                // nullopt = not said
  std::optional<std::vector<DomainMetadata>> domains;  // nullopt = not said
  Metadata metadata;
  Protocol protocol;
};

// nullopt if the object is absent or not a valid checksum: the log is then read instead.
std::optional<Checksum> read_checksum(const TableLocation& table, int64_t version);
std::optional<Checksum> parse_checksum(const std::string& text);
std::string checksum_text(const Checksum& checksum);

}  // namespace weir::lake
