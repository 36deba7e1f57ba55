// Where statistics are that were left behind when a list of files was read: a checkpoint, or a sidecar of one.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "lake/parquet_io.h"
#include "lake/stats_text.h"

namespace weir::lake {

class StatsSource {
 public:
  virtual ~StatsSource() = default;
  using Rows = ParquetSelection::Rows;
  // Both call `take` for rows in `rows`; errors are those of ParquetIo.
  // In ascending order; "" = none.
  virtual void texts(const Rows& rows, const std::function<void(int64_t row, std::string_view text)>& take) const = 0;
  // In any order, from several threads at once. From the typed columns where the source has them for every leaf, else
  // from the texts.
  virtual void bounds(const Rows& rows, const std::vector<StatsLeaf>& leaves,
                      const std::function<void(int64_t row, const StatsTextReader::Found& found)>& take) const = 0;
};

}  // namespace weir::lake
