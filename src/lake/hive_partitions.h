// Partition values that stand in the names of folders, as Hive lays them out:
// "day=2026-01-05/region=eu/part-0.parquet".
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lake/action.h"

namespace weir::lake {

using HiveValues = std::vector<std::pair<std::string, std::optional<std::string>>>;  // column, value (nullopt = null)

// Of a key below the table's folder, percent escapes decoded. nullopt: some of its folders are partitions and some are
// not.
std::optional<HiveValues> hive_values(const std::string& relative);

// The narrowest of integer, long, date, string that every value is written as: "07" is no integer, since it would not
// be written so.
DataType inferred_type(const std::vector<std::optional<std::string>>& values);

// A value in Delta's text form for the type; nullopt if it is none of its values.
std::optional<std::string> partition_value_text(const std::string& text, const DataType& type);

}  // namespace weir::lake
