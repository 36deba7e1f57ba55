// The methods of list, tuple and the numbers; lookup of methods.
#include <algorithm>
#include <cmath>

#include "template/cells.h"
#include "template/compare.h"
#include "template/failure.h"
#include "template/methods.h"
#include "template/operators.h"

namespace weir::tmpl {

namespace {

std::vector<Value>& own_items(const Value& self) { return Value(self).list_items(); }

bool equal_item(const Value& a, const Value& b) { return a.same(b) || a.equals(b); }

Value append(Evaluation& evaluation, const Value& self, const Arguments& arguments) {
  Binder bind("append", arguments, {"object"}, 1);
  evaluation.charge_bytes(sizeof(Value));
  own_items(self).push_back(bind[0]);
  evaluation.note_stored(self, bind[0]);
  return {};
}

Value extend(Evaluation& evaluation, const Value& self, const Arguments& arguments) {
  Binder bind("extend", arguments, {"iterable"}, 1);
  own_items(self);  // refuses a frozen list before anything is read
  std::vector<Value> more = evaluation.to_vector(bind[0]);
  evaluation.charge_bytes(more.size() * sizeof(Value));
  for (Value& item : more) {
    evaluation.note_stored(self, item);
    own_items(self).push_back(std::move(item));
  }
  return {};
}

Value insert(Evaluation& evaluation, const Value& self, const Arguments& arguments) {
  Binder bind("insert", arguments, {"index", "object"}, 2);
  std::vector<Value>& items = own_items(self);
  int64_t at = bind[0].as_int(), size = static_cast<int64_t>(items.size());
  if (at < 0) at = std::max<int64_t>(at + size, 0);
  evaluation.charge_bytes(sizeof(Value));
  items.insert(items.begin() + std::min(at, size), bind[1]);
  evaluation.note_stored(self, bind[1]);
  return {};
}

Value pop(Evaluation&, const Value& self, const Arguments& arguments) {
  Binder bind("pop", arguments, {"index"}, 0);
  std::vector<Value>& items = own_items(self);
  if (items.empty()) value_error("pop from empty list");
  auto at = index_of(bind.given(0) ? bind[0].as_int() : -1, items.size());
  if (!at) value_error("pop index out of range");
  Value item = std::move(items[*at]);
  items.erase(items.begin() + static_cast<std::ptrdiff_t>(*at));
  return item;
}

Value remove(Evaluation&, const Value& self, const Arguments& arguments) {
  Binder bind("remove", arguments, {"value"}, 1);
  std::vector<Value>& items = own_items(self);
  auto found = std::find_if(items.begin(), items.end(), [&](const Value& item) { return equal_item(item, bind[0]); });
  if (found == items.end()) value_error("list.remove(x): x not in list");
  items.erase(found);
  return {};
}

Value reverse(Evaluation&, const Value& self, const Arguments& arguments) {
  Binder("reverse", arguments, {}, 0);
  std::vector<Value>& items = own_items(self);
  std::reverse(items.begin(), items.end());
  return {};
}

Value clear(Evaluation&, const Value& self, const Arguments& arguments) {
  Binder("clear", arguments, {}, 0);
  own_items(self).clear();
  return {};
}

Value copy(Evaluation& evaluation, const Value& self, const Arguments& arguments) {
  Binder("copy", arguments, {}, 0);
  evaluation.charge_bytes(self.items().size() * sizeof(Value));
  return Value::list(self.items());
}

Value sort(Evaluation& evaluation, const Value& self, const Arguments& arguments) {
  if (!arguments.positional.empty()) call_error("sort() takes no positional arguments");
  Binder bind("sort", arguments, {"key", "reverse"}, 0);
  std::vector<Value> items = own_items(self), keys;
  if (!bind[0].is_none())
    for (const Value& item : items) keys.push_back(evaluation.call(bind[0], Arguments{{item}, {}}));
  sort_values(evaluation, items, bind[0].is_none() ? nullptr : &keys, bind[1].truth());
  own_items(self) = std::move(items);
  return {};
}

Value count(Evaluation&, const Value& self, const Arguments& arguments) {
  Binder bind("count", arguments, {"value"}, 1);
  const auto& items = self.items();
  return static_cast<int64_t>(
      std::count_if(items.begin(), items.end(), [&](const Value& item) { return equal_item(item, bind[0]); }));
}

Value index(Evaluation&, const Value& self, const Arguments& arguments) {
  Binder bind("index", arguments, {"value", "start", "stop"}, 1);
  const auto& items = self.items();
  SliceRange range = resolve_slice(items.size(), bind[1], bind[2], Value());
  for (size_t i = 0; i < range.count; ++i) {
    auto at = static_cast<size_t>(range.start) + i;
    if (equal_item(items[at], bind[0])) return at;
  }
  value_error(self.is_list() ? bind[0].repr() + " is not in list" : "tuple.index(x): x not in tuple");
}

Value bit_length(Evaluation&, const Value& self, const Arguments&) {
  if (self.is_real()) type_error("'float' object has no attribute 'bit_length'");
  return self.as_big().bits();
}

Value is_integer(Evaluation&, const Value& self, const Arguments&) {
  return self.is_real() && std::isfinite(self.as_real()) && std::trunc(self.as_real()) == self.as_real();
}

Value conjugate(Evaluation&, const Value& self, const Arguments&) { return positive(self); }

}  // namespace

const MethodTable& list_methods() {
  static const MethodTable table = {
      {"append", append}, {"extend", extend},   {"insert", insert}, {"pop", pop},
      {"remove", remove}, {"reverse", reverse}, {"clear", clear},   {"copy", copy},
      {"sort", sort},     {"count", count},     {"index", index},
  };
  return table;
}

const MethodTable& tuple_methods() {
  static const MethodTable table = {{"count", count}, {"index", index}};
  return table;
}

const MethodTable& number_methods() {
  static const MethodTable table = {{"bit_length", bit_length}, {"is_integer", is_integer}, {"conjugate", conjugate}};
  return table;
}

Method find_method(const Value& self, std::string_view name) {
  auto in = [&](const MethodTable& table) {
    auto found = table.find(name);
    return found == table.end() ? nullptr : found->second;
  };
  switch (self.kind()) {
    case Kind::string:
      if (Method method = in(text_methods())) return method;
      return in(text_query_methods());
    case Kind::list:
      return in(list_methods());
    case Kind::dict:
      return in(dict_methods());
    case Kind::tuple:
      return in(tuple_methods());
    case Kind::set:
      return in(set_methods());
    case Kind::boolean:
    case Kind::integer:
      return name == "is_integer" ? nullptr : in(number_methods());
    case Kind::real:
      return name == "bit_length" ? nullptr : in(number_methods());
    default:
      return nullptr;
  }
}

std::optional<Value> find_attribute(const Value& self, std::string_view name) {
  if (self.is_tuple()) {
    const TupleCell& cell = Raw::tuple(self);
    for (size_t i = 0; i < cell.names.size(); ++i)
      if (cell.names[i] == name) return cell.items[i];
  }
  if (!self.is_number()) return std::nullopt;
  if (name == "real") return positive(self);
  if (name == "imag") return self.is_real() ? Value(0.0) : Value(0);
  if (!self.is_real() && name == "numerator") return positive(self);
  if (!self.is_real() && name == "denominator") return Value(1);
  return std::nullopt;
}

void sort_values(Evaluation& evaluation, std::vector<Value>& items, const std::vector<Value>* keys, bool reverse) {
  std::vector<size_t> order(items.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  // Reversing before and after keeps equal items in their order.
  if (reverse) std::reverse(order.begin(), order.end());
  const std::vector<Value>& by = keys ? *keys : items;
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    evaluation.charge_step();
    return ordered(Order::less, by[a], by[b]);
  });
  if (reverse) std::reverse(order.begin(), order.end());
  std::vector<Value> sorted;
  sorted.reserve(items.size());
  for (size_t i : order) sorted.push_back(items[i]);
  items = std::move(sorted);
}

}  // namespace weir::tmpl
