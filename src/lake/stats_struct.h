// Statistics that a checkpoint keeps as a struct (stats_parsed) as the JSON text that commits keep.
#pragma once

#include <optional>
#include <string>

#include "format/arrow_view.h"
#include "lake/predicate.h"

namespace weir::lake {

// nullopt if the row is null or holds nothing. Timestamps become ISO texts with microseconds.
std::optional<std::string> stats_text(const format::ArrowView& stats_parsed, int64_t row);

// One value of its minValues or maxValues; unknown if it is none of the type. A checkpoint may be older than a change
// of the column's type.
Scalar typed_scalar(const DataType& type, const format::ArrowView& column, int64_t row);

}  // namespace weir::lake
