// A folder of Parquet files becomes a Delta table in place: its first commit names the files as they are.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "lake/commit.h"
#include "lake/parquet_io.h"
#include "lake/snapshot.h"

namespace weir::lake {

struct ConvertOptions {
  // Names and types in the order of the folders ("day=2026-01-05/region=eu"); {} = as the folders' names look: integer,
  // long, date, else string.
  std::vector<Field> partition_columns;
  std::map<std::string, std::string> configuration;                              // properties of the table
  std::function<void(size_t read, size_t of)> progress = [](size_t, size_t) {};  // files
};

struct Conversion {
  CommitDraft draft;  // of version 0
  Metadata metadata;
  int64_t files = 0, rows = 0, bytes = 0;
};

// Reads the footer of every file, nothing else, and changes nothing. Columns are those of all files together, in the
// order in which they are met, files by name; a column must have one type in all of them. Partition columns come last;
// what files hold in columns of their names is not looked at. Statistics are the footers', in Delta's form.
//
// Names that begin with '_' or '.' are passed over. Error{convert_refused}, naming the file, for anything else that is
// not Parquet, for types that Delta lacks or other engines would read wrongly, and for partition folders that do not
// fit; also if the folder is a table already, holds one, or holds no Parquet file.
Conversion plan_conversion(const TableLocation& folder, ParquetIo& parquet, const ConvertOptions& options,
                           int64_t now_ms);

// "day date, region string" as fields; types by Delta's names, or SQL's (bigint, int, varchar). Error{usage}.
std::vector<Field> parse_partition_columns(const std::string& text);

}  // namespace weir::lake
