// The metadata file of an Iceberg table, format version 2 or 3 (Iceberg specification, "Table Metadata"): the next one
// from the one before and what the Delta table is now. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "base/json.h"
#include "lake/action.h"
#include "lake/iceberg/manifest.h"

namespace weir::lake::iceberg {

// Names the newest metadata file of a table without a catalogue.
inline constexpr const char* hint_key = "metadata/version-hint.text";
inline constexpr const char* version_property = "delta.version";  // of metadata and of a snapshot's summary

struct TableMetadata {
  Json json = Json::object();

  // What a new version of the Delta table begins with: schema, partition spec and properties of `metadata`, history of
  // `before` (nullptr = none yet), no snapshot of its own.
  static TableMetadata next(const TableMetadata* before, const Metadata& metadata, const std::string& location,
                            int64_t version, int64_t time_ms);

  int64_t version() const;  // of the Delta table; -1 if the metadata is none of weir's
  int64_t format_version() const;
  int64_t sequence_number() const;  // the last one
  int64_t next_row_id() const;      // 0 before format version 3
  int64_t updated_ms() const;
  int64_t snapshot_id() const;        // the current one; 0 = none
  std::string manifest_list() const;  // of the current snapshot; "" = none
  Json schema() const;                // the current one
  Json spec() const;                  // likewise
  ManifestSchema manifest_schema(const Metadata& metadata) const;

  // Makes `snapshot` the current one, whose row ids (first-row-id, added-rows) are taken then; snapshots of before
  // `oldest_ms` go.
  void add_snapshot(Json snapshot, int64_t oldest_ms);
  void note_file(const std::string& file, int64_t time_ms);  // the metadata file before this one
};

// Differs from version to version and from table to table, and is the same whoever asks.
int64_t snapshot_id_of(const Metadata& metadata, int64_t version);

}  // namespace weir::lake::iceberg
