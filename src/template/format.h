// Python's three ways to fill text with values: "%s" % x, "{}".format(x), format(x, spec).
#pragma once

#include <string>
#include <string_view>

#include "template/evaluation.h"
#include "template/value.h"

namespace weir::tmpl {

// text % value. Markup escapes what is filled in.
Value format_percent(Evaluation& evaluation, const Value& text, const Value& value);

// text.format(*positional, **named), with attributes and items looked up as templates do (sandboxed).
Value format_braces(Evaluation& evaluation, const Value& text, const Arguments& arguments);
// text.format_map(mapping)
Value format_braces_map(Evaluation& evaluation, const Value& text, const Value& mapping);

// format(value, spec)
std::string format_value(Evaluation& evaluation, const Value& value, std::string_view spec);

// Fills up to `width` characters; `align` is one of < > ^ =, the last putting the fill after the sign.
std::string pad_text(Evaluation& evaluation, std::string text, size_t width, char32_t fill, char align);

}  // namespace weir::tmpl
