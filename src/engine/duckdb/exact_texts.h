// Texts of CSV fields as values, or nothing where a type cannot hold exactly what the text says: the reader would round
// it, cut it or drop a part without a word. Blanks around a text are not part of it. An error is always the empty
// optional; nothing throws.
#pragma once

#include <duckdb/common/types/hugeint.hpp>
#include <optional>
#include <string_view>

namespace weir::engine::duck {

// How numbers are written.
struct NumberMarks {
  char point = '.';
  char group = 0;  // between thousands; 0 = nothing
};

// "12", "+12", "12.0"; not "12.5" or "1e3".
std::optional<duckdb::hugeint_t> whole_number(std::string_view text, const NumberMarks& marks);

// The number of a DECIMAL(precision, scale) times ten to the power of `scale`: "1.5", "1.500", "15e-1" are 150 at scale
// 2; "1.505" is nothing.
std::optional<duckdb::hugeint_t> unscaled_decimal(std::string_view text, int precision, int scale,
                                                  const NumberMarks& marks);

// ISO 8601 as microseconds since 1970. An offset is applied; without one the time is UTC. Zones have no names here.
std::optional<int64_t> instant_us(std::string_view text);

// A time of no zone, in microseconds since 1970: nothing where the text has an offset that would move it.
std::optional<int64_t> local_time_us(std::string_view text);

// Days since 1970: nothing where the text has such an offset or a time of day that is not midnight.
std::optional<int64_t> day_number(std::string_view text);

// "10:00:00.5" as microseconds since midnight.
std::optional<int64_t> time_of_day_us(std::string_view text);

}  // namespace weir::engine::duck
