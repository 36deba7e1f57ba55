// A store with one table more: of some files of another table. Everything else is that of the store beneath it, which
// is only read. It lets the engine read single files just as it reads tables: with their partition values, their column
// mapping, their deletion vectors.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lake/lake.h"

namespace weir::cli {

// The name of the table that is added.
lake::TableName file_table();

// `add` must be live in the snapshot. Throws Error{path_outside} for a file that the snapshot's store does not hold.
std::shared_ptr<lake::Lake> lake_of_file(const lake::Snapshot& snapshot, const lake::Add& add);

}  // namespace weir::cli
