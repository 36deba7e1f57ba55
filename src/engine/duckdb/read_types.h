// The types that columns of CSV files are read as, where DuckDB's reader would change a value or lose it without a
// word.
//
// It rounds "12.5" in a whole number column and "1.505" in a DECIMAL one, drops the offset or the time of day of a
// TIMESTAMP or DATE, and turns a text that is no time into NULL where it has a zone. Such a column is read as a type of
// ours that refuses the text (exact_texts.h), which rejects the line like any other, and is converted afterwards.
#pragma once

#include <duckdb/main/extension/extension_loader.hpp>
#include <string>

#include "engine/file_scan.h"

namespace weir::engine::duck {

struct ReadType {
  std::string type;  // for the reader
  std::string before,
      after;  // around the column's name: the SQL of the declared type's value; empty = the column itself
  bool is_declared() const { return before.empty(); }
};

// Times that the dialect reads by a format are left to DuckDB, which reads them strictly; types it does not know as
// well.
ReadType read_type(const std::string& declared, const CsvDialect& dialect);

void register_read_types(duckdb::ExtensionLoader& loader);

}  // namespace weir::engine::duck
