// gzip (RFC 1952) and deflate (RFC 1951), whole texts at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir {

bool is_gzip(std::string_view bytes);  // by its first bytes

// The members of the file, one after the other; nullopt: it is no gzip, is damaged, ends early, or holds more than
// `most_bytes`.
std::optional<std::string> gunzip(std::string_view bytes, uint64_t most_bytes);

enum class Unpacked { whole, damaged, too_long };

// Deflate without a frame. `out` gets no more than `most_bytes`; at most `most_behind` bytes may follow the end.
Unpacked inflate_raw(std::string_view bytes, uint64_t most_bytes, size_t most_behind, std::string& out);

}  // namespace weir
