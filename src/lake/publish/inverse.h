// Actions that bring a table from its newest version to where it was: for takeback (the inverse of one commit) and
// rollback (the files of an older version).
#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "lake/action.h"
#include "lake/snapshot.h"

namespace weir::lake::publish {

// The actions, or a sentence why there are none.
using ActionsOrWhy = std::variant<std::vector<Action>, std::string>;

// True if the commit changes no row: OPTIMIZE, properties, txn.
bool only_rearranges(const CommitFile& commit);

// Drops what `own` added and puts back what it removed, as of `newest`. Impossible if others have rewritten its files
// since, or if what it removed is no longer in log and store.
ActionsOrWhy inverse_of(const CommitFile& own, const Snapshot& newest, ParquetIo& parquet, int64_t now_ms);

// Removes what is live in `newest` and not in `target`, adds what is missing, restores the schema. Impossible if files
// of `target` are gone from the store.
ActionsOrWhy back_to(const Snapshot& target, const Snapshot& newest, int64_t now_ms);

}  // namespace weir::lake::publish
