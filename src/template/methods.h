// The methods and attributes of Python's built-in types that templates may use.
#pragma once

#include <optional>
#include <string_view>
#include <unordered_map>

#include "template/evaluation.h"
#include "template/value.h"

namespace weir::tmpl {

using Method = Value (*)(Evaluation& evaluation, const Value& self, const Arguments& arguments);
using MethodTable = std::unordered_map<std::string_view, Method>;

// nullptr if values of this kind have no such method. Objects have none here.
Method find_method(const Value& self, std::string_view name);
// Attributes that are no methods: a named tuple's fields, the parts of numbers.
std::optional<Value> find_attribute(const Value& self, std::string_view name);

// object.name without the fallback to an item; the sandbox's rule for underscores is the caller's.
std::optional<Value> own_attribute(Evaluation& evaluation, const Value& object, std::string_view name);

const MethodTable& text_methods();
const MethodTable& text_query_methods();  // those that answer true, false, a number or parts
const MethodTable& list_methods();
const MethodTable& dict_methods();
const MethodTable& set_methods();
const MethodTable& tuple_methods();
const MethodTable& number_methods();

// dict(source, **named) into `target`: source is None, a mapping or an iterable of pairs.
void update_dict(Evaluation& evaluation, Dict& target, const Value* source, const Arguments& named);

// A list sorted in place as Python's sorted(key=..., reverse=...) does; equal items keep their order.
void sort_values(Evaluation& evaluation, std::vector<Value>& items, const std::vector<Value>* keys, bool reverse);

}  // namespace weir::tmpl
