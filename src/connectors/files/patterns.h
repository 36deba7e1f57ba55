// Glob patterns of a source as absolute paths, and the base their names are relative to. Used by listing.cpp.
#pragma once

#include <filesystem>
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

// Throws Error{store_scheme} for URIs of other stores, Error{bad_option_value} for an empty pattern or ".." after a
// wildcard.
Patterns resolve_patterns(const IngestSpec& spec);

bool has_wildcard(const std::string& segment);

}  // namespace weir::files
