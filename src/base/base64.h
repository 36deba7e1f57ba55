// Base64 (RFC 4648) the other way round, and in the alphabet of URLs; base64() itself is in text.h.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace weir {

std::string base64_url(std::string_view bytes);  // section 5, without padding
// With or without padding; nullopt for what is no Base64.
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace weir
