// Rows of a lake table in the order of a space-filling curve over some of their columns.
//
// A column's coordinate is the rank of its value among all rows', estimated from a sample: so skewed columns and texts
// use the whole width of the curve as well as numbers that are spread evenly do. Values above the highest and below the
// lowest of the sample have the last and the first rank. NULLs come first. Of one column alone the values themselves
// are put in order.
#pragma once

#include <duckdb/common/types/data_chunk.hpp>
#include <duckdb/planner/bound_result_modifier.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/duckdb/lake_table.h"
#include "lake/optimize.h"

namespace weir::engine::duck {

struct RowOrdering {
  // Of one column: from which value on (as a sort key) a row has which rank; ascending, the lowest rank is 0 without an
  // entry.
  using Ranks = std::vector<std::pair<std::string, uint32_t>>;
  lake::RowOrder order;
  std::vector<Ranks> ranks;  // one for each column, none if the order needs no ranks
};

constexpr int sampled_rows = 1 << 16;
// The query whose rows are a sample of the columns' values; "" if the order needs none.
std::string sample_query(const TableState& table, const lake::RowOrder& order);

// Made from the rows of a sample, chunk by chunk.
class OrderingMaker {
 public:
  explicit OrderingMaker(lake::RowOrder order);
  void add(duckdb::DataChunk& rows);
  std::shared_ptr<const RowOrdering> make();

 private:
  std::shared_ptr<RowOrdering> ordering_;
  std::vector<std::vector<std::string>> keys_;  // of the sampled values, by column
};

// What to sort rows by whose first columns are the table's.
duckdb::vector<duckdb::BoundOrderByNode> bound_order(duckdb::ClientContext& context, const TableState& table,
                                                     std::shared_ptr<const RowOrdering> ordering);

}  // namespace weir::engine::duck
