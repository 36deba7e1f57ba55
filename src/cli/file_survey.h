// A look into files that nobody has described yet: dialect, columns, types, keys, rows that do not fit. Reads every row
// once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/session.h"

namespace weir::cli {

struct SurveyedColumn {
  std::string name, type;
  int64_t nulls = 0;
  std::optional<std::string> least, greatest;  // as the engine prints them; nullopt: no value
  int64_t distinct = 0;                        // approximately, unless `unique`
  bool unique = false;                         // exactly: no value twice, none missing
  bool quoted = false;                         // SQL takes the name only in quotes
};

struct SurveyedReject {
  std::string file, column, reason;
  int64_t line = 0;
};

struct Survey {
  engine::FileFormat format = engine::FileFormat::csv;
  engine::CsvDialect dialect;
  std::vector<SurveyedColumn> columns;
  std::vector<engine::ScanFile> files;
  uint64_t bytes = 0;
  int64_t rows = 0;  // that fit the types
  int64_t rejected = 0;
  std::vector<SurveyedReject> rejects;  // the first of them
  // Index of the column that looks like the key: unique, and by its name and place the likeliest.
  std::optional<size_t> key;
};

// Throws Error{file_unreadable} if a file is not what its name says, Error{cancelled}.
Survey survey_files(engine::Engine& engine, engine::FileFormat format, const std::vector<engine::ScanFile>& files,
                    const CancelToken& cancel);

// The format that a file's name stands for ("x.csv.gz", "x.tsv", "x.parquet"); nullopt if it does not say.
std::optional<engine::FileFormat> format_by_name(const std::string& name);

// "',' '"' utf-8, header"
std::string dialect_text(const engine::CsvDialect& dialect);

}  // namespace weir::cli
