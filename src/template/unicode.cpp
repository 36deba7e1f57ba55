#include "template/unicode.h"

#include <algorithm>
#include <array>

namespace weir::tmpl {

namespace {

uint16_t find_flags(char32_t c) {
  const FlagRun* after = std::upper_bound(kFlagRuns, kFlagRuns + kFlagRunCount, static_cast<uint32_t>(c),
                                          [](uint32_t point, const FlagRun& run) { return point < run.first; });
  return after == kFlagRuns ? uint16_t{0} : (after - 1)->flags;
}

std::array<uint16_t, 128> ascii_flags() {
  std::array<uint16_t, 128> flags{};
  for (char32_t c = 0; c < 128; ++c) flags[c] = find_flags(c);
  return flags;
}

bool continuation(std::string_view text, size_t position) {
  return position < text.size() && (static_cast<unsigned char>(text[position]) & 0xC0) == 0x80;
}

// Length of the well-formed sequence at `position`, or 1.
size_t sequence_length(std::string_view text, size_t position) {
  auto lead = static_cast<unsigned char>(text[position]);
  size_t length = lead >= 0xF0 && lead <= 0xF4  ? 4
                  : lead >= 0xE0 && lead < 0xF0 ? 3
                  : lead >= 0xC2 && lead < 0xE0 ? 2
                                                : 1;
  for (size_t i = 1; i < length; ++i)
    if (!continuation(text, position + i)) return 1;
  return length;
}

struct CaseTable {
  const CaseRun* runs;
  size_t run_count;
  const CaseText* texts;
  size_t text_count;
};

CaseTable table_of(CaseForm form) {
  switch (form) {
    case CaseForm::upper:
      return {kUpperRuns, kUpperRunCount, kUpperTexts, kUpperTextCount};
    case CaseForm::lower:
      return {kLowerRuns, kLowerRunCount, kLowerTexts, kLowerTextCount};
    case CaseForm::title:
      return {kTitleRuns, kTitleRunCount, kTitleTexts, kTitleTextCount};
    case CaseForm::fold:
      break;
  }
  return {kFoldRuns, kFoldRunCount, kFoldTexts, kFoldTextCount};
}

// A capital sigma is final when a cased letter stands before it and none after it, ignorable characters left aside.
bool is_final_sigma(std::string_view text, size_t start, size_t end) {
  bool before = false;
  for (size_t at = start; at > 0;) {
    at = previous_start(text, at);
    size_t position = at;
    char32_t c = next_char(text, position);
    if (has_flag(c, char_case_ignorable)) continue;
    before = has_flag(c, char_cased);
    break;
  }
  if (!before) return false;
  while (end < text.size()) {
    char32_t c = next_char(text, end);
    if (has_flag(c, char_case_ignorable)) continue;
    return !has_flag(c, char_cased);
  }
  return true;
}

std::string map_case(std::string_view text, CaseForm form) {
  std::string out;
  out.reserve(text.size());
  for (size_t position = 0; position < text.size();) {
    size_t start = position;
    char32_t c = next_char(text, position);
    if (form == CaseForm::lower && c == 0x3A3)
      append_char(out, is_final_sigma(text, start, position) ? 0x3C2 : 0x3C3);
    else
      append_case(out, c, form);
  }
  return out;
}

}  // namespace

uint16_t char_flags(char32_t c) {
  static const std::array<uint16_t, 128> ascii = ascii_flags();
  return c < 128 ? ascii[c] : find_flags(c);
}

std::optional<int> decimal_value(char32_t c) {
  const char32_t* after = std::upper_bound(kDecimalZeros, kDecimalZeros + kDecimalZeroCount, c);
  if (after == kDecimalZeros || c >= *(after - 1) + 10) return std::nullopt;
  return static_cast<int>(c - *(after - 1));
}

char32_t next_char(std::string_view text, size_t& position) {
  auto byte = [&](size_t i) { return static_cast<char32_t>(static_cast<unsigned char>(text[position + i])); };
  size_t length = sequence_length(text, position);
  char32_t c = byte(0);
  if (length == 2) c = ((c & 0x1F) << 6) | (byte(1) & 0x3F);
  if (length == 3) c = ((c & 0x0F) << 12) | ((byte(1) & 0x3F) << 6) | (byte(2) & 0x3F);
  if (length == 4) c = ((c & 0x07) << 18) | ((byte(1) & 0x3F) << 12) | ((byte(2) & 0x3F) << 6) | (byte(3) & 0x3F);
  position += length;
  return c;
}

size_t previous_start(std::string_view text, size_t position) {
  for (size_t back = 2; back <= 4 && back <= position; ++back)
    if (continuation(text, position - 1) && sequence_length(text, position - back) == back) return position - back;
  return position - 1;
}

void append_char(std::string& out, char32_t c) {
  auto put = [&](char32_t byte) { out.push_back(static_cast<char>(static_cast<unsigned char>(byte))); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | (c >> 6));
    put(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    put(0xE0 | (c >> 12));
    put(0x80 | ((c >> 6) & 0x3F));
    put(0x80 | (c & 0x3F));
  } else {
    put(0xF0 | (c >> 18));
    put(0x80 | ((c >> 12) & 0x3F));
    put(0x80 | ((c >> 6) & 0x3F));
    put(0x80 | (c & 0x3F));
  }
}

size_t count_chars(std::string_view text) {
  size_t count = 0;
  for (size_t position = 0; position < text.size(); ++count) position += sequence_length(text, position);
  return count;
}

size_t char_offset(std::string_view text, size_t index) {
  size_t position = 0;
  for (; index > 0 && position < text.size(); --index) position += sequence_length(text, position);
  return position;
}

std::vector<char32_t> to_chars(std::string_view text) {
  std::vector<char32_t> chars;
  chars.reserve(text.size());
  for (size_t position = 0; position < text.size();) chars.push_back(next_char(text, position));
  return chars;
}

std::string from_chars(const std::vector<char32_t>& chars) {
  std::string out;
  for (char32_t c : chars) append_char(out, c);
  return out;
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

void append_case(std::string& out, char32_t c, CaseForm form) {
  if (c < 0x80) {
    bool lower = form == CaseForm::lower || form == CaseForm::fold;
    if (lower && c >= 'A' && c <= 'Z') c += 32;
    if (!lower && c >= 'a' && c <= 'z') c -= 32;
    out.push_back(static_cast<char>(c));
    return;
  }
  CaseTable table = table_of(form);
  auto point = static_cast<uint32_t>(c);
  const CaseText* text = std::lower_bound(table.texts, table.texts + table.text_count, point,
                                          [](const CaseText& entry, uint32_t key) { return entry.point < key; });
  if (text != table.texts + table.text_count && text->point == point) {
    out += text->text;
    return;
  }
  // Runs with a step may overlap others (the pairs of Latin Extended): look back over the few that can reach this
  // point.
  const CaseRun* after = std::upper_bound(table.runs, table.runs + table.run_count, point,
                                          [](uint32_t key, const CaseRun& run) { return key < run.first; });
  for (const CaseRun* run = after; run != table.runs && after - run < 4;) {
    --run;
    if (point <= run->last && (point - run->first) % run->step == 0) {
      c = static_cast<char32_t>(static_cast<int64_t>(c) + run->delta);
      break;
    }
  }
  append_char(out, c);
}

std::string to_upper(std::string_view text) { return map_case(text, CaseForm::upper); }
std::string to_lower(std::string_view text) { return map_case(text, CaseForm::lower); }
std::string to_fold(std::string_view text) { return map_case(text, CaseForm::fold); }

std::string_view strip_spaces(std::string_view text) {
  size_t start = 0, end = text.size();
  while (start < end) {
    size_t next = start;
    if (!has_flag(next_char(text, next), char_space)) break;
    start = next;
  }
  while (end > start) {
    size_t before = previous_start(text, end), position = before;
    if (!has_flag(next_char(text, position), char_space)) break;
    end = before;
  }
  return text.substr(start, end - start);
}

bool is_identifier(std::string_view text) {
  if (text.empty()) return false;
  size_t position = 0;
  if (!has_flag(next_char(text, position), char_id_start)) return false;
  while (position < text.size())
    if (!has_flag(next_char(text, position), char_id_continue)) return false;
  return true;
}

}  // namespace weir::tmpl
