#include "template/operators.h"

#include <algorithm>

#include "template/cells.h"
#include "template/compare.h"
#include "template/failure.h"
#include "template/format.h"
#include "template/html.h"
#include "template/unicode.h"

namespace weir::tmpl {

namespace {

[[noreturn]] void unsupported(BinaryOp op, const Value& a, const Value& b) {
  std::string sign(symbol_of(op));
  if (op == BinaryOp::power) sign = "** or pow()";
  type_error("unsupported operand type(s) for " + sign + ": '" + a.type_name() + "' and '" + b.type_name() + "'");
}

bool is_sequence(const Value& value) { return value.is_string() || value.is_list() || value.is_tuple(); }

Value joined(Evaluation& evaluation, const std::vector<Value>& a, const std::vector<Value>& b, bool list) {
  evaluation.charge_bytes((a.size() + b.size()) * sizeof(Value));
  std::vector<Value> items(a);
  items.insert(items.end(), b.begin(), b.end());
  return list ? Value::list(std::move(items)) : Value::tuple(std::move(items));
}

Value add(Evaluation& evaluation, const Value& a, const Value& b) {
  if (a.is_string() && b.is_string()) return concat_text(evaluation, a, b);
  if ((a.is_list() && b.is_list()) || (a.is_tuple() && b.is_tuple()))
    return joined(evaluation, a.items(), b.items(), a.is_list());
  if (is_sequence(a)) {
    std::string kind = a.is_string() ? "str" : a.type_name();
    type_error("can only concatenate " + kind + " (not \"" + b.type_name() + "\") to " + kind);
  }
  unsupported(BinaryOp::add, a, b);
}

Value repeat(Evaluation& evaluation, const Value& sequence, const Value& times) {
  if (!times.is_int() && !times.is_bool())
    type_error("can't multiply sequence by non-int of type '" + times.type_name() + "'");
  size_t unit = sequence.is_string() ? sequence.as_string().size() : sequence.items().size();
  int64_t wanted = times.is_small_int() || times.is_bool() ? times.as_int() : times.as_big().negative() ? 0 : INT64_MAX;
  auto count = static_cast<size_t>(std::max<int64_t>(wanted, 0));
  if (unit == 0) count = 0;
  if (count > evaluation.limits().output_bytes) limit_error("a sequence repeated " + std::to_string(count) + " times");
  evaluation.charge_bytes(unit * count * (sequence.is_string() ? 1 : sizeof(Value)));
  if (sequence.is_string()) {
    std::string text;
    text.reserve(unit * count);
    for (size_t i = 0; i < count; ++i) text += sequence.as_string();
    return text_like(sequence, std::move(text));
  }
  std::vector<Value> items;
  items.reserve(unit * count);
  for (size_t i = 0; i < count; ++i) items.insert(items.end(), sequence.items().begin(), sequence.items().end());
  return sequence.is_list() ? Value::list(std::move(items)) : Value::tuple(std::move(items));
}

Value difference(const Dict& a, const Dict& b) {
  std::vector<Value> items;
  for (const auto& entry : a.entries())
    if (!b.find(entry.key)) items.push_back(entry.key);
  return Value::set(std::move(items));
}

}  // namespace

std::string_view symbol_of(BinaryOp op) {
  static constexpr std::string_view kSymbols[] = {"+", "-", "*", "/", "//", "%", "**"};
  return kSymbols[static_cast<size_t>(op)];
}

Value text_like(const Value& like, std::string text) {
  return like.is_markup() ? Value::markup(std::move(text)) : Value(std::move(text));
}

Value escape_value(const Value& value) {
  if (value.is_markup()) return value;
  if (value.is_undefined() && Raw::undefined(value).mode == UndefinedMode::chainable) return Value::markup("");
  return Value::markup(escape_html(value.str()));
}

Value concat_text(Evaluation& evaluation, const Value& a, const Value& b) {
  evaluation.charge_bytes(a.as_string().size() + b.as_string().size());
  if (a.is_markup() || b.is_markup()) return Value::markup(escape_value(a).as_string() + escape_value(b).as_string());
  return Value(a.as_string() + b.as_string());
}

Value binary(Evaluation& evaluation, BinaryOp op, const Value& a, const Value& b) {
  if (a.is_number() && b.is_number()) return number_binary(op, a, b);
  if (op == BinaryOp::modulo && a.is_string()) return format_percent(evaluation, a, b);
  if (a.is_undefined()) throw_undefined(a);
  if (b.is_undefined()) throw_undefined(b);
  if (a.is_object())
    if (auto result = a.as_object()->binary(evaluation, op, b, false)) return *result;
  if (b.is_object())
    if (auto result = b.as_object()->binary(evaluation, op, a, true)) return *result;
  switch (op) {
    case BinaryOp::add:
      return add(evaluation, a, b);
    case BinaryOp::multiply:
      if (is_sequence(a)) return repeat(evaluation, a, b);
      if (is_sequence(b)) return repeat(evaluation, b, a);
      break;
    case BinaryOp::subtract:
      if (a.is_set() && b.is_set()) return difference(a.as_set(), b.as_set());
      break;
    default:
      break;
  }
  unsupported(op, a, b);
}

Value negative(const Value& value) {
  if (value.is_undefined()) throw_undefined(value);
  if (value.is_real()) return -value.as_real();
  if (!value.is_number()) type_error("bad operand type for unary -: '" + value.type_name() + "'");
  return Value(-value.as_big());
}

Value positive(const Value& value) {
  if (value.is_undefined()) throw_undefined(value);
  if (!value.is_number()) type_error("bad operand type for unary +: '" + value.type_name() + "'");
  return value.is_bool() ? Value(value.as_int()) : value;
}

std::optional<size_t> index_of(int64_t index, size_t size) {
  if (index < 0) index += static_cast<int64_t>(size);
  if (index < 0 || index >= static_cast<int64_t>(size)) return std::nullopt;
  return static_cast<size_t>(index);
}

std::optional<Value> subscript(Evaluation& evaluation, const Value& value, const Value& key) {
  if (value.is_dict()) {
    if (!hashable(key)) return std::nullopt;
    const Value* found = value.as_dict().find(key);
    return found ? std::optional<Value>(*found) : std::nullopt;
  }
  if (value.is_object()) return value.as_object()->get_item(evaluation, key);
  if (!is_sequence(value) || !(key.is_small_int() || key.is_bool())) return std::nullopt;
  if (!value.is_string()) {
    auto index = index_of(key.as_int(), value.items().size());
    return index ? std::optional<Value>(value.items()[*index]) : std::nullopt;
  }
  const std::string& text = value.as_string();
  bool ascii = Raw::string(value).ascii();
  auto index = index_of(key.as_int(), ascii ? text.size() : count_chars(text));
  if (!index) return std::nullopt;
  size_t start = ascii ? *index : char_offset(text, *index), end = start;
  next_char(text, end);
  return text_like(value, text.substr(start, end - start));
}

SliceRange resolve_slice(size_t size, const Value& start, const Value& stop, const Value& step) {
  auto number = [](const Value& part, int64_t absent) {
    if (part.is_none()) return absent;
    if (part.is_int() && !part.is_small_int()) return part.as_big().negative() ? INT64_MIN / 2 : INT64_MAX / 2;
    if (!part.is_int() && !part.is_bool())
      type_error("slice indices must be integers or None or have an __index__ method");
    return std::clamp(part.as_int(), INT64_MIN / 2, INT64_MAX / 2);
  };
  auto length = static_cast<int64_t>(size);
  int64_t by = number(step, 1);
  if (by == 0) value_error("slice step cannot be zero");
  int64_t low = by > 0 ? 0 : -1, high = by > 0 ? length : length - 1;
  auto bound = [&](const Value& part, int64_t absent) {
    if (part.is_none()) return absent;
    int64_t at = number(part, absent);
    return std::clamp(at < 0 ? at + length : at, low, high);
  };
  int64_t from = bound(start, by > 0 ? low : high), to = bound(stop, by > 0 ? high : low);
  int64_t count = by > 0 ? (to - from + by - 1) / by : (from - to - by - 1) / -by;
  return {from, to, by, static_cast<size_t>(std::max<int64_t>(count, 0))};
}

Value slice(Evaluation& evaluation, const Value& value, const Value& start, const Value& stop, const Value& step) {
  if (value.is_undefined()) {
    if (Raw::undefined(value).mode == UndefinedMode::chainable) return value;
    throw_undefined(value);
  }
  if (value.is_dict()) type_error("unhashable type: 'slice'");
  Object* object = value.as_object();
  if (object)
    if (auto part = object->slice(evaluation, start, stop, step)) return *part;
  if (!is_sequence(value)) type_error("'" + value.type_name() + "' object is not subscriptable");
  if (value.is_string()) {
    const std::string& text = value.as_string();
    bool ascii = Raw::string(value).ascii();
    std::vector<char32_t> chars = ascii ? std::vector<char32_t>() : to_chars(text);
    SliceRange range = resolve_slice(ascii ? text.size() : chars.size(), start, stop, step);
    evaluation.charge_bytes(range.count);
    std::string out;
    for (size_t i = 0; i < range.count; ++i) {
      auto at = static_cast<size_t>(range.start + static_cast<int64_t>(i) * range.step);
      if (ascii)
        out.push_back(text[at]);
      else
        append_char(out, chars[at]);
    }
    return text_like(value, std::move(out));
  }
  SliceRange range = resolve_slice(value.items().size(), start, stop, step);
  evaluation.charge_bytes(range.count * sizeof(Value));
  std::vector<Value> items;
  items.reserve(range.count);
  for (size_t i = 0; i < range.count; ++i)
    items.push_back(value.items()[static_cast<size_t>(range.start + static_cast<int64_t>(i) * range.step)]);
  return value.is_list() ? Value::list(std::move(items)) : Value::tuple(std::move(items));
}

}  // namespace weir::tmpl
