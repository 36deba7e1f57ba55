// Which objects of a table's folder nobody needs any more. Pure functions over listings; removing is the caller's.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "lake/snapshot.h"

namespace weir::lake {

// Keys below the table's folder (decoded, without the folder's prefix) that must stay: live files with their deletion
// vectors, tombstones removed at or after `tombstones_from_ms`. Files elsewhere (absolute URIs) are not in the folder
// and not in the set, unless they are spelled as an absolute form of a file in it.
std::set<std::string> needed_files(const Snapshot& snapshot, int64_t tombstones_from_ms);

// Live files of every version that can still be opened: those of the oldest, and all that were added since.
std::set<std::string> files_of_open_versions(const TableLocation& table, ParquetIo& parquet);

// Adds the files that actions add (of a manifest, of a commit) to a set of needed files.
void add_needed(std::set<std::string>& needed, const std::vector<Action>& actions, const TableLocation& table);

// Objects of `listing` (full keys) that are neither needed nor younger than `older_than_ms`. Folders and files whose
// name begins with '_' or '.' are left alone, but for _change_data and partition folders (name=value).
std::vector<store::ObjectInfo> unneeded_files(const std::vector<store::ObjectInfo>& listing, const TableLocation& table,
                                              const std::set<std::string>& needed, int64_t older_than_ms);

}  // namespace weir::lake
