// What the plan of a query tells before the query is run.
#pragma once

#include <cstddef>
#include <optional>

namespace weir::engine {

struct QueryOutline {
  bool no_rows = false;  // what is known of its inputs (counts of NULLs, bounds) proves that no row comes out
  // Of a query that is one scan, filtered, grouped and projected: the columns that the scan reads. nullopt of any
  // other.
  std::optional<size_t> columns_scanned;
};

}  // namespace weir::engine
