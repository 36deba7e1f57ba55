// Glob patterns of a source as absolute paths, and the base their names are relative to. Used by listing.cpp.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "connectors/files/ingest_spec.h"

namespace weir::files {

struct Pattern {
  std::filesystem::path fixed;  // absolute, normal: the folder above the first segment with a wildcard (or the file)
  std::vector<std::string> segments;  // below it, at least one; "**" stands alone
};

struct Patterns {
  std::vector<Pattern> patterns;
  std::filesystem::path base;
  std::string base_rule;
};

// URIs are those of local files. Throws Error{bad_option_value} for an empty pattern or ".." after a
// wildcard.
Patterns resolve_patterns(const IngestSpec& spec);

bool has_wildcard(const std::string& segment);
// Whether a name matches one segment of a pattern, which is not "**".
bool name_matches(const std::string& segment, const std::string& name);
// Hive folders key=value of a label (listing.h).
std::map<std::string, std::string> hive_values(const std::string& label);

}  // namespace weir::files
