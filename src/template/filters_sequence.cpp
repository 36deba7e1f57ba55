// Filters about lists and other iterables as wholes.
#include <algorithm>
#include <random>

#include "template/builtins.h"
#include "template/cells.h"
#include "template/compare.h"
#include "template/failure.h"
#include "template/interpreter.h"
#include "template/methods.h"
#include "template/operators.h"
#include "template/unicode.h"
#include "template/views.h"

namespace weir::tmpl {

namespace {

Value undefined(Evaluation& evaluation, const char* message) {
  return Value::undefined(message, evaluation.environment().options().undefined);
}

Value length(Evaluation& evaluation, const Arguments& arguments) {
  return evaluation.length(Binder("length", arguments, {"obj"}, 1)[0]);
}

Value list(Evaluation& evaluation, const Arguments& arguments) {
  Binder bind("list", arguments, {"value"}, 1);
  std::vector<Value> items = evaluation.to_vector(bind[0]);
  evaluation.charge_bytes(items.size() * sizeof(Value));
  return Value::list(std::move(items));
}

Value first(Evaluation& evaluation, const Arguments& arguments) {
  Value item;
  auto items = evaluation.iterate(Binder("first", arguments, {"seq"}, 1)[0]);
  return items->next(item) ? item : undefined(evaluation, "No first item, sequence was empty.");
}

bool can_reverse(const Value& value) {
  if (value.is_object()) return value.as_object()->is_sequence() || value.as<DictView>() != nullptr;
  return value.is_string() || value.is_list() || value.is_tuple() || value.is_dict() || value.is_undefined();
}

Value last(Evaluation& evaluation, const Arguments& arguments) {
  Binder bind("last", arguments, {"seq"}, 1);
  if (!can_reverse(bind[0])) type_error("'" + bind[0].type_name() + "' object is not reversible");
  std::vector<Value> items = evaluation.to_vector(bind[0]);
  return items.empty() ? undefined(evaluation, "No last item, sequence was empty.") : items.back();
}

Value random(Evaluation& evaluation, const Arguments& arguments) {
  Binder bind("random", arguments, {"seq"}, 1);
  size_t size = evaluation.length(bind[0]);
  if (size == 0) return undefined(evaluation, "No random item, sequence was empty.");
  std::uniform_int_distribution<size_t> index(0, size - 1);
  auto& random = evaluation.state().random;
  if (!random) random.emplace(std::random_device{}());
  auto item = subscript(evaluation, bind[0], index(*random));
  if (!item) value_error("a random item can only be taken from a sequence, not from " + bind[0].type_name());
  return *item;
}

Value reverse(Evaluation& evaluation, const Arguments& arguments) {
  Binder bind("reverse", arguments, {"value"}, 1);
  const Value& value = bind[0];
  if (value.is_string()) return slice(evaluation, value, Value(), Value(), -1);
  std::vector<Value> items = evaluation.to_vector(value);
  if (!can_reverse(value)) {
    std::reverse(items.begin(), items.end());
    return Value::list(std::move(items));
  }
  size_t left = items.size();
  auto back = iteration_of(std::move(items), [left](std::vector<Value>& held, Value& out) mutable {
    if (left == 0) return false;
    out = held[--left];
    return true;
  });
  return generator(evaluation, std::move(back), value.is_list() ? "list_reverseiterator" : "reversed");
}

// Under {% autoescape %}: Markup among the parts makes the whole Markup.
Value join_escaped(Evaluation& evaluation, const Value& iterable, const Value& separator, const AttributePath& path) {
  std::vector<Value> items = evaluation.to_vector(iterable);
  bool markup = separator.is_markup();
  for (Value& item : items) {
    item = soft_text(path.of(evaluation, item));
    markup = markup || item.is_markup();
  }
  Value glue = markup ? escape_value(separator) : soft_text(separator);
  return evaluation.call_method(glue, "join", Arguments{{Value::list(std::move(items))}, {}});
}

Value join(Evaluation& evaluation, const Arguments& arguments) {
  Binder bind("join", arguments, {"value", "d", "attribute"}, 1);
  std::string separator = bind.given(1) ? bind[1].str() : "", out;
  AttributePath path(bind[2]);
  if (evaluation.escapes()) return join_escaped(evaluation, bind[0], bind.or_default(1, ""), path);
  bool is_first = true;
  Value item;
  for (auto items = evaluation.iterate(bind[0]); items->next(item);) {
    evaluation.charge_step();
    if (!std::exchange(is_first, false)) out += separator;
    (bind[2].is_none() ? item : path.of(evaluation, item)).append_str(out);
    if (out.size() > evaluation.limits().output_bytes) evaluation.charge_bytes(out.size());
  }
  evaluation.charge_bytes(out.size());
  return out;
}

Value sum(Evaluation& evaluation, const Arguments& arguments) {
  Binder bind("sum", arguments, {"iterable", "attribute", "start"}, 1);
  Value total = bind.or_default(2, 0);
  if (total.is_string()) type_error("sum() can't sum strings [use ''.join(seq) instead]");
  AttributePath path(bind[1]);
  Value item;
  for (auto items = evaluation.iterate(bind[0]); items->next(item);) {
    evaluation.charge_step();
    total = binary(evaluation, BinaryOp::add, total, bind[1].is_none() ? item : path.of(evaluation, item));
  }
  return total;
}

Value extreme(Evaluation& evaluation, const Arguments& arguments, bool largest) {
  Binder bind(largest ? "max" : "min", arguments, {"value", "case_sensitive", "attribute"}, 1);
  bool case_sensitive = bind[1].truth();
  AttributePath path(bind[2]);
  auto key_of = [&](const Value& item) { return fold_case(path.of(evaluation, item), case_sensitive); };
  Value best, item;
  auto items = evaluation.iterate(bind[0]);
  if (!items->next(best)) return undefined(evaluation, "No aggregated item, sequence was empty.");
  Value best_key = key_of(best);
  while (items->next(item)) {
    evaluation.charge_step();
    Value key = key_of(item);
    if (!ordered(largest ? Order::greater : Order::less, key, best_key)) continue;
    best = item;
    best_key = key;
  }
  return best;
}

Value min(Evaluation& evaluation, const Arguments& arguments) { return extreme(evaluation, arguments, false); }
Value max(Evaluation& evaluation, const Arguments& arguments) { return extreme(evaluation, arguments, true); }

std::vector<AttributePath> paths_of(const Value& attribute) {
  std::vector<AttributePath> paths;
  if (!attribute.is_string()) {
    paths.emplace_back(attribute);
    return paths;
  }
  std::string_view rest = attribute.as_string();
  for (;;) {
    size_t comma = rest.find(',');
    paths.emplace_back(Value(rest.substr(0, comma)));
    if (comma == std::string_view::npos) return paths;
    rest.remove_prefix(comma + 1);
  }
}

Value sort(Evaluation& evaluation, const Arguments& arguments) {
  Binder bind("sort", arguments, {"value", "reverse", "case_sensitive", "attribute"}, 1);
  std::vector<Value> items = evaluation.to_vector(bind[0]), keys;
  evaluation.charge_bytes(items.size() * sizeof(Value));
  bool case_sensitive = bind[2].truth();
  std::vector<AttributePath> paths = paths_of(bind[3]);
  for (const Value& item : items) {
    std::vector<Value> key;
    for (const AttributePath& path : paths) key.push_back(fold_case(path.of(evaluation, item), case_sensitive));
    keys.push_back(Value::list(std::move(key)));
  }
  sort_values(evaluation, items, &keys, bind[1].truth());
  return Value::list(std::move(items));
}

Value dict_sort(Evaluation& evaluation, const Arguments& arguments) {
  Binder bind("dictsort", arguments, {"value", "case_sensitive", "by", "reverse"}, 1);
  std::string by = bind.given(2) ? bind[2].str() : "key";
  if (by != "key" && by != "value") call_error("You can only sort by either \"key\" or \"value\"");
  if (bind[0].is_undefined()) throw_undefined(bind[0]);
  if (!bind[0].is_dict()) type_error(in_quotes(bind[0].type_name()) + " object has no attribute 'items'");
  std::vector<Value> items, keys;
  for (const auto& entry : bind[0].as_dict().entries()) {
    items.push_back(Value::tuple({entry.key, entry.value}));
    keys.push_back(fold_case(by == "key" ? entry.key : entry.value, bind[1].truth()));
  }
  sort_values(evaluation, items, &keys, bind[3].truth());
  return Value::list(std::move(items));
}

Value group_by(Evaluation& evaluation, const Arguments& arguments) {
  Binder bind("groupby", arguments, {"value", "attribute", "default", "case_sensitive"}, 2);
  AttributePath path(bind[1]);
  const Value* fallback = bind[2].is_none() ? nullptr : &bind[2];
  bool case_sensitive = bind[3].truth();
  auto key_of = [&](const Value& item) { return fold_case(path.of(evaluation, item, fallback), case_sensitive); };
  std::vector<Value> items = evaluation.to_vector(bind[0]), keys, groups;
  for (const Value& item : items) keys.push_back(key_of(item));
  sort_values(evaluation, items, &keys, false);
  for (size_t at = 0; at < items.size();) {
    Value key = key_of(items[at]);
    std::vector<Value> members{items[at++]};  // not compared: its key need not even equal itself (nan)
    for (; at < items.size() && key_of(items[at]).equals(key); ++at) members.push_back(items[at]);
    Value shown = case_sensitive ? key : path.of(evaluation, members[0], fallback);
    auto* group = new TupleCell({shown, Value::list(std::move(members))});
    group->names = {"grouper", "list"};
    groups.push_back(Raw::adopt(Raw::Tag::tuple, group));
  }
  return Value::list(std::move(groups));
}

Value default_value(Evaluation&, const Arguments& arguments) {
  Binder bind("default", arguments, {"value", "default_value", "boolean"}, 1);
  bool replaced = bind[0].is_undefined() || (bind[2].truth() && !bind[0].truth());
  return replaced ? bind.or_default(1, "") : bind[0];
}

Value attr(Evaluation& evaluation, const Arguments& arguments) {
  Binder bind("attr", arguments, {"obj", "name"}, 2);
  if (bind[0].is_undefined()) return evaluation.get_attr(bind[0], bind[1].str());
  if (!bind[1].is_string()) type_error("attribute name must be string, not '" + bind[1].type_name() + "'");
  const std::string& name = bind[1].as_string();
  if (!name.empty() && name[0] == '_') return evaluation.get_attr(Value(), name);
  auto found = own_attribute(evaluation, bind[0], name);
  return found ? *found : evaluation.undefined_member(bind[0], bind[1]);
}

}  // namespace

Value fold_case(const Value& value, bool case_sensitive) {
  if (case_sensitive || !value.is_string()) return value;
  return text_like(value, to_lower(value.as_string()));
}

AttributePath::AttributePath(const Value& path) {
  if (path.is_none()) return;
  if (!path.is_string()) {
    parts_.push_back(path);
    return;
  }
  std::string_view rest = path.as_string();
  for (;;) {
    size_t dot = rest.find('.');
    std::string_view part = rest.substr(0, dot);
    bool digits = !part.empty() && part.find_first_not_of("0123456789") == std::string_view::npos;
    parts_.push_back(digits ? Value(*BigInt::parse(part, 10)) : Value(part));
    if (dot == std::string_view::npos) return;
    rest.remove_prefix(dot + 1);
  }
}

Value AttributePath::of(Evaluation& evaluation, Value item, const Value* fallback) const {
  for (const Value& part : parts_) {
    item = evaluation.get_item(item, part);
    if (fallback && item.is_undefined()) item = *fallback;
  }
  return item;
}

void add_sequence_filters(Environment& environment) {
  environment.add_filter("length", length);
  environment.add_filter("count", length);
  environment.add_filter("list", list);
  environment.add_filter("first", first);
  environment.add_filter("last", last);
  environment.add_filter("random", random);
  environment.add_filter("reverse", reverse);
  environment.add_filter("join", join);
  environment.add_filter("sum", sum);
  environment.add_filter("min", min);
  environment.add_filter("max", max);
  environment.add_filter("sort", sort);
  environment.add_filter("dictsort", dict_sort);
  environment.add_filter("groupby", group_by);
  environment.add_filter("default", default_value);
  environment.add_filter("d", default_value);
  environment.add_filter("attr", attr);
}

}  // namespace weir::tmpl
