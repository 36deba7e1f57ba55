// SQL type names, compared without an engine.
#pragma once

#include <string>
#include <vector>

namespace weir::files {

// One spelling per type: "INT8" -> "bigint", "decimal( 10, 2 )" -> "decimal(10,2)".
std::string canonical_type(const std::string& type);

// Whether every value of a file's type can be stored in the column's type.
bool fits_without_loss(const std::string& file_type, const std::string& column_type);

// The type that all texts of a hive key fit: BIGINT, DATE or VARCHAR.
std::string type_of_path_values(const std::vector<std::string>& values);

}  // namespace weir::files
