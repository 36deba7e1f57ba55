#include "template/object.h"

#include "template/failure.h"

namespace weir::tmpl {

std::optional<Value> Object::get_attr(Evaluation&, std::string_view) { return std::nullopt; }
std::optional<Value> Object::get_item(Evaluation&, const Value&) { return std::nullopt; }
std::optional<Value> Object::slice(Evaluation&, const Value&, const Value&, const Value&) { return std::nullopt; }
std::optional<Value> Object::call_method(Evaluation&, std::string_view, const Arguments&) { return std::nullopt; }
bool Object::set_attr(std::string_view, Value) { return false; }
std::unique_ptr<Iteration> Object::iterate(Evaluation&) { return nullptr; }
std::optional<bool> Object::contains(Evaluation&, const Value&) { return std::nullopt; }
std::optional<Value> Object::binary(Evaluation&, BinaryOp, const Value&, bool) { return std::nullopt; }

Value Object::call(Evaluation&, const Arguments&) { type_error("'" + type_name() + "' object is not callable"); }

bool Object::truth() const {
  auto size = length();
  return !size || *size != 0;
}

std::string Object::repr() const { return "<" + type_name() + " object>"; }

std::optional<size_t> Object::hash() const { return std::hash<const Object*>{}(this); }

std::optional<Value> Record::get_attr(Evaluation&, std::string_view name) {
  const Value* found = members_.find(name);
  return found ? std::optional<Value>(*found) : std::nullopt;
}

std::optional<Value> Record::get_item(Evaluation&, const Value& key) {
  const Value* found = members_.find(key);
  return found ? std::optional<Value>(*found) : std::nullopt;
}

void Record::release_children(std::vector<Value>& out) {
  for (Dict::Entry& entry : members_.take_entries()) out.push_back(std::move(entry.value));
}

}  // namespace weir::tmpl
