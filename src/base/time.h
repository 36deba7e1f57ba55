// Time as milliseconds or microseconds since 1970-01-01T00:00:00Z, and its text forms (ISO 8601, always UTC).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir {

std::string iso_ms(int64_t ms);       // 2026-01-05T09:12:44.123Z
std::string iso_seconds(int64_t ms);  // 2026-01-05T09:12:44Z
// 2026-01-05T09:12:44.123456, with `between` for the T, and without a zone
std::string iso_us(int64_t us, char between);
std::string iso_date(int64_t days);  // 2026-01-05, days since epoch
std::string iso_basic(int64_t ms);   // 20260105T091244Z
// Accepts "2026-01-05", "2026-01-05 09:12:44[.123456]", "2026-01-05T09:12:44.123Z", "…+02:00". Microseconds since
// epoch; without an offset it is taken as UTC. nullopt if the text is no such time.
std::optional<int64_t> parse_iso_us(std::string_view text);
// "Mon, 05 Jan 2026 09:12:44 GMT", the form of HTTP's headers (RFC 9110, IMF-fixdate). Milliseconds since epoch.
std::optional<int64_t> parse_http_date_ms(std::string_view text);
// "7 days", "12h", "30 minutes", "interval 1 week" (Delta's interval texts), "500ms". Milliseconds.
std::optional<int64_t> parse_duration_ms(std::string_view text);

}  // namespace weir
