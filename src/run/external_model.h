// Models with materialized='external', as in dbt-duckdb: their rows are a file, and their relation a view of it. For
// databases.
#pragma once

#include <cstdint>
#include <string>

#include "engine/session.h"
#include "project/node.h"

namespace weir::run {

// What a model's configuration (location, format, delimiter, options, csv_read_options, …) comes to.
struct ExternalFile {
  std::string location;      // where it is written: a file, or a folder with partition_by
  std::string copy_options;  // of COPY: "format parquet, compression zstd"
  std::string read;          // the call that reads it back
};
// `root`: where files lie that have no location (external_root of the target). `location`: the configured one,
// rendered. Throws Error{bad_config}.
ExternalFile external_file(const project::Node& node, const std::string& root, const std::string& location);

// Runs the query, writes the file and makes the view named `view` by `main`, as dbt-duckdb does it: a file of no rows
// has one of NULLs, which the view leaves out. Returns the number of rows.
int64_t build_external(engine::Session& session, engine::Session& main, const project::Node& node,
                       const std::string& view, const ExternalFile& file, const std::string& sql);

}  // namespace weir::run
