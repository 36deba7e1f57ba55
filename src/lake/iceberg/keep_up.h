// Keeps Iceberg metadata (metadata/, format version 2 or 3) beside a table's log: version n of the Delta table is
// v<n+1>.metadata.json with a snapshot of its own, and version-hint.text names the newest, as Iceberg's tables without
// a catalogue have them. A removed file is left out of the manifest that named it; other manifests are taken over.
#pragma once

#include "lake/parquet_io.h"
#include "lake/snapshot.h"

namespace weir::lake::iceberg {

// Brings the metadata up to the version of `newest`, from the last version that it has, one by one. Idempotent, and the
// same whoever does it: metadata files are put if absent, all others are named by what they hold. What dies half-way is
// done again by the next commit. Where versions are gone from the log, or too many are missing, or metadata is damaged,
// the newest version is told anew from the files that are there. Throws Error{iceberg_compat} for files of other
// writers that Iceberg's readers would not understand, and where another writer put metadata in its place.
void keep_up(const Snapshot& newest, ParquetIo& parquet);

}  // namespace weir::lake::iceberg
