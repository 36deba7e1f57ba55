// Order of values.
#pragma once

#include <compare>
#include <cstdint>

#include "template/value.h"

namespace weir::tmpl {

enum class Order : uint8_t { less, less_equal, greater, greater_equal };

// a ORDER b; Error{template_type} if the types have no order.
bool ordered(Order order, const Value& a, const Value& b);
// May it be a key? (A tuple may if all its items may.)
bool hashable(const Value& value);
// Of two numbers, exactly, whatever their types.
std::partial_ordering compare_numbers(const Value& a, const Value& b);

}  // namespace weir::tmpl
