// SQL types as a table of the lake stores them (docs/types.md), and as a Parquet file of rows in transit does: texts
// in, texts out.
#pragma once

#include <string>
#include <string_view>

namespace weir::checks {

// The type that a column of this SQL type has when it is read back from a table of the lake: UINTEGER is BIGINT there,
// UUID is VARCHAR, INTEGER[3] is INTEGER[]. Also inside of lists, maps and structs. A type that the lake refuses, or
// that is no type, stays as it is.
std::string stored_type(std::string_view sql_type);

// The type in which values go through a Parquet file and are themselves when they are cast back: itself, or VARCHAR for
// what Parquet would round or does not know.
std::string carried_type(std::string_view sql_type);
// The same for values that are to be compared: VARCHAR also for those that are compared as texts.
std::string file_type(std::string_view sql_type);

// BOOLEAN is none. DECIMAL(9,2) is; FLOAT and DOUBLE are both.
bool is_numeric_type(std::string_view sql_type);
bool is_float_type(std::string_view sql_type);
// DATE, TIMESTAMP and its kin without a time zone.
bool is_plain_time_type(std::string_view sql_type);
// Values of such a type are compared as texts.
bool is_compared_as_text(std::string_view sql_type);

}  // namespace weir::checks
