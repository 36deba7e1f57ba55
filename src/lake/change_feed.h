// What happened to a table's rows between two versions, by the log alone: the files that hold the changed rows
// (Delta protocol, "Change Data Files" and "Add CDC File").
//
// A commit with cdc actions is told by their files, and by nothing else. In any other commit the rows of files that
// were added with dataChange are inserted and those of files that were removed with dataChange deleted; a file that
// was removed and added again with another deletion vector changed by the rows in which the two vectors differ.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lake/snapshot.h"

namespace weir::lake {

struct ChangedFile {
  Add file;                              // rows that its deletion vector names did not change
  std::optional<DeletionVector> within;  // of the others only those that this one names did; nullopt = all of them
  std::string change_type;               // "insert" or "delete"; "" = the file's column _change_type tells it
  int64_t version = 0;
  int64_t time_ms = 0;  // of the commit: its in-commit timestamp, else the store's time, made to rise
};

struct ChangeFeed {
  std::shared_ptr<const Snapshot> end;  // the last version; every row fits its schema
  std::vector<ChangedFile> files;       // by version, ascending
};

// The feed from one version to another, both inclusive. A time means the first version that is not earlier (`from`) or
// the last one that is not later (`to`); an empty `to` means `newest`. Two times between the same two commits give no
// files. Reads each commit once; data files and deletion vectors are not looked at.
//
// Throws Error{change_range} if the versions are the wrong way round, Error{no_such_version} for a version that the
// table does not have or whose commit is no longer in the log, Error{change_feed_off} naming the first version at which
// the table recorded no changes, Error{change_feed_schema} naming the version after which a column was dropped,
// renamed or changed: rows of before do not fit the schema of `to`.
ChangeFeed read_change_feed(std::shared_ptr<const Snapshot> newest, const VersionSpec& from, const VersionSpec& to,
                            ParquetIo& parquet);

// Why rows of a table with the metadata `before` do not fit the schema of `after`; nullopt if they do, columns that
// they lack being NULL.
std::optional<std::string> schema_obstacle(const Metadata& before, const Metadata& after);

}  // namespace weir::lake
