// The metadata file of an Iceberg table of any writer (Iceberg specification, "Table Metadata"), found and read.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "lake/snapshot.h"

namespace weir::lake::iceberg {

// An id of a snapshot; nullopt if it is not there. Some writers give numbers of 64 bits without a sign.
std::optional<int64_t> snapshot_id_in(const Json& json, std::string_view key);

// Which snapshot is read; of none of these the current one. At most one is given.
struct SnapshotSpec {
  std::optional<int64_t> snapshot_id = {};
  std::optional<int64_t> at_ms = {};    // the last one that is not later
  std::optional<std::string> ref = {};  // a branch or a tag
};

// Throws for a place that may not be read. Empty: all may.
using PlaceGuard = std::function<void(const std::string& uri)>;

struct ReadMetadata {
  TableLocation table;  // the folder that holds metadata/
  std::string file;     // URI of the metadata file: names it in messages
  Json json;
  PlaceGuard guard;  // asked before a path of the metadata is given out or opened

  int64_t format_version() const;
  // nullptr: the table has no snapshot yet. Throws Error{no_such_version} naming those there are.
  const Json* snapshot(const SnapshotSpec& spec) const;
  // The columns at the snapshot: those of its time if it was asked for, else those of now. {"fields":[…]}
  const Json& schema(const Json* snapshot, const SnapshotSpec& spec) const;
  // A field by its id in any of the table's schemas, the newest first, top level only; nullptr if there is none.
  const Json* field_of_any_schema(int64_t id) const;
  const Json& spec(int64_t spec_id) const;
  std::string property(const std::string& name) const;  // "" if it is not set

  // Where a path of the metadata lies. A table that was moved is read where it is: what lay in its folder is looked for
  // in the folder that was named.
  std::optional<std::string> relative(const std::string& path) const;  // below the table's folder; nullopt: elsewhere
  std::string uri_of(const std::string& path) const;  // to be opened by. Throws Error{bad_iceberg} if it is no place
  struct Place {
    std::shared_ptr<store::ObjectStore> store;
    std::string key;
  };
  Place place_of(const std::string& path) const;
  std::string read(const std::string& path) const;

 private:
  std::string meant_by(const std::string& path) const;
};

// `version`: what stands for the number in the name of a metadata file: "3", "v3", "00003-<uuid>"; "" = the current
// one. `path`: the table's folder, or a metadata file in it; a URI or a local path. In a folder version-hint.text names
// the file, else the one with the highest number is taken; where several have it, Error{bad_iceberg} asks for one.
ReadMetadata read_metadata(const std::string& path, const std::string& version = {}, PlaceGuard guard = {});

}  // namespace weir::lake::iceberg
