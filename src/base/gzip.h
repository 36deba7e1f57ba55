// gzip (RFC 1952), whole texts at once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir {

// The members of the file, one after the other; nullopt: it is no gzip, is damaged, ends early, or holds more than
// `most_bytes`.
std::optional<std::string> gunzip(std::string_view bytes, uint64_t most_bytes);

}  // namespace weir
