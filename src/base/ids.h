// Identifiers: random ones from the kernel's generator.
#pragma once

#include <string>
#include <string_view>

namespace weir {

std::string uuid_v4();
std::string uuid_v5(
    std::string_view name);  // in weir's own namespace, so that the same name gives the same id everywhere
// 26 characters, sorts by time (Crockford base 32 of ms since epoch + 80 random bits): ids of runs.
std::string ulid(long long now_ms);
bool is_uuid(std::string_view text);

}  // namespace weir
