// Small text functions without a word of the domain.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

std::vector<std::string> split(std::string_view text, char separator);
std::string join(const std::vector<std::string>& parts, std::string_view separator);
std::string_view trim(std::string_view text);
std::string lower(std::string_view text);  // ASCII only
std::string upper(std::string_view text);  // ASCII only
bool iequals(std::string_view a, std::string_view b);
// Blanks and line ends as one space each; cut, with "…", behind 80 bytes.
std::string on_one_line(std::string_view text);
std::string replace_all(std::string text, std::string_view from, std::string_view to);
bool is_valid_utf8(std::string_view text);
size_t invalid_utf8_at(std::string_view text);  // offset of the first byte that is not UTF-8; npos if there is none
std::string valid_utf8(std::string_view text);  // each such byte replaced by U+FFFD

// The whole text, decimal, with an optional sign; nullopt if it is no number or too large. No spaces around it.
std::optional<int64_t> parse_int(std::string_view text);
std::optional<double> parse_double(std::string_view text);

// Percent-encoding as RFC 3986 writes it: every byte not in `keep` (besides letters and digits) becomes %XX.
std::string percent_encode(std::string_view text, std::string_view keep);
// Malformed escapes stay as they are.
std::string percent_decode(std::string_view text);

std::string hex(std::string_view bytes);
std::string base64(std::string_view bytes);

// The candidate nearest to `word` by edit distance, if near enough to be meant; for "did you mean".
std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates);
// "; did you mean "x"?" or "".
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

// Shell-style pattern over a whole text: * ? [a-z] [!a-z]. With path_mode, * and ? stop at '/' and ** crosses it;
// "**/" also matches no folder at all ("a/**/b" matches "a/b").
bool glob_match(std::string_view pattern, std::string_view text, bool path_mode = false);

// SQL quoting: "a""b" and 'a''b'.
std::string quote_identifier(std::string_view name);
std::string quote_literal(std::string_view text);
std::string quoted_identifiers(const std::vector<std::string>& names);  // "a, b", each in quotes

std::string human_bytes(uint64_t bytes);    // "12.9 MB" (powers of ten)
std::string human_count(uint64_t count);    // "1,204,331"
std::string human_duration_ms(int64_t ms);  // "41 ms", "1.4 s", "3 min 2 s"

}  // namespace weir
