// Which files a source has now.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "connectors/files/ingest_spec.h"

namespace weir::files {

struct FoundFile {
  std::string label;           // relative to the base, '/'-separated: as in _file and in the ledger
  std::filesystem::path path;  // absolute
  uint64_t size = 0;
  int64_t modified_ms = 0;
  std::string etag;  // of size and modification time (ns)
  // Hive folders key=value below the base, percent-decoded; __HIVE_DEFAULT_PARTITION__ (null) is left out.
  std::map<std::string, std::string> path_values;
};

// The base is the project's folder if all patterns lie in it, else the deepest folder that holds all fixed parts.
struct Listing {
  std::filesystem::path base;    // absolute
  std::string base_rule;         // the base, stable when a project is moved: ".", "../data", "/mnt/x"
  std::vector<FoundFile> files;  // by label, bytes ascending, each once
};

// `*`, `?`, `[…]` match inside one name, `**` any number of folders, "~/" is the home folder. Walks only the folders
// that can match. Names starting with '.' match only a pattern segment that starts with '.'; symbolic links to files
// are followed, links to folders only where a segment other than `**` names them. Names may hold any byte but '/' and
// '\0'; one that is not UTF-8 is Error{file_name}. Folders that cannot be read and links to nothing are
// Error{store_io}.
Listing list_files(const IngestSpec& spec);

// SHA-256 of the content, of small files only ("" above 8 MiB): tells a touched file from a changed one.
std::string content_hash(const FoundFile& file);

}  // namespace weir::files
