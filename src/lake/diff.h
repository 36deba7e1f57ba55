// What lies between two versions of a table, by the log alone: no data file is read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lake/snapshot.h"

namespace weir::lake {

struct ColumnChange {
  std::string column;         // dotted path
  std::string before, after;  // type and nullability as text ("long", "string not null"); "" = not there
};

struct PropertyChange {
  std::string key;
  std::optional<std::string> before, after;
};

struct TableDiff {
  int64_t from = 0, to = 0;
  std::vector<std::string> files_added, files_removed;  // paths as in the log
  int64_t bytes_added = 0, bytes_removed = 0;
  // Rows in those files by their statistics; nullopt if one has none.
  std::optional<int64_t> rows_added, rows_removed;
  // All rows of each version, likewise.
  std::optional<int64_t> rows_before, rows_after;
  std::vector<ColumnChange> columns;
  std::vector<PropertyChange> properties;
  bool replaced = false;  // another table id: the two have nothing in common
  bool empty() const {
    return files_added.empty() && files_removed.empty() && columns.empty() && properties.empty() && !replaced;
  }
};

TableDiff diff(const Snapshot& from, const Snapshot& to);

// Rows of all live files by their statistics; nullopt if one has none.
std::optional<int64_t> row_count(const Snapshot& snapshot);

}  // namespace weir::lake
