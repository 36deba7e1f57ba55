// What the statistics of a table's files prove of its content, without reading it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "lake/predicate.h"
#include "lake/schema.h"
#include "lake/snapshot.h"
#include "lake/staged.h"

namespace weir::checks {

struct ColumnStatistics {
  lake::DataType type;
  std::optional<int64_t> null_count;
  lake::Scalar min, max;  // bounds that hold for every value; monostate = unknown (or no value that is not null)
};

struct TableStatistics {
  std::optional<int64_t> row_count;
  std::map<std::string, ColumnStatistics> columns;  // key: lower-case name
};

// Of the live files of `base` (may be null) after the actions of the draft (may be null). A file with deletion vectors
// or without statistics makes unknown whatever it leaves open.
TableStatistics table_statistics(const lake::Snapshot* base, const lake::CommitDraft* draft);

// Asked per table, at most once each; nullopt = nothing is known (a view, a foreign table).
class StatisticsSource {
 public:
  virtual ~StatisticsSource() = default;
  virtual std::optional<TableStatistics> statistics(const lake::TableName& table) = 0;
};

}  // namespace weir::checks
