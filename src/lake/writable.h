// The gate for a table's first commit; the one for later commits is check_writable in commit.h.
#pragma once

#include "lake/commit.h"

namespace weir::lake {

// Like check_writable, for a draft that creates the table: it must hold protocol and metaData.
void check_creatable(const TableLocation& table, const CommitDraft& draft);

}  // namespace weir::lake
