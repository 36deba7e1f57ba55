// Raw files as relations: the scans a session has registered, with their reject tables.
//
// CSV goes through DuckDB's reader with everything pinned (dialect, columns, types): nothing is guessed at read time.
// Files whose headers name the columns in another order, or lack some, are read in groups of the same header. Parquet
// is read by column name and cast to the declared types.
//
// One rejected line gives one row of rejects: the first column that failed, the line as it stands in the file (bytes,
// so that broken text survives; the first 10,000 of them) and the reason. Rejects of a scan are complete once the scan
// was read to its end; reading it again does not double them.
#pragma once

#include <duckdb/main/connection.hpp>
#include <map>
#include <string>
#include <vector>

#include "engine/duckdb/session_state.h"
#include "engine/file_scan.h"

namespace weir::engine::duck {

class FileRelations {
 public:
  void add(duckdb::Connection& connection, SessionState& session, const std::string& name, const FileScan& scan);
  // The relation of the rejects; Error{sql_unknown_table} if there is no such scan, Error{file_unreadable} if an open
  // quote swallowed lines (see unclosed_quotes.h).
  std::string rejects(duckdb::Connection& connection, SessionState& session, const std::string& name);
  // Drops what a scan left behind, at the end of a transaction.
  void forget(duckdb::Connection& connection, SessionState& session);

 private:
  struct Scan {
    std::string errors, scans;  // reject tables of DuckDB; "" = none are kept
    std::string types;          // SQL map of the columns' declared types
    bool listed = false;        // the relation of rejects was made
    Compression compression = Compression::detect;
    CsvDialect dialect;
  };
  std::map<std::string, Scan> scans_;
};

// The functions that scans use: weir_file_value(scan, key, path) and weir_raw_line(path, offset, length).
void register_scan_functions(duckdb::DatabaseInstance& db);

// Statements over more columns than this take minutes to plan: such a file is no table. Throws Error{file_unreadable}.
inline constexpr size_t most_columns = 2000;
void check_width(const std::string& path, size_t columns);

// Names of a header as columns can have them: blanks around them dropped, "column4" for an empty one, "name_1" where
// "name" was before.
std::vector<std::string> unique_names(std::vector<std::string> names);
// The names in a file's first record; empty for an empty file. Throws Error{file_unreadable}.
std::vector<std::string> read_csv_header(duckdb::Connection& connection, const std::string& path,
                                         Compression compression, const CsvDialect& dialect);

// `detect` decided by the file's name: .gz, .gzip, .zst, .zstd.
Compression compression_of(const std::string& path, Compression declared);
duckdb::FileCompressionType compression_type(Compression decided);
// The beginning of a file, unpacked and in UTF-8. `whole` tells whether that is all of it.
std::string read_beginning(duckdb::Connection& connection, const std::string& path, Compression compression,
                           const std::string& encoding, size_t bytes, bool& whole);
// What follows the lines that the dialect skips at the beginning of a file, comments before the header among them.
std::string_view without_lines(std::string_view text, const CsvDialect& dialect);
// One record from `text`, which it shortens; nullopt if the text ends inside it and is not the whole file.
std::optional<std::vector<std::string>> next_record(std::string_view& text, const CsvDialect& dialect, bool whole_file);

// The path DuckDB opens for a file of a source, and the same as a pattern that matches only it.
std::string local_path(const std::string& uri);
std::string literal_pattern(const std::string& path);
// The options of read_csv that a dialect stands for: "delim = ',', quote = '"', …".
std::string csv_options(const CsvDialect& dialect, Compression compression);

}  // namespace weir::engine::duck
