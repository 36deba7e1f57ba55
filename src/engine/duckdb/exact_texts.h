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

// ISO 8601 as microseconds since 1970. An offset is applied; without one the time is UTC. Zones have no names here.
std::optional<duckdb::hugeint_t> instant_us(std::string_view text);

}  // namespace weir::engine::duck
