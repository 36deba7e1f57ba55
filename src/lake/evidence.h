// What a file says of one column that a condition asks about, and what follows from it.
#pragma once

#include "lake/predicate.h"

namespace weir::lake {

struct Evidence {
  ColumnBounds bounds;
  bool all_null = false;
  bool exact = false;  // min and max are values of the column, not just bounds
  bool max_believed = true;
};

// Of a partition column. `value`: nullptr if the file's entry does not name the column.
std::optional<Evidence> evidence_of_partition(const Field& field, const std::optional<std::string>* value);
Evidence evidence_of_statistics(const Field& field, ColumnBounds bounds, std::optional<int64_t> num_records,
                                bool nan_checked);

// Whether no row of a file can satisfy the condition. SQL's rules: null satisfies is_null only.
bool excludes(const Condition& condition, const DataType& type, const Evidence& evidence);

bool is_partition_column(const Metadata& metadata, std::string_view column);

}  // namespace weir::lake
