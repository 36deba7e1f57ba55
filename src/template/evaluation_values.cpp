// Python's operations on any value, as an evaluation offers them.
#include "template/cells.h"
#include "template/failure.h"
#include "template/interpreter.h"
#include "template/methods.h"
#include "template/operators.h"
#include "template/unicode.h"
#include "template/views.h"

namespace weir::tmpl {

namespace {

// The sandbox hides what begins with an underscore; reading it is as if it were not there, using it says why.
Value hidden(const Value& object, std::string_view name, UndefinedMode mode) {
  std::string message =
      "access to attribute " + in_quotes(name) + " of " + in_quotes(object.type_name()) + " object is unsafe.";
  return Raw::adopt(Raw::Tag::undefined, new UndefinedCell(std::move(message), mode, true));
}

std::optional<Value> item_by_name(Evaluation& evaluation, const Value& object, std::string_view name) {
  if (object.is_dict()) {
    const Value* found = object.as_dict().find(name);
    return found ? std::optional<Value>(*found) : std::nullopt;
  }
  return object.is_object() ? object.as_object()->get_item(evaluation, name) : std::nullopt;
}

class ListIteration final : public Iteration {
 public:
  explicit ListIteration(Value list) : list_(std::move(list)) {}
  bool next(Value& out) override {
    const std::vector<Value>& items = list_.items();
    if (at_ >= items.size()) return false;
    out = items[at_++];
    return true;
  }

 private:
  Value list_;
  size_t at_ = 0;
};

class TextIteration final : public Iteration {
 public:
  explicit TextIteration(Value text) : text_(std::move(text)) {}
  bool next(Value& out) override {
    const std::string& text = text_.as_string();
    if (at_ >= text.size()) return false;
    size_t start = at_;
    next_char(text, at_);
    out = Value(text.substr(start, at_ - start));
    return true;
  }

 private:
  Value text_;
  size_t at_ = 0;
};

class KeyIteration final : public Iteration {
 public:
  explicit KeyIteration(Value dict) : dict_(std::move(dict)), size_(keys().size()) {}
  bool next(Value& out) override {
    if (keys().size() != size_)
      runtime_error(dict_.is_set() ? "Set changed size during iteration" : "dictionary changed size during iteration");
    if (at_ >= size_) return false;
    out = keys().entries()[at_++].key;
    return true;
  }

 private:
  const Dict& keys() const { return dict_.is_set() ? Raw::set(dict_).dict : Raw::dict(dict_).dict; }
  Value dict_;
  size_t at_ = 0, size_;
};

class EmptyIteration final : public Iteration {
 public:
  bool next(Value&) override { return false; }
};

}  // namespace

std::optional<Value> own_attribute(Evaluation& evaluation, const Value& object, std::string_view name) {
  if (Method method = find_method(object, name))
    return Value::object(make<BoundMethod>(evaluation, object, std::string(name), method));
  if (Object* native = object.as_object()) return native->get_attr(evaluation, name);
  return find_attribute(object, name);
}

Value Evaluation::get_attr(const Value& object, std::string_view name) {
  if (object.is_undefined()) {
    if (Raw::undefined(object).mode == UndefinedMode::chainable) return object;
    throw_undefined(object);
  }
  bool is_hidden = !name.empty() && name[0] == '_';
  if (!is_hidden)
    if (auto found = own_attribute(*this, object, name)) return *found;
  if (auto found = item_by_name(*this, object, name)) return *found;
  if (is_hidden && (name.starts_with("__") || own_attribute(*this, object, name)))
    return hidden(object, name, environment_.options().undefined);
  return undefined_member(object, name);
}

Value Evaluation::get_item(const Value& object, const Value& key) {
  if (object.is_undefined()) {
    if (Raw::undefined(object).mode == UndefinedMode::chainable) return object;
    throw_undefined(object);
  }
  if (auto found = subscript(*this, object, key)) return *found;
  if (key.is_string()) {
    const std::string& name = key.as_string();
    if (!name.empty() && name[0] == '_') {
      if (name.starts_with("__") || own_attribute(*this, object, name))
        return hidden(object, name, environment_.options().undefined);
    } else if (auto found = own_attribute(*this, object, name)) {
      return *found;
    }
  }
  return undefined_member(object, key);
}

Value Evaluation::call(const Value& callee, const Arguments& arguments) {
  if (callee.is_undefined()) {
    if (host_.undefined_is_callable()) return callee;
    throw_undefined(callee);
  }
  Object* object = callee.as_object();
  if (!object || !object->callable()) type_error("'" + callee.type_name() + "' object is not callable");
  return object->call(*this, arguments);
}

Value Evaluation::call_method(const Value& object, std::string_view name, const Arguments& arguments) {
  if (Object* native = object.as_object()) {
    if (name.empty() || name[0] != '_')
      if (auto result = native->call_method(*this, name, arguments)) return *result;
  } else if (!object.is_undefined()) {
    if (Method method = find_method(object, name)) return method(*this, object, arguments);
  }
  return call(get_attr(object, name), arguments);
}

Value Evaluation::filter(std::string_view name, const Arguments& arguments) {
  const Function* function = environment_.filter(name);
  if (!function) runtime_error("No filter named " + in_quotes(name) + ".");
  Value result = (*function)(*this, arguments);
  if (result.is_string()) charge_bytes(result.as_string().size());
  return result;
}

bool Evaluation::test(std::string_view name, const Arguments& arguments) {
  const Function* function = environment_.test(name);
  if (!function) runtime_error("No test named " + in_quotes(name) + ".");
  return (*function)(*this, arguments).truth();
}

std::unique_ptr<Iteration> Evaluation::iterate(const Value& iterable) {
  switch (iterable.kind()) {
    case Kind::list:
    case Kind::tuple:
      return std::make_unique<ListIteration>(iterable);
    case Kind::string:
      return std::make_unique<TextIteration>(iterable);
    case Kind::dict:
    case Kind::set:
      return std::make_unique<KeyIteration>(iterable);
    case Kind::undefined:
      check_not_strict(iterable);
      return std::make_unique<EmptyIteration>();
    case Kind::object:
      if (auto iteration = iterable.as_object()->iterate(*this)) return iteration;
      break;
    default:
      break;
  }
  type_error("'" + iterable.type_name() + "' object is not iterable");
}

std::vector<Value> Evaluation::to_vector(const Value& iterable) {
  if (iterable.is_list() || iterable.is_tuple()) return iterable.items();
  std::vector<Value> items;
  Value item;
  for (auto iteration = iterate(iterable); iteration->next(item);) {
    charge_step();
    charge_bytes(sizeof(Value));
    items.push_back(std::move(item));
  }
  return items;
}

size_t Evaluation::length(const Value& value) {
  switch (value.kind()) {
    case Kind::string:
      return Raw::string(value).ascii() ? value.as_string().size() : count_chars(value.as_string());
    case Kind::list:
    case Kind::tuple:
      return value.items().size();
    case Kind::dict:
      return value.as_dict().size();
    case Kind::set:
      return value.as_set().size();
    case Kind::undefined:
      check_not_strict(value);
      return 0;
    case Kind::object:
      if (auto size = value.as_object()->length()) return *size;
      break;
    default:
      break;
  }
  type_error("object of type '" + value.type_name() + "' has no len()");
}

bool Evaluation::contains(const Value& container, const Value& item) {
  switch (container.kind()) {
    case Kind::string:
      if (item.is_string()) return container.as_string().find(item.as_string()) != std::string::npos;
      type_error("'in <string>' requires string as left operand, not " + item.type_name());
    case Kind::dict:
      return container.as_dict().find(item) != nullptr;
    case Kind::set:
      return container.as_set().find(item) != nullptr;
    case Kind::object:
      if (auto found = container.as_object()->contains(*this, item)) return *found;
      break;
    case Kind::none:
    case Kind::boolean:
    case Kind::integer:
    case Kind::real:
      type_error("argument of type '" + container.type_name() + "' is not iterable");
    default:
      break;
  }
  Value other;
  for (auto iteration = iterate(container); iteration->next(other);) {
    charge_step();
    if (other.same(item) || other.equals(item)) return true;
  }
  return false;
}

}  // namespace weir::tmpl
