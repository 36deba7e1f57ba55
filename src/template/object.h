// Native objects: how the host gives templates things with behaviour (adapter, target, this, a relation, a query
// result).
#pragma once

#include <compare>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "template/arguments.h"
#include "template/value.h"

namespace weir::tmpl {

enum class BinaryOp : uint8_t { add, subtract, multiply, divide, floor_divide, modulo, power };

// A running iteration. It lives no longer than the evaluation that made it.
class Iteration {
 public:
  virtual ~Iteration() = default;
  virtual bool next(Value& out) = 0;  // false: at the end
  // As Cell::release_children: what it holds.
  virtual void release_children(std::vector<Value>&) {}
};

// A repr() being written; knows the containers it is inside of.
class Reprs {
 public:
  explicit Reprs(std::string& out) : out_(out) {}
  std::string& out() { return out_; }
  void write(const Value& value);
  // Is `cell` being written already? Else it is now, until `leave`.
  bool enter(const Cell* cell);
  void leave() { open_.pop_back(); }

 private:
  std::string& out_;
  std::vector<const Cell*> open_;
};

// Derive from it and override what the object can do; what is not overridden behaves as for a plain Python object.
// `Value::as<T>()` finds the C++ type again. Methods may be called from the thread of the evaluation only; an object
// given to several evaluations must be safe for that itself.
class Object : public Cell {
 public:
  // Python's type name, for messages and `type`.
  virtual std::string type_name() const = 0;
  // obj.name; nullopt = there is none (the member lookup then tries get_item).
  virtual std::optional<Value> get_attr(Evaluation& evaluation, std::string_view name);
  // obj[key]; nullopt = there is none (the member lookup then tries get_attr for text keys).
  virtual std::optional<Value> get_item(Evaluation& evaluation, const Value& key);
  // obj[start:stop:step], None for an absent part; nullopt = it has no slices.
  virtual std::optional<Value> slice(Evaluation& evaluation, const Value& start, const Value& stop, const Value& step);
  // obj.name(arguments): nullopt = no such method; then get_attr and a call of its result. Overriding it saves the
  // bound method value.
  virtual std::optional<Value> call_method(Evaluation& evaluation, std::string_view name, const Arguments& arguments);
  // {% set obj.name = value %}; false = not assignable.
  virtual bool set_attr(std::string_view name, Value value);
  virtual bool callable() const { return false; }
  virtual Value call(Evaluation& evaluation, const Arguments& arguments);
  // nullptr = not iterable.
  virtual std::unique_ptr<Iteration> iterate(Evaluation& evaluation);
  virtual std::optional<size_t> length() const { return std::nullopt; }
  // nullopt: as iteration finds it.
  virtual std::optional<bool> contains(Evaluation& evaluation, const Value& item);
  virtual bool truth() const;  // as Python: by length if there is one, else true
  virtual std::string str() const { return repr(); }
  virtual std::string repr() const;                                       // "<type_name object>"
  virtual void write_repr(Reprs& reprs) const { reprs.out() += repr(); }  // override if it shows other values
  virtual bool equals(const Object& other) const { return this == &other; }
  // With a value that is no object (a view of a dict with a set); nullopt = not equal.
  virtual std::optional<bool> equal_to_plain(const Value&) const { return std::nullopt; }
  virtual std::optional<size_t> hash() const;  // nullopt = unhashable
  // self OP other, or other OP self if `reflected`; nullopt = not supported.
  virtual std::optional<Value> binary(Evaluation& evaluation, BinaryOp op, const Value& other, bool reflected);
  // For < <= > >=; nullopt = no order with this object.
  virtual std::optional<std::strong_ordering> order(const Object&) const { return std::nullopt; }
  virtual bool is_mapping() const { return false; }  // for the tests `mapping` and `sequence`
  virtual bool is_sequence() const { return false; }
  virtual std::optional<Value> plain() const { return std::nullopt; }  // the same as plain data, for tojson and to_json
};

template <class T>
T* Value::as() const noexcept {
  return dynamic_cast<T*>(static_cast<Cell*>(as_object() ? bits_.cell : nullptr));
}

// An object whose attributes are a table of values; enough for target, flags, a package's macros, modules.
class Record : public Object {
 public:
  explicit Record(std::string type_name, Dict members = {})
      : type_name_(std::move(type_name)), members_(std::move(members)) {}
  std::string type_name() const override { return type_name_; }
  std::optional<Value> get_attr(Evaluation&, std::string_view name) override;
  std::optional<Value> get_item(Evaluation&, const Value& key) override;
  void release_children(std::vector<Value>& out) override;
  Dict& members() { return members_; }

 private:
  std::string type_name_;
  Dict members_;
};

}  // namespace weir::tmpl
