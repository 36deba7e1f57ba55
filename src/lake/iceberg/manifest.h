// Manifests and manifest lists of an Iceberg snapshot (Iceberg specification, "Manifests", "Manifest Lists"): read in
// format versions 1 to 3, written in versions 2 and 3, of data files and of deletion vectors.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "format/avro.h"
#include "lake/action.h"

namespace weir::lake::iceberg {

// The first format version that has deletion vectors and row ids.
inline constexpr int format_with_vectors = 3;

enum class EntryStatus : int64_t { existing = 0, added = 1, deleted = 2 };

enum class Content : int64_t { data = 0, position_deletes = 1, equality_deletes = 2 };

// A file in a manifest. Bounds and counts by field id.
struct Entry {
  EntryStatus status = EntryStatus::added;
  int64_t snapshot_id = 0;           // that added or deleted it
  int64_t sequence_number = 0;       // of the snapshot that added its rows
  int64_t file_sequence_number = 0;  // of the snapshot that added the file
  std::string path;                  // absolute URI
  format::avro::Value partition;     // a record, its fields as the partition spec has them
  int64_t rows = 0, bytes = 0;
  std::map<int64_t, int64_t> value_counts, null_counts;
  std::map<int64_t, std::string> lower_bounds, upper_bounds;

  Content content = Content::data;
  std::optional<int64_t> first_row_id = std::nullopt;  // of a data file, in format version 3
  std::string format = "PARQUET";
  bool encrypted = false;
  std::vector<int64_t> equality_ids;        // of equality deletes: the fields that rows are compared by
  std::string referenced_file;              // of position deletes: the only file that they are for, or ""
  int64_t blob_offset = 0, blob_bytes = 0;  // of a deletion vector: its place in a Puffin file
};

// What a manifest's files have as values of a partition field. Bounds in binary form; nullopt where there are none.
struct FieldSummary {
  bool contains_null = false;
  std::optional<bool> contains_nan = std::nullopt;
  std::optional<std::string> lower, upper;
  bool operator==(const FieldSummary&) const = default;
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
  std::optional<int64_t> first_row_id = std::nullopt;  // for files that have none of their own, in their order
  std::optional<std::vector<FieldSummary>> partitions = std::nullopt;
  int64_t live_files() const { return added_files + existing_files; }
  int64_t live_rows() const { return added_rows + existing_rows; }
};

// What weir's manifest says of the table at its time.
struct ManifestSchema {
  int64_t format_version = 2;
  Json schema;                  // of the table, with its schema-id
  Json spec;                    // {"spec-id":…,"fields":[…]}
  std::vector<DataType> types;  // of the partition fields
};

// What a manifest list tells of a manifest of these entries, but for path and size. The snapshot is the one that writes
// it; `first_row_id` is that of the first row that gets an id by it, nullopt where the entries are none of data files
// in format version 3.
struct Writer {
  int64_t snapshot_id = 0, sequence_number = 0;
  std::optional<int64_t> first_row_id = std::nullopt;
};
ManifestFile describe(const ManifestSchema& schema, const std::vector<Entry>& entries, const Writer& writer);
// How many rows of the entries have just the ids that they get by the manifest. Those are not written.
int64_t rows_given_ids(const std::vector<Entry>& entries, const ManifestFile& file);

// `file`: as described. What the snapshot itself adds gets its sequence number by inheritance.
std::string manifest_bytes(const ManifestSchema& schema, const std::vector<Entry>& entries, const ManifestFile& file);
// Throws Error{bad_avro} naming the file.
std::vector<Entry> read_manifest(std::string_view bytes, const ManifestFile& file);

struct ListHead {
  int64_t format_version = 2;
  int64_t snapshot_id = 0, parent_id = 0, sequence_number = 0;
  std::optional<int64_t> first_row_id = std::nullopt;
};
std::string manifest_list_bytes(const std::vector<ManifestFile>& manifests, const ListHead& head);
std::vector<ManifestFile> read_manifest_list(std::string_view bytes, const std::string& name);

}  // namespace weir::lake::iceberg
