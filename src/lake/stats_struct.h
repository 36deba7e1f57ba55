// Statistics that a checkpoint keeps as a struct (stats_parsed) as the JSON text that commits keep.
#pragma once

#include <optional>
#include <string>

#include "format/arrow_view.h"

namespace weir::lake {

// nullopt if the row is null or holds nothing. Timestamps become ISO texts with microseconds.
std::optional<std::string> stats_text(const format::ArrowView& stats_parsed, int64_t row);

}  // namespace weir::lake
