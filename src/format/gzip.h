// gzip (RFC 1952), whole texts in memory.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace weir::format {

bool is_gzip(std::string_view bytes);
// nullopt: damaged or cut off, or more than `limit` bytes once unpacked.
std::optional<std::string> gunzip(std::string_view bytes, size_t limit);

}  // namespace weir::format
