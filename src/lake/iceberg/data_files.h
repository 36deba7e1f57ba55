// Files of a Delta table as entries of Iceberg's manifests.
#pragma once

#include <string>

#include "lake/action.h"
#include "lake/iceberg/manifest.h"
#include "lake/snapshot.h"

namespace weir::lake::iceberg {

// The absolute URI by which Iceberg knows a file of the log.
std::string file_uri(const TableLocation& table, const std::string& path);

// Throws Error{iceberg_compat} for a file with a deletion vector, without a number of rows, or with a partition value
// that is none of its type.
Entry entry_of(const TableLocation& table, const Add& add, const Metadata& metadata);

}  // namespace weir::lake::iceberg
