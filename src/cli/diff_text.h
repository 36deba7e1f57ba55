// What a comparison of two tables came to, for people and for programs.
#pragma once

#include <string>

#include "base/json.h"
#include "checks/compare.h"
#include "cli/terminal.h"

namespace weir::cli {

// Several lines, indented by two: columns, rows, key, what differs, samples. `width` as in TableForm::columns.
std::string comparison_text(const checks::TableComparison& comparison, const Style& style, size_t width);
// "equal, 3 rows", or in few words what is different.
std::string comparison_summary(const checks::TableComparison& comparison);
Json comparison_json(const checks::TableComparison& comparison);

}  // namespace weir::cli
