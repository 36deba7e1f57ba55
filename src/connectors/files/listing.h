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
  std::string label;           // relative to the base, '/'-separated, as in _file and the ledger
  std::filesystem::path path;  // absolute
  uint64_t size = 0;
  int64_t modified_ms = 0;
  std::string etag;                                // of size and modification time (ns)
  std::map<std::string, std::string> path_values;  // hive: key=value folders below the base, percent-decoded
};

struct Listing {
  std::filesystem::path base;  // absolute
  std::string base_rule;       // how the base was found, stable when a project is moved: "project", "../data", "/mnt/x"
  std::vector<FoundFile> files;  // by label, bytes ascending, each once
};

// Walks only the folders that can match. Names starting with '.' match only a pattern segment that starts with '.';
// symbolic links to files are followed, links to folders only where a segment without ** names them. A folder that
// cannot be read is Error{store_io}. Names are bytes: any but '\0' and '/' is allowed; names that are no UTF-8 are
// Error{file_name} (they could not be kept in _file).
Listing list_files(const IngestSpec& spec);

// Content hash, of small files only ("" above 8 MiB): tells a touched file from a changed one.
std::string content_hash(const FoundFile& file);

}  // namespace weir::files
