// A source of files as the project declares it (project::Ingest), and CSV dialects as data.
#pragma once

#include <filesystem>
#include <string>

#include "base/json.h"
#include "engine/file_scan.h"
#include "project/project.h"

namespace weir::files {

struct SourceSpec {
  std::string asset;                  // "raw.trips", for messages
  std::filesystem::path project_dir;  // patterns are relative to it
  project::Ingest ingest;
};
SourceSpec spec_of(const project::Project& project, const project::Node& source);

engine::FileFormat format_of(const project::Ingest& ingest);
engine::Compression compression_of(const project::Ingest& ingest);
// `inferred` with everything that was declared laid over it.
engine::CsvDialect declared_over(const project::Ingest& ingest, engine::CsvDialect inferred);

Json to_json(const engine::CsvDialect& dialect);
engine::CsvDialect dialect_from_json(const Json& json);  // absent members keep their default

}  // namespace weir::files
