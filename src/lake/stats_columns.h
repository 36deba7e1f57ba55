// Which columns of a table have statistics (Delta table properties, "Data skipping").
#pragma once

#include <map>
#include <string>
#include <vector>

#include "lake/schema.h"

namespace weir::lake {

struct StatsColumn {
  std::vector<std::string> path;      // names from the top: {"address", "city"}
  std::vector<std::string> physical;  // the same as data files and statistics call them
  const Field* field = nullptr;       // of the schema that was asked for
  std::string dotted() const;         // of the physical names
};

// Leaf columns in schema order, without partition columns: the first 32, or as delta.dataSkippingNumIndexedCols (-1 =
// all) or delta.dataSkippingStatsColumns (names, also of structs: all their leaves) say. A list or map counts as one
// leaf.
std::vector<StatsColumn> stats_columns(const Schema& schema, const std::vector<std::string>& partition_columns,
                                       const std::map<std::string, std::string>& configuration);

}  // namespace weir::lake
