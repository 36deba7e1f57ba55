// A plain RESTORE: the table's content becomes that of an earlier version, as a new commit. Tables with a publisher are
// rolled back instead (lake/publish), since their cursor must go back too.
#pragma once

#include <cstdint>
#include <memory>

#include "lake/commit.h"

namespace weir::lake {

// Drops what is live in `newest` and not in `wanted`, adds what is missing; schema and properties go back too, the
// protocol never does. Throws Error{files_gone} if a file of `wanted` was removed from the store. Any concurrent change
// is a Conflict.
CommitOutcome restore(const TableLocation& table, const std::shared_ptr<const Snapshot>& newest,
                      const std::shared_ptr<const Snapshot>& wanted, ParquetIo& parquet, int64_t now_ms);

}  // namespace weir::lake
