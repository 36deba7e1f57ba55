// The types that columns of CSV files are read as, where DuckDB's reader would change a value or lose it without a
// word.
//
// A whole number column rounds "12.5" there, and a TIMESTAMPTZ column turns a text that is no time into NULL. Such a
// column is read as a type of ours that refuses the text, which rejects the line like any other, and is converted
// afterwards.
#pragma once

#include <duckdb/main/extension/extension_loader.hpp>
#include <string>

namespace weir::engine::duck {

struct ReadType {
  std::string type;  // for the reader
  std::string before,
      after;  // around the column's name: the SQL of the declared type's value; empty = the column itself
  bool is_declared() const { return before.empty(); }
};

// `formatted`: the times of the column are read by a format (strptime) instead of ISO 8601.
ReadType read_type(const std::string& declared, bool formatted);

void register_read_types(duckdb::ExtensionLoader& loader);

}  // namespace weir::engine::duck
