#include "cli/text_width.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace weir::cli {

namespace {

struct Range {
  uint32_t first, last;
};

// Marks that take no column of their own (Unicode 15, general categories Mn, Me, Cf; the ranges met in practice).
constexpr std::array<Range, 40> zero_width = {{
    {0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x05BF, 0x05C7},   {0x0610, 0x061A}, {0x064B, 0x065F},
    {0x0670, 0x0670}, {0x06D6, 0x06DC}, {0x06DF, 0x06E4}, {0x06E7, 0x06E8},   {0x06EA, 0x06ED}, {0x0711, 0x0711},
    {0x0730, 0x074A}, {0x07A6, 0x07B0}, {0x07EB, 0x07F3}, {0x0816, 0x082D},   {0x08D3, 0x0902}, {0x093A, 0x093A},
    {0x093C, 0x093C}, {0x0941, 0x0948}, {0x094D, 0x094D}, {0x0951, 0x0957},   {0x09BC, 0x09BC}, {0x0A3C, 0x0A3C},
    {0x0E31, 0x0E31}, {0x0E34, 0x0E3A}, {0x0E47, 0x0E4E}, {0x1160, 0x11FF},   {0x135D, 0x135F}, {0x1AB0, 0x1AFF},
    {0x1DC0, 0x1DFF}, {0x200B, 0x200F}, {0x202A, 0x202E}, {0x2060, 0x2064},   {0x20D0, 0x20F0}, {0x3099, 0x309A},
    {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0xFEFF, 0xFEFF}, {0xE0100, 0xE01EF},
}};

// East Asian Width W and F (Unicode 15), joined where only unassigned characters lie between.
constexpr std::array<Range, 46> double_width = {{
    {0x1100, 0x115F}, {0x231A, 0x231B},   {0x2329, 0x232A},   {0x23E9, 0x23EC},   {0x23F0, 0x23F0}, {0x23F3, 0x23F3},
    {0x25FD, 0x25FE}, {0x2614, 0x2615},   {0x2648, 0x2653},   {0x267F, 0x267F},   {0x2693, 0x2693}, {0x26A1, 0x26A1},
    {0x26AA, 0x26AB}, {0x26BD, 0x26BE},   {0x26C4, 0x26C5},   {0x26CE, 0x26CE},   {0x26D4, 0x26D4}, {0x26EA, 0x26EA},
    {0x26F2, 0x26F5}, {0x26FA, 0x26FD},   {0x2705, 0x2705},   {0x270A, 0x270B},   {0x2728, 0x2728}, {0x274C, 0x274C},
    {0x274E, 0x274E}, {0x2753, 0x2757},   {0x2795, 0x2797},   {0x27B0, 0x27B0},   {0x27BF, 0x27BF}, {0x2B1B, 0x2B1C},
    {0x2B50, 0x2B50}, {0x2B55, 0x2B55},   {0x2E80, 0x303E},   {0x3041, 0x33FF},   {0x3400, 0x4DBF}, {0x4E00, 0x9FFF},
    {0xA000, 0xA4C6}, {0xA960, 0xA97C},   {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},   {0xFE30, 0xFE6B}, {0xFF01, 0xFF60},
    {0xFFE0, 0xFFE6}, {0x16FE0, 0x1B2FB}, {0x1F004, 0x1F9FF}, {0x20000, 0x3FFFD},
}};

template <size_t N>
bool within(const std::array<Range, N>& table, uint32_t point) {
  auto found = std::upper_bound(table.begin(), table.end(), point,
                                [](uint32_t value, const Range& range) { return value < range.first; });
  return found != table.begin() && point <= std::prev(found)->last;
}

size_t width_of(uint32_t point) {
  if (point == 0 || within(zero_width, point)) return 0;
  return within(double_width, point) ? 2 : 1;
}

struct Character {
  size_t bytes = 1;
  uint32_t point = 0;
  bool valid = false;
};

Character decode(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t lead = byte(0);
  if (lead < 0x80) return {1, lead, true};
  const size_t length = lead >= 0xF0 && lead < 0xF5 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 0;
  if (length == 0 || lead >= 0xF5 || text.size() < length) return {};
  uint32_t point = lead & (0xFFu >> (length + 1));
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {};
    point = (point << 6) | (byte(i) & 0x3Fu);
  }
  const bool overlong = (length == 3 && point < 0x800) || (length == 4 && point < 0x10000);
  if (overlong || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) return {};
  return {length, point, true};
}

// Length of a colour sequence at the start of `text`, 0 if there is none.
size_t color_sequence(std::string_view text) {
  if (text.size() < 3 || text[0] != '\x1b' || text[1] != '[') return 0;
  size_t i = 2;
  while (i < text.size() && ((text[i] >= '0' && text[i] <= '9') || text[i] == ';')) ++i;
  return i < text.size() && text[i] == 'm' ? i + 1 : 0;
}

}  // namespace

size_t text_width(std::string_view text) {
  size_t width = 0;
  while (!text.empty()) {
    if (size_t skip = color_sequence(text)) {
      text.remove_prefix(skip);
      continue;
    }
    const Character character = decode(text);
    width += character.valid ? width_of(character.point) : 1;
    text.remove_prefix(character.bytes);
  }
  return width;
}

std::string cut(std::string_view text, size_t columns, std::string_view ellipsis) {
  if (text_width(text) <= columns) return std::string(text);
  const size_t mark = text_width(ellipsis);
  if (mark > columns) return std::string(columns, '.');
  std::string result;
  size_t width = 0;
  bool colored = false;
  while (!text.empty()) {
    if (size_t skip = color_sequence(text)) {
      colored = text.substr(0, skip) != "\x1b[0m";
      result += text.substr(0, skip);
      text.remove_prefix(skip);
      continue;
    }
    const Character character = decode(text);
    width += character.valid ? width_of(character.point) : 1;
    if (width > columns - mark) break;
    result += text.substr(0, character.bytes);
    text.remove_prefix(character.bytes);
  }
  result += ellipsis;
  if (colored) result += "\x1b[0m";
  return result;
}

std::string pad_right(std::string_view text, size_t columns) {
  const size_t width = text_width(text);
  return std::string(text) + std::string(width < columns ? columns - width : 0, ' ');
}

std::string pad_left(std::string_view text, size_t columns) {
  const size_t width = text_width(text);
  return std::string(width < columns ? columns - width : 0, ' ') + std::string(text);
}

std::string visible(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const Character character = decode(text);
    const std::string_view bytes = text.substr(0, character.bytes);
    if (!character.valid) {
      result += fmt::format("\\x{:02x}", static_cast<uint8_t>(bytes[0]));
    } else if (character.point == '\n') {
      result += "\\n";
    } else if (character.point == '\t') {
      result += "\\t";
    } else if (character.point == '\r') {
      result += "\\r";
    } else if (character.point < 0x20 || (character.point >= 0x7F && character.point < 0xA0)) {
      result += fmt::format("\\x{:02x}", character.point);
    } else if (character.point >= 0x202A && character.point <= 0x202E) {
      result += fmt::format("\\u{:04x}", character.point);  // they would reorder what follows
    } else {
      result += bytes;
    }
    text.remove_prefix(character.bytes);
  }
  return result;
}

}  // namespace weir::cli
