// Whether a quote that is not closed has swallowed lines.
//
// DuckDB's reader goes on somewhere behind such a quote: at the end of the text if it is short, at a line of the next
// buffer if it is long. Of a rejected line it keeps the first 10,000 bytes, so all within them is quarantined and
// nothing is lost; beyond them lines would be in no row and no reject, and what is read behind may have stood inside
// the quotes. A file with such a quote is not readable as CSV.
#pragma once

#include <duckdb/common/file_system.hpp>
#include <string>
#include <vector>

#include "engine/file_scan.h"

namespace weir::engine::duck {

struct RejectedLine {
  uint64_t line = 0;
  uint64_t offset = 0;  // of its first byte in the unpacked file
};

// Throws Error{file_unreadable} for the first of the rejected lines, which come by offset, whose record is longer than
// what is kept of it; what DuckDB throws goes through.
void check_quotes_close(duckdb::FileSystem& files, const std::string& path, Compression compression,
                        const CsvDialect& dialect, const std::vector<RejectedLine>& lines);

}  // namespace weir::engine::duck
