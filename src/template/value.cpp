#include "template/value.h"

#include "template/cells.h"
#include "template/failure.h"
#include "template/object.h"
#include "template/unicode.h"

namespace weir::tmpl {

namespace {

[[noreturn]] void wrong_kind(const Value& value, std::string_view expected) {
  if (value.is_undefined()) throw_undefined(value);
  type_error("expected " + std::string(expected) + ", got '" + value.type_name() + "'");
}

void check_not_frozen(bool frozen) {
  if (frozen) forbidden_error("this value is shared and cannot be changed; change a copy of it");
}

void give_containers(std::vector<Value>& from, std::vector<Value>& out) {
  for (Value& value : from)
    if (Raw::is_container(value)) out.push_back(std::move(value));
}

void give_containers(Dict& from, std::vector<Value>& out) {
  for (Dict::Entry& entry : from.take_entries()) {
    if (Raw::is_container(entry.key)) out.push_back(std::move(entry.key));
    if (Raw::is_container(entry.value)) out.push_back(std::move(entry.value));
  }
}

// A function given by the host.
class NativeFunction final : public Object {
 public:
  NativeFunction(std::string name, Function function) : name_(std::move(name)), function_(std::move(function)) {}
  std::string type_name() const override { return "function"; }
  bool callable() const override { return true; }
  Value call(Evaluation& evaluation, const Arguments& arguments) override { return function_(evaluation, arguments); }
  std::string repr() const override { return "<function " + name_ + ">"; }

 private:
  std::string name_;
  Function function_;
};

}  // namespace

void Cell::release_children(std::vector<Value>&) {}
void ListCell::release_children(std::vector<Value>& out) { give_containers(items, out); }
void TupleCell::release_children(std::vector<Value>& out) { give_containers(items, out); }
void DictCell::release_children(std::vector<Value>& out) { give_containers(dict, out); }
void SetCell::release_children(std::vector<Value>& out) { give_containers(dict, out); }

void destroy(const Cell* cell) noexcept {
  std::vector<Value> pending;
  const_cast<Cell*>(cell)->release_children(pending);
  delete cell;
  while (!pending.empty()) {
    Value last = std::move(pending.back());
    pending.pop_back();
    if (Cell* inner = Raw::cell(last); inner && !inner->shared()) inner->release_children(pending);
  }
}

bool StringCell::ascii() const {
  int8_t known = ascii_.load(std::memory_order_relaxed);
  if (known < 0) {
    known = is_ascii(text) ? 1 : 0;
    ascii_.store(known, std::memory_order_relaxed);
  }
  return known == 1;
}

void throw_undefined(const Value& value) {
  const UndefinedCell& cell = Raw::undefined(value);
  if (cell.unsafe) forbidden_error(cell.message);
  throw Error(ErrorCode::template_undefined, cell.message);
}

Value::Value(size_t value) : Value() {
  *this = value <= static_cast<size_t>(INT64_MAX) ? Value(static_cast<int64_t>(value))
                                                  : Value(*BigInt::parse(std::to_string(value), 10));
}

Value::Value(std::string text) : tag_(Tag::string) { bits_.cell = new StringCell(std::move(text), false); }

Value Value::markup(std::string text) { return Raw::adopt(Tag::string, new StringCell(std::move(text), true)); }

Value::Value(BigInt value) : Value() {
  if (auto small = value.small())
    *this = Value(*small);
  else
    *this = Raw::adopt(Tag::big, new BigCell(std::move(value)));
}

Value::Value(const Json& json) : Value() {
  if (json.is_bool()) {
    *this = json.as_bool();
  } else if (json.is_int()) {
    *this = json.as_int();
  } else if (const Json::Real* real = json.real()) {
    bool integral = !real->text.empty() && real->text.find_first_of(".eE") == std::string::npos;
    std::string_view digits = real->text;
    bool negative = integral && digits[0] == '-';
    if (negative) digits.remove_prefix(1);
    auto big = integral ? BigInt::parse(digits, 10) : std::nullopt;
    *this = big ? Value(negative ? -*big : *big) : Value(real->value);
  } else if (json.is_string()) {
    *this = json.as_string();
  } else if (json.is_array()) {
    std::vector<Value> items;
    for (const Json& item : json.as_array()) items.emplace_back(item);
    *this = list(std::move(items));
  } else if (json.is_object()) {
    Dict members;
    for (const auto& [key, value] : json.as_object()) members.set(Value(key), Value(value));
    *this = dict(std::move(members));
  }
}

Value Value::list(std::vector<Value> items) { return Raw::adopt(Tag::list, new ListCell(std::move(items))); }
Value Value::tuple(std::vector<Value> items) { return Raw::adopt(Tag::tuple, new TupleCell(std::move(items))); }
Value Value::dict(Dict members) { return Raw::adopt(Tag::dict, new DictCell(std::move(members))); }
Value Value::dict() { return dict(Dict()); }

Value Value::set(std::vector<Value> items) {
  Dict members;
  for (Value& item : items)
    if (!members.find(item)) members.set(std::move(item), Value());
  return Raw::adopt(Tag::set, new SetCell(std::move(members)));
}

Value Value::object(Ref<Object> object) { return Raw::adopt(Tag::object, object.leak()); }

Value Value::function(std::string name, Function function) {
  return object(make<NativeFunction>(std::move(name), std::move(function)));
}

Value Value::undefined(std::string message, UndefinedMode mode) {
  return Raw::adopt(Tag::undefined, new UndefinedCell(std::move(message), mode, false));
}

Kind Value::kind() const noexcept {
  switch (tag_) {
    case Tag::boolean:
      return Kind::boolean;
    case Tag::integer:
    case Tag::big:
      return Kind::integer;
    case Tag::real:
      return Kind::real;
    case Tag::string:
      return Kind::string;
    case Tag::list:
      return Kind::list;
    case Tag::tuple:
      return Kind::tuple;
    case Tag::dict:
      return Kind::dict;
    case Tag::set:
      return Kind::set;
    case Tag::object:
      return Kind::object;
    case Tag::none:
      return Kind::none;
    case Tag::undefined:
    case Tag::missing:
    case Tag::unresolved:
      break;
  }
  return Kind::undefined;
}

bool Value::is_markup() const noexcept { return tag_ == Tag::string && Raw::string(*this).markup; }

bool Value::same(const Value& other) const noexcept {
  if (tag_ != other.tag_) return false;
  if (counted()) {
    if (bits_.cell == other.bits_.cell) return true;
    // Python shares equal short texts and the empty tuple; being strict about cells would show an implementation
    // detail.
    if (tag_ == Tag::string) return Raw::string(*this).text == Raw::string(other).text;
    return tag_ == Tag::tuple && Raw::tuple(*this).items.empty() && Raw::tuple(other).items.empty();
  }
  return tag_ == Tag::none || bits_.integer == other.bits_.integer;
}

bool Value::as_bool() const {
  if (tag_ != Tag::boolean) wrong_kind(*this, "a boolean");
  return bits_.integer != 0;
}

int64_t Value::as_int() const {
  if (tag_ != Tag::integer && tag_ != Tag::boolean) {
    if (tag_ == Tag::big) value_error("integer too large here");
    wrong_kind(*this, "an integer");
  }
  return bits_.integer;
}

double Value::as_real() const {
  if (tag_ == Tag::real) return bits_.real;
  if (tag_ == Tag::big) return Raw::big(*this).real();
  return static_cast<double>(as_int());
}

const std::string& Value::as_string() const {
  if (tag_ != Tag::string) wrong_kind(*this, "text");
  return Raw::string(*this).text;
}

BigInt Value::as_big() const { return tag_ == Tag::big ? Raw::big(*this) : BigInt(as_int()); }

const std::vector<Value>& Value::items() const {
  if (tag_ == Tag::tuple) return Raw::tuple(*this).items;
  if (tag_ != Tag::list) wrong_kind(*this, "a list");
  return Raw::list(*this).items;
}

std::vector<Value>& Value::list_items() {
  if (tag_ != Tag::list) wrong_kind(*this, "a list");
  check_not_frozen(Raw::list(*this).frozen);
  return Raw::list(*this).items;
}

const Dict& Value::as_dict() const {
  if (tag_ != Tag::dict) wrong_kind(*this, "a dict");
  return Raw::dict(*this).dict;
}

Dict& Value::as_dict() {
  if (tag_ != Tag::dict) wrong_kind(*this, "a dict");
  check_not_frozen(Raw::dict(*this).frozen);
  return Raw::dict(*this).dict;
}

const Dict& Value::as_set() const {
  if (tag_ != Tag::set) wrong_kind(*this, "a set");
  return Raw::set(*this).dict;
}

Object* Value::as_object() const noexcept { return tag_ == Tag::object ? static_cast<Object*>(bits_.cell) : nullptr; }

const std::string& Value::undefined_message() const {
  if (tag_ != Tag::undefined) wrong_kind(*this, "an undefined value");
  return Raw::undefined(*this).message;
}

Value Value::freeze() const {
  std::vector<Value> pending{*this};
  while (!pending.empty()) {
    Value value = std::move(pending.back());
    pending.pop_back();
    auto add_dict = [&](const Dict& dict) {
      for (const auto& entry : dict.entries()) {
        if (Raw::is_container(entry.key)) pending.push_back(entry.key);
        if (Raw::is_container(entry.value)) pending.push_back(entry.value);
      }
    };
    if (value.is_list()) {
      if (std::exchange(Raw::list(value).frozen, true)) continue;
    } else if (value.is_dict()) {
      if (!std::exchange(Raw::dict(value).frozen, true)) add_dict(Raw::dict(value).dict);
      continue;
    } else if (value.is_set()) {
      if (!std::exchange(Raw::set(value).frozen, true)) add_dict(Raw::set(value).dict);
      continue;
    } else if (!value.is_tuple()) {
      continue;
    }
    for (const Value& item : value.items())
      if (Raw::is_container(item)) pending.push_back(item);
  }
  return *this;
}

}  // namespace weir::tmpl
