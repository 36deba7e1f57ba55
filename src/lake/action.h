// The actions of a Delta commit as plain data (Delta protocol, "Actions"). Their JSON form is in action_json.h.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/json.h"
#include "lake/schema.h"

namespace weir::lake {

// nullopt = null partition value ("" is read as null too).
using PartitionValues = std::map<std::string, std::optional<std::string>>;

struct DeletionVector {
  std::string storage_type;  // "u", "i", "p"
  std::string path_or_inline_dv;
  std::optional<int64_t> offset;
  int64_t size_bytes = 0;
  int64_t cardinality = 0;
  bool operator==(const DeletionVector&) const = default;
  std::string unique_id() const;  // part of a file's key beside its path
};

struct Add {
  std::string path;  // percent-encoded relative URI, as in the log; decoded_path() for the store's key
  PartitionValues partition_values;
  int64_t size_bytes = 0;
  int64_t modification_time_ms = 0;
  bool data_change = true;
  std::optional<std::string> stats;  // JSON text
  std::optional<std::map<std::string, std::string>> tags;
  std::optional<DeletionVector> deletion_vector;
  std::optional<int64_t> base_row_id, default_row_commit_version;
  std::optional<std::string> clustering_provider;
  bool operator==(const Add&) const = default;
};

struct Remove {
  std::string path;
  std::optional<int64_t> deletion_timestamp_ms;
  bool data_change = true;
  bool extended_file_metadata = false;
  std::optional<PartitionValues> partition_values;
  std::optional<int64_t> size_bytes;
  std::optional<std::string> stats;
  std::optional<std::map<std::string, std::string>> tags;
  std::optional<DeletionVector> deletion_vector;
  std::optional<int64_t> base_row_id, default_row_commit_version;
  bool operator==(const Remove&) const = default;
};

enum class ColumnMapping { none, by_name, by_id };

struct Metadata {
  std::string id;
  std::optional<std::string> name, description;
  std::string format_provider = "parquet";
  std::map<std::string, std::string> format_options;
  std::string schema_string;  // as in the log
  Schema schema;              // parsed from it
  std::vector<std::string> partition_columns;
  std::map<std::string, std::string> configuration;
  std::optional<int64_t> created_time_ms;

  // Parses schema_string, with the columns' mapped names where delta.columnMapping.mode is name or id. Leaves `schema`
  // empty if it is missing or not understood: that is judged after the protocol, by who opens the table.
  void read_schema();
  ColumnMapping column_mapping() const;
};

struct Protocol {
  int min_reader_version = 1;
  int min_writer_version = 2;
  std::optional<std::vector<std::string>> reader_features, writer_features;
  bool operator==(const Protocol&) const = default;
};

struct Txn {
  std::string app_id;
  int64_t version = 0;
  std::optional<int64_t> last_updated_ms;
  bool operator==(const Txn&) const = default;
};

struct CommitInfo {
  Json fields = Json::object();  // free-form; operation, timestamp, isBlindAppend, weir, ...
};

struct DomainMetadata {
  std::string domain, configuration;
  bool removed = false;
  bool operator==(const DomainMetadata&) const = default;
};

struct Cdc {
  std::string path;
  PartitionValues partition_values;
  int64_t size_bytes = 0;
};

// Where a V2 checkpoint keeps a part of its files.
struct Sidecar {
  std::string path;  // percent-encoded: a name in _delta_log/_sidecars, or an absolute path or URI
  int64_t size_bytes = 0;
  int64_t modification_time_ms = 0;
  std::optional<std::map<std::string, std::string>> tags = {};
};

using Action = std::variant<CommitInfo, Protocol, Metadata, Txn, Add, Remove, DomainMetadata, Cdc>;

// Store key below the table ('/'-separated, without "." and empty segments), or an absolute path or URI exactly as the
// log has it. Decodes percent escapes once. Error{bad_log} if the path is empty, has a ".." segment or a NUL byte.
std::string decoded_path(const std::string& path);
std::string decoded_path(const Add& add);
bool is_absolute_path(const std::string& path);        // "/x", "scheme:/x"
bool is_plain_path(std::string_view path);             // its decoded and its logical form are the path itself
std::string encode_path(const std::string& relative);  // the log's form of a key

// One form for all spellings of the same file ("a%2Db" and "a-b", "/x" and "file:/x"): what file identity is decided
// by. Never throws; not for opening files.
std::string logical_path(const std::string& path);
// The key below `root` (a URI or an absolute path) that an absolute path of a log means; nullopt if it lies elsewhere.
std::optional<std::string> key_inside(const std::string& root, const std::string& path);
// Identity of a logical file: logical path and deletion vector.
std::string file_key(const std::string& path, const std::optional<DeletionVector>& deletion_vector);

// The action that takes a live file away, with everything the protocol wants carried over from its add.
Remove remove_of(const Add& add, int64_t now_ms, bool data_change = true);

}  // namespace weir::lake
