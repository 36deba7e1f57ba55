// Manifests and manifest lists of an Iceberg snapshot (Iceberg specification, "Manifests", "Manifest Lists"): read in
// format versions 1 to 3, written in version 2 and of data files only.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "format/avro.h"
#include "lake/action.h"

namespace weir::lake::iceberg {

enum class EntryStatus : int64_t { existing = 0, added = 1, deleted = 2 };

enum class Content : int64_t { data = 0, position_deletes = 1, equality_deletes = 2 };

// A file in a manifest. Bounds and counts by field id.
struct Entry {
  EntryStatus status = EntryStatus::added;
  int64_t snapshot_id = 0;        // that added or deleted it
  int64_t sequence_number = 0;    // of the snapshot that added it
  std::string path;               // absolute URI
  format::avro::Value partition;  // a record, its fields as the partition spec has them
  int64_t rows = 0, bytes = 0;
  std::map<int64_t, int64_t> value_counts, null_counts;
  std::map<int64_t, std::string> lower_bounds, upper_bounds;

  // What weir itself writes is as here.
  Content content = Content::data;
  std::string format = "PARQUET";
  bool encrypted = false;
  std::vector<int64_t> equality_ids;        // of equality deletes: the fields that rows are compared by
  std::string referenced_file;              // of position deletes: the only file that they are for, or ""
  int64_t blob_offset = 0, blob_bytes = 0;  // of a deletion vector: its place in a Puffin file
};

// A manifest as a manifest list names it.
struct ManifestFile {
  bool of_deletes = false;
  std::string path;  // absolute URI
  int64_t bytes = 0;
  int64_t spec_id = 0;
  int64_t snapshot_id = 0;  // that wrote it
  int64_t sequence_number = 0, min_sequence_number = 0;
  int64_t added_files = 0, existing_files = 0, deleted_files = 0;
  int64_t added_rows = 0, existing_rows = 0, deleted_rows = 0;
  int64_t live_files() const { return added_files + existing_files; }
  int64_t live_rows() const { return added_rows + existing_rows; }
};

// What weir's manifest says of the table at its time.
struct ManifestSchema {
  Json schema;                  // of the table, with its schema-id
  Json spec;                    // {"spec-id":…,"fields":[…]}
  std::vector<DataType> types;  // of the partition fields
};

// `snapshot_id`: of the snapshot that writes it. Files that it adds get its sequence number by inheritance.
std::string manifest_bytes(const ManifestSchema& schema, const std::vector<Entry>& entries, int64_t snapshot_id);
// Throws Error{bad_avro} naming the file.
std::vector<Entry> read_manifest(std::string_view bytes, const ManifestFile& file);

std::string manifest_list_bytes(const std::vector<ManifestFile>& manifests, int64_t snapshot_id, int64_t parent_id,
                                int64_t sequence_number);
std::vector<ManifestFile> read_manifest_list(std::string_view bytes, const std::string& name);

// What a manifest of these entries would be in a list, but for path and size.
ManifestFile describe(const std::vector<Entry>& entries, int64_t spec_id, int64_t snapshot_id, int64_t sequence_number);

}  // namespace weir::lake::iceberg
