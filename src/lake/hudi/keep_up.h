// Keeps a Hudi timeline (.hoodie/) beside a table's log: one completed replacecommit for each version that added or
// removed files. Files are found by their names (file_names.h); a replacecommit adds the version's files and takes the
// file groups of removed ones out.
#pragma once

#include <memory>

#include "lake/snapshot.h"

namespace weir::lake::hudi {

// Brings the timeline up to the version of `newest`, from the last version that it has. Idempotent, and the same
// whoever does it: what dies half-way is done again by the next commit. Where versions are gone from the log or the
// timeline's own note of them is, it is made anew from the files that are there. Throws Error{hudi_compat} for files of
// other writers, which Hudi's readers would not understand.
void keep_up(const Snapshot& newest);

}  // namespace weir::lake::hudi
