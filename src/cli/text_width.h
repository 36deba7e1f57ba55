// How text comes out on a terminal: columns taken, cutting, padding, and bytes that must not reach it.
#pragma once

#include <string>
#include <string_view>

namespace weir::cli {

// Columns that UTF-8 text takes: 0 for combining marks, 2 for East Asian wide characters and emoji. SGR colour
// sequences (ESC [ … m) count nothing. Bytes that are no UTF-8 count 1 each.
size_t text_width(std::string_view text);

// At most `columns` wide, ending in `ellipsis` if anything was cut. Colour sequences are kept, and closed.
std::string cut(std::string_view text, size_t columns, std::string_view ellipsis = "…");

std::string pad_right(std::string_view text, size_t columns);  // text first
std::string pad_left(std::string_view text, size_t columns);   // text last

// Control characters as \n, \t, \x1b …, and bytes that are no UTF-8 as \xff: data cannot steer the terminal or break a
// line.
std::string visible(std::string_view text);

}  // namespace weir::cli
