// Text as Python's str sees it: UTF-8 by code points, and the properties and case mappings of Unicode.
// A lone surrogate (possible through "\ud800" in a template) is kept as its three-byte form; any other malformed byte
// counts as one code point of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::tmpl {

enum CharFlag : uint16_t {
  char_alpha = 1 << 0,
  char_decimal = 1 << 1,
  char_digit = 1 << 2,
  char_numeric = 1 << 3,
  char_space = 1 << 4,
  char_printable = 1 << 5,
  char_upper = 1 << 6,
  char_lower = 1 << 7,
  char_title = 1 << 8,
  char_id_start = 1 << 9,
  char_id_continue = 1 << 10,
  char_cased = 1 << 11,
  char_case_ignorable = 1 << 12,
  char_word = char_alpha | char_decimal | char_digit | char_numeric,  // \w besides '_'
};

uint16_t char_flags(char32_t c);
inline bool has_flag(char32_t c, uint16_t flags) { return (char_flags(c) & flags) != 0; }
// 0..9, or nullopt if it is no decimal digit of any script.
std::optional<int> decimal_value(char32_t c);

// Reads the code point at `position` and moves on.
char32_t next_char(std::string_view text, size_t& position);
// The start of the code point that ends before `position` (> 0).
size_t previous_start(std::string_view text, size_t position);
void append_char(std::string& out, char32_t c);
size_t count_chars(std::string_view text);
// Byte offset of code point number `index`; the size of the text if there are fewer.
size_t char_offset(std::string_view text, size_t index);
std::vector<char32_t> to_chars(std::string_view text);
std::string from_chars(const std::vector<char32_t>& chars);
bool is_ascii(std::string_view text);

enum class CaseForm { upper, lower, title, fold };
void append_case(std::string& out, char32_t c, CaseForm form);
std::string to_upper(std::string_view text);
std::string to_lower(std::string_view text);  // with the final sigma rule
std::string to_fold(std::string_view text);

std::string_view strip_spaces(std::string_view text);  // Python's strip()
bool is_identifier(std::string_view text);

// The generated tables.
struct FlagRun {
  uint32_t first;
  uint16_t flags;
};
struct CaseRun {
  uint32_t first, last;
  uint16_t step;
  int32_t delta;
};
struct CaseText {
  uint32_t point;
  const char* text;
};
extern const FlagRun kFlagRuns[];
extern const size_t kFlagRunCount;
extern const char32_t kDecimalZeros[];
extern const size_t kDecimalZeroCount;
extern const CaseRun kUpperRuns[], kLowerRuns[], kTitleRuns[], kFoldRuns[];
extern const size_t kUpperRunCount, kLowerRunCount, kTitleRunCount, kFoldRunCount;
extern const CaseText kUpperTexts[], kLowerTexts[], kTitleTexts[], kFoldTexts[];
extern const size_t kUpperTextCount, kLowerTextCount, kTitleTextCount, kFoldTextCount;

}  // namespace weir::tmpl
