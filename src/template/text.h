// Numbers and text as Python writes and reads them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "template/value.h"

namespace weir::tmpl {

// repr(str): quotes chosen and characters escaped as Python does. `ascii_only`: also all beyond ASCII (ascii()).
void append_repr(std::string& out, std::string_view text, bool ascii_only = false);
std::string real_repr(double value);  // the shortest text that reads back the same
// Exactly rounded (half to even), as C's %f, %e, %g with precision; upper: E instead of e, INF, NAN.
std::string real_format(double value, char conversion, int precision, bool alternate = false);

// int(text, base): blanks around, sign, underscores, prefix of the base; base 0 reads the prefix.
std::optional<Value> parse_int(std::string_view text, int base);
// float(text): also inf and nan.
std::optional<double> parse_real(std::string_view text);
std::string int_text(const Value& integer);  // of an integer or bool; Error if beyond 4300 digits

// Python's round(x, digits).
double round_real(double value, int digits);

}  // namespace weir::tmpl
