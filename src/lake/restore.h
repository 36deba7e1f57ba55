// Bringing back an older version of a table as a new version.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lake/commit.h"

namespace weir::lake {

struct Restore {
  CommitDraft draft;                 // to be committed on `current`; empty actions: nothing to do
  std::vector<std::string> missing;  // keys that the older version needs and the store no longer has
  int64_t files_added = 0, files_removed = 0;
};

// The draft that makes `current` look like `target`, an older version of the same table: removes what is live now and
// was not then, adds again what was, and restores metadata (never the protocol: newer features stay listed). It reads
// the whole table, so any concurrent change of rows conflicts. Every file to be added is looked up on the store.
//
// Throws Error{restore_asset} if the table has a txn of weir's ("weir:…": cursor and rows must go back together),
// Error{no_such_version} if the two are not versions of one table.
Restore plan_restore(const Snapshot& current, const Snapshot& target, int64_t now_ms);

// Throws Error{files_gone} if the plan misses files.
void check_complete(const Restore& restore, const Snapshot& target);

}  // namespace weir::lake
