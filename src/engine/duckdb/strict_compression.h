// Packed source files, read to their end or not at all.
//
// DuckDB's own readers of gzip and zstd take a file that was cut off for a file that ends there, and do not look at
// gzip's checksum: rows would be lost or wrong without a word. These readers take their place in an instance; a file
// that ends inside a member or frame, or whose checksum or length does not fit, is an IOException with the file's name.
#pragma once

#include <duckdb/common/file_system.hpp>

namespace weir::engine::duck {

void register_strict_compression(duckdb::FileSystem& files);

}  // namespace weir::engine::duck
