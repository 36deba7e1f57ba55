// The typed structs that a checkpoint may carry beside the texts: stats_parsed and partitionValues_parsed (Delta
// protocol, "Checkpoints"), written where delta.checkpoint.writeStatsAsStruct is true.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "format/arrow_builder.h"
#include "lake/action.h"
#include "lake/stats_columns.h"

namespace weir::lake {

// The Arrow type of a Delta primitive; nullopt for types that are not kept in such structs.
std::optional<format::ArrowType> parsed_type(const std::string& name, const DataType& type);

class ParsedStats {
 public:
  explicit ParsedStats(const Metadata& metadata);
  // {"stats_parsed": struct}; nullopt if no column has statistics to keep.
  format::ArrowType type() const;
  // One row from an add's stats text ("" = null).
  void append(format::ArrowBuilder& builder, std::string_view stats) const;

 private:
  std::vector<Field> bounds_, counts_;  // the schema cut down to the columns that have them
};

class ParsedPartitions {
 public:
  explicit ParsedPartitions(const Metadata& metadata);
  bool empty() const { return fields_.empty(); }
  format::ArrowType type() const;
  void append(format::ArrowBuilder& builder, const PartitionValues& values) const;

 private:
  std::vector<Field> fields_;
};

}  // namespace weir::lake
