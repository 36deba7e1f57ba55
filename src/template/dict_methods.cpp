// The methods of dict and set.
#include "template/cells.h"
#include "template/failure.h"
#include "template/methods.h"
#include "template/operators.h"
#include "template/views.h"

namespace weir::tmpl {

namespace {

Dict& own(const Value& self) { return Value(self).as_dict(); }

Value view(Evaluation& evaluation, const Value& self, const Arguments& arguments, DictView::Part part) {
  Binder("dict view", arguments, {}, 0);
  return Value::object(make<DictView>(evaluation, self, part));
}

Value keys(Evaluation& e, const Value& self, const Arguments& a) { return view(e, self, a, DictView::Part::keys); }
Value values(Evaluation& e, const Value& self, const Arguments& a) { return view(e, self, a, DictView::Part::values); }
Value items(Evaluation& e, const Value& self, const Arguments& a) { return view(e, self, a, DictView::Part::items); }

Value get(Evaluation&, const Value& self, const Arguments& arguments) {
  Binder bind("get", arguments, {"key", "default"}, 1);
  const Value* found = self.as_dict().find(bind[0]);
  return found ? *found : bind[1];
}

Value dict_pop(Evaluation&, const Value& self, const Arguments& arguments) {
  Binder bind("pop", arguments, {"key", "default"}, 1);
  Dict& dict = own(self);
  const Value* found = dict.find(bind[0]);
  if (!found) {
    if (!bind.given(1)) value_error("no such key: " + bind[0].repr());
    return bind[1];
  }
  Value value = *found;
  dict.erase(bind[0]);
  return value;
}

Value pop_item(Evaluation&, const Value& self, const Arguments& arguments) {
  Binder("popitem", arguments, {}, 0);
  Dict& dict = own(self);
  if (dict.empty()) value_error("popitem(): dictionary is empty");
  Dict::Entry last = dict.entries().back();
  dict.erase(last.key);
  return Value::tuple({last.key, last.value});
}

Value set_default(Evaluation& evaluation, const Value& self, const Arguments& arguments) {
  Binder bind("setdefault", arguments, {"key", "default"}, 1);
  Dict& dict = own(self);
  if (const Value* found = dict.find(bind[0])) return *found;
  evaluation.charge_bytes(sizeof(Dict::Entry));
  dict.set(bind[0], bind[1]);
  evaluation.note_stored(self, bind[1]);
  return bind[1];
}

Value update(Evaluation& evaluation, const Value& self, const Arguments& arguments) {
  if (arguments.positional.size() > 1)
    call_error("update expected at most 1 argument, got " + std::to_string(arguments.positional.size()));
  const Value* source = arguments.positional.empty() ? nullptr : &arguments.positional[0];
  Dict more;
  update_dict(evaluation, more, source, arguments);
  Dict& dict = own(self);
  for (const auto& entry : more.entries()) {
    dict.set(entry.key, entry.value);
    evaluation.note_stored(self, entry.value);
  }
  return {};
}

Value dict_copy(Evaluation& evaluation, const Value& self, const Arguments& arguments) {
  Binder("copy", arguments, {}, 0);
  evaluation.charge_bytes(self.as_dict().size() * sizeof(Dict::Entry));
  return Value::dict(self.as_dict());
}

Value dict_clear(Evaluation&, const Value& self, const Arguments& arguments) {
  Binder("clear", arguments, {}, 0);
  own(self).clear();
  return {};
}

Value from_keys(Evaluation& evaluation, const Value&, const Arguments& arguments) {
  Binder bind("fromkeys", arguments, {"iterable", "value"}, 1);
  Dict dict;
  for (const Value& key : evaluation.to_vector(bind[0])) dict.set(key, bind[1]);
  return Value::dict(std::move(dict));
}

// --- set ---

Dict& own_set(const Value& self) {
  SetCell& cell = Raw::set(self);
  if (cell.frozen) forbidden_error("this value is shared and cannot be changed; change a copy of it");
  return cell.dict;
}

Dict set_of(Evaluation& evaluation, const Value& iterable) {
  Dict dict;
  for (Value& item : evaluation.to_vector(iterable))
    if (!dict.find(item)) dict.set(std::move(item), Value());
  return dict;
}

Value make_set(Dict dict) { return Raw::adopt(Raw::Tag::set, new SetCell(std::move(dict))); }

Value add(Evaluation& evaluation, const Value& self, const Arguments& arguments) {
  Binder bind("add", arguments, {"elem"}, 1);
  evaluation.charge_bytes(sizeof(Dict::Entry));
  if (!own_set(self).find(bind[0])) own_set(self).set(bind[0], Value());
  return {};
}

Value discard(Evaluation&, const Value& self, const Arguments& arguments) {
  Binder bind("discard", arguments, {"elem"}, 1);
  own_set(self).erase(bind[0]);
  return {};
}

Value remove_element(Evaluation&, const Value& self, const Arguments& arguments) {
  Binder bind("remove", arguments, {"elem"}, 1);
  if (!own_set(self).erase(bind[0])) value_error("no such key: " + bind[0].repr());
  return {};
}

Value pop_any(Evaluation&, const Value& self, const Arguments& arguments) {
  Binder("pop", arguments, {}, 0);
  Dict& dict = own_set(self);
  if (dict.empty()) value_error("pop from an empty set");
  Value item = dict.entries().front().key;
  dict.erase(item);
  return item;
}

Value clear_set(Evaluation&, const Value& self, const Arguments&) {
  own_set(self).clear();
  return {};
}

Value copy_set(Evaluation& evaluation, const Value& self, const Arguments&) {
  evaluation.charge_bytes(self.as_set().size() * sizeof(Dict::Entry));
  return make_set(self.as_set());
}

Dict united(Evaluation& evaluation, const Value& self, const Arguments& arguments) {
  Dict all = self.as_set();
  for (const Value& other : arguments.positional)
    for (Value& item : evaluation.to_vector(other))
      if (!all.find(item)) all.set(std::move(item), Value());
  evaluation.charge_bytes(all.size() * sizeof(Dict::Entry));
  return all;
}

Dict filtered(Evaluation& evaluation, const Value& self, const Arguments& arguments, bool keep_common) {
  Dict left = self.as_set();
  for (const Value& other : arguments.positional) {
    Dict right = set_of(evaluation, other), kept;
    for (const auto& entry : left.entries())
      if ((right.find(entry.key) != nullptr) == keep_common) kept.set(entry.key, Value());
    left = std::move(kept);
  }
  return left;
}

Value unite(Evaluation& e, const Value& self, const Arguments& a) { return make_set(united(e, self, a)); }
Value intersect(Evaluation& e, const Value& self, const Arguments& a) { return make_set(filtered(e, self, a, true)); }
Value subtract(Evaluation& e, const Value& self, const Arguments& a) { return make_set(filtered(e, self, a, false)); }

Value symmetric(Evaluation& evaluation, const Value& self, const Arguments& arguments) {
  Binder bind("symmetric_difference", arguments, {"other"}, 1);
  Dict left = self.as_set(), right = set_of(evaluation, bind[0]), result;
  for (const auto& entry : left.entries())
    if (!right.find(entry.key)) result.set(entry.key, Value());
  for (const auto& entry : right.entries())
    if (!left.find(entry.key)) result.set(entry.key, Value());
  return make_set(std::move(result));
}

Value update_set(Evaluation& evaluation, const Value& self, const Arguments& arguments) {
  own_set(self) = united(evaluation, self, arguments);
  return {};
}

Value keep_common(Evaluation& evaluation, const Value& self, const Arguments& arguments) {
  own_set(self) = filtered(evaluation, self, arguments, true);
  return {};
}

Value drop_common(Evaluation& evaluation, const Value& self, const Arguments& arguments) {
  own_set(self) = filtered(evaluation, self, arguments, false);
  return {};
}

bool contains_all(const Dict& large, const Dict& small) {
  for (const auto& entry : small.entries())
    if (!large.find(entry.key)) return false;
  return true;
}

Value is_subset(Evaluation& evaluation, const Value& self, const Arguments& arguments) {
  Binder bind("issubset", arguments, {"other"}, 1);
  return contains_all(set_of(evaluation, bind[0]), self.as_set());
}

Value is_superset(Evaluation& evaluation, const Value& self, const Arguments& arguments) {
  Binder bind("issuperset", arguments, {"other"}, 1);
  return contains_all(self.as_set(), set_of(evaluation, bind[0]));
}

Value is_disjoint(Evaluation& evaluation, const Value& self, const Arguments& arguments) {
  Binder bind("isdisjoint", arguments, {"other"}, 1);
  Arguments other{{bind[0]}, {}};
  return filtered(evaluation, self, other, true).empty();
}

}  // namespace

void update_dict(Evaluation& evaluation, Dict& target, const Value* source, const Arguments& named) {
  if (source && source->is_dict()) {
    for (const auto& entry : source->as_dict().entries()) target.set(entry.key, entry.value);
  } else if (source && source->is_object() && source->as_object()->is_mapping()) {
    for (const Value& key : evaluation.to_vector(*source)) target.set(key, evaluation.get_item(*source, key));
  } else if (source) {
    size_t index = 0;
    Value pair;
    for (auto pairs = evaluation.iterate(*source); pairs->next(pair); ++index) {
      std::string where = "dictionary update sequence element #" + std::to_string(index);
      if (pair.is_number() || pair.is_none()) type_error("cannot convert " + where + " to a sequence");
      std::vector<Value> parts = evaluation.to_vector(pair);
      if (parts.size() != 2) value_error(where + " has length " + std::to_string(parts.size()) + "; 2 is required");
      target.set(parts[0], parts[1]);
    }
  }
  for (const auto& [key, value] : named.named) target.set(Value(key), value);
  evaluation.charge_bytes(target.size() * sizeof(Dict::Entry));
}

const MethodTable& dict_methods() {
  static const MethodTable table = {
      {"keys", keys},
      {"values", values},
      {"items", items},
      {"get", get},
      {"pop", dict_pop},
      {"popitem", pop_item},
      {"setdefault", set_default},
      {"update", update},
      {"copy", dict_copy},
      {"clear", dict_clear},
      {"fromkeys", from_keys},
  };
  return table;
}

const MethodTable& set_methods() {
  static const MethodTable table = {
      {"add", add},
      {"discard", discard},
      {"remove", remove_element},
      {"pop", pop_any},
      {"clear", clear_set},
      {"copy", copy_set},
      {"union", unite},
      {"intersection", intersect},
      {"difference", subtract},
      {"symmetric_difference", symmetric},
      {"update", update_set},
      {"intersection_update", keep_common},
      {"difference_update", drop_common},
      {"issubset", is_subset},
      {"issuperset", is_superset},
      {"isdisjoint", is_disjoint},
  };
  return table;
}

}  // namespace weir::tmpl
