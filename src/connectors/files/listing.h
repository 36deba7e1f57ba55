// Which files a source has now.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "connectors/files/ingest_spec.h"
#include "store/object_store.h"

namespace weir::files {

struct FoundFile {
  std::string label;  // relative to the base, '/'-separated: as in _file and in the ledger
  std::string place;  // absolute path, or URI of an object
  uint64_t size = 0;
  int64_t modified_ms = 0;
  std::string etag;  // on disk of size and modification time (ns), of an object the store's
  // Hive folders key=value below the base, percent-decoded; __HIVE_DEFAULT_PARTITION__ (null) is left out.
  std::map<std::string, std::string> path_values;
  std::shared_ptr<store::ObjectStore> store = nullptr;  // of an object: its bucket, and its key there
  std::string key = {};
};

// The base is the project's folder if all patterns lie in it, else the deepest folder that holds all fixed parts.
struct Listing {
  std::string base;              // absolute path, or URI
  std::string base_rule;         // the base, stable when a project is moved: ".", "../data", "/mnt/x", "s3://b/x"
  std::vector<FoundFile> files;  // by label, bytes ascending, each once
};

// `*`, `?`, `[…]` match inside one name, `**` any number of folders. Names starting with '.' match only a pattern
// segment that starts with '.'.
//
// Paths: "~/" is the home folder. Walks only the folders that can match. Symbolic links to files are followed, links to
// folders only where a segment other than `**` names them. Names may hold any byte but '/' and '\0'. Folders that
// cannot be read and links to nothing are Error{store_io}.
//
// URIs of stores (store/remote_uri.h): all patterns lie in one bucket (Error{bad_option_value} otherwise). Lists the
// keys that begin as the pattern does up to its first wildcard; a pattern without one asks for its object only.
//
// A name that is not UTF-8 is Error{file_name}.
Listing list_files(const IngestSpec& spec);

// SHA-256 of the content, of small files only ("" above 8 MiB): tells a touched file from a changed one. Throws
// Error{file_changed_while_read} if an object is not any more the one that was listed.
std::string content_hash(const FoundFile& file);
// The same of several, those in stores side by side.
std::vector<std::string> content_hashes(const std::vector<const FoundFile*>& files);

// Throws Error{file_changed_while_read} if a file is not any more what was listed.
void check_still_the_same(const std::vector<FoundFile>& files);

}  // namespace weir::files
