// Statistics of a written file in Delta's exact form (Delta protocol, "Per-file Statistics").
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "lake/schema.h"

namespace weir::lake {

// Facts about one leaf column as an engine reports them. Texts are in the engine-neutral form: integers and decimals as
// plain digits, booleans unused, dates "YYYY-MM-DD", timestamps "YYYY-MM-DD HH:MM:SS[.ffffff]" in UTC, strings as they
// are.
struct LeafStats {
  std::optional<std::string> min, max;
  std::optional<int64_t> null_count;
  bool has_nan = false;
};

// {"numRecords":…,"minValues":{…},"maxValues":{…},"nullCount":{…}}: numbers unquoted, timestamps ISO with milliseconds
// (min rounded down, max up), strings cut to 32 characters (max made an upper bound or left out), no min/max for binary
// and boolean, max left out where NaN occurs, nested structs nested, partition columns left out, only the first 32 leaf
// columns (delta.dataSkippingNumIndexedCols / delta.dataSkippingStatsColumns). Keys of `leaves` are dotted paths of
// physical names, and so are those written.
std::string write_stats(const Schema& schema, const std::vector<std::string>& partition_columns,
                        const std::map<std::string, std::string>& configuration, int64_t num_records,
                        const std::map<std::string, LeafStats>& leaves);

// The same statistics for a file some of whose rows are deleted by a vector: still bounds, but not the values of rows
// that are there ("tightBounds": false). `stats` as in the log.
std::string with_wide_bounds(const std::string& stats);

}  // namespace weir::lake
