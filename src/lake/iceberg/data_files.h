// Files of a Delta table as entries of Iceberg's manifests.
#pragma once

#include <string>

#include "lake/action.h"
#include "lake/iceberg/manifest.h"
#include "lake/snapshot.h"

namespace weir::lake::iceberg {

// The absolute URI by which Iceberg knows a file of the log.
std::string file_uri(const TableLocation& table, const std::string& path);

// Throws Error{iceberg_compat} for a file without a number of rows or with a partition value that is none of its type;
// in format version 2 for one with a deletion vector, in version 3 for one without row ids. In version 3 the entry has
// the row ids of the file and, as its sequence number, the version of its rows, which are 0 otherwise.
Entry entry_of(const TableLocation& table, const Add& add, const Metadata& metadata);

// The entry of a file's deletion vector, but for the Puffin file that holds it. Errors as above.
Entry vector_entry_of(const TableLocation& table, const Add& add, const Metadata& metadata);

}  // namespace weir::lake::iceberg
