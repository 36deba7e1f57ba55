// Python's arithmetic, subscripts and iteration on values.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "template/evaluation.h"
#include "template/object.h"
#include "template/value.h"

namespace weir::tmpl {

std::string_view symbol_of(BinaryOp op);  // "+"

// Sizes of texts, lists and integers made are charged to the evaluation.
Value binary(Evaluation& evaluation, BinaryOp op, const Value& a, const Value& b);
Value negative(const Value& value);
Value positive(const Value& value);
Value number_binary(BinaryOp op, const Value& a, const Value& b);  // both numbers

// value[start:stop:step]; None stands for an absent part.
Value slice(Evaluation& evaluation, const Value& value, const Value& start, const Value& stop, const Value& step);
// value[key] without fallback to attributes; nullopt where Python raises LookupError or TypeError.
std::optional<Value> subscript(Evaluation& evaluation, const Value& value, const Value& key);
// An index of Python (negative counts from the end) as position, or nullopt if outside.
std::optional<size_t> index_of(int64_t index, size_t size);

// A slice's bounds made concrete for a sequence of `size`.
struct SliceRange {
  int64_t start, stop, step;
  size_t count;
};
SliceRange resolve_slice(size_t size, const Value& start, const Value& stop, const Value& step);

// Text + text with Markup's escaping where one of them is Markup.
Value concat_text(Evaluation& evaluation, const Value& a, const Value& b);
// escape(value): Markup stays, all else is printed and escaped.
Value escape_value(const Value& value);
// `text` as Markup if `like` is, else plain.
Value text_like(const Value& like, std::string text);

}  // namespace weir::tmpl
