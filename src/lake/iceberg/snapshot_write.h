// The files of an Iceberg snapshot (manifest list, manifests, Puffin files), made of those of the snapshot before and
// of a change. They are named by what they hold, so that whoever writes them writes the same.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/json.h"
#include "lake/iceberg/change.h"
#include "lake/iceberg/table_metadata.h"
#include "lake/snapshot.h"

namespace weir::lake::iceberg {

struct SnapshotDraft {
  const Metadata& metadata;  // of the Delta table at the change
  const Change& change;
  const TableMetadata* before;  // nullptr: there is none
  const TableMetadata& next;    // that will name the snapshot
  int64_t time_ms = 0;
  // How many data files the snapshot must come to; nullopt: nobody knows.
  std::optional<int64_t> files = std::nullopt;
};

// Puts the files; returns the snapshot as metadata names it. Throws Error{bad_avro}, Error{store_not_found} where files
// of the snapshot before are damaged or gone, or do not come to the number of files; Error{iceberg_compat} for files
// that Iceberg's readers would not understand.
Json write_snapshot(const TableLocation& table, const SnapshotDraft& draft);

}  // namespace weir::lake::iceberg
