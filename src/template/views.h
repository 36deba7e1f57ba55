// Objects that Python's built-in functions and methods give: ranges, views of dicts, generators, bound methods.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "template/bound.h"
#include "template/methods.h"
#include "template/object.h"

namespace weir::tmpl {

class Range final : public Object {
 public:
  Range(int64_t start, int64_t stop, int64_t step);
  std::string type_name() const override { return "range"; }
  std::optional<Value> get_attr(Evaluation& evaluation, std::string_view name) override;
  std::optional<Value> get_item(Evaluation& evaluation, const Value& key) override;
  std::optional<Value> slice(Evaluation& evaluation, const Value& start, const Value& stop, const Value& step) override;
  std::unique_ptr<Iteration> iterate(Evaluation& evaluation) override;
  std::optional<size_t> length() const override { return count_; }
  std::optional<bool> contains(Evaluation& evaluation, const Value& item) override;
  std::string repr() const override;
  bool equals(const Object& other) const override;
  bool is_sequence() const override { return true; }
  int64_t at(size_t index) const { return start_ + static_cast<int64_t>(index) * step_; }

 private:
  int64_t start_, stop_, step_;
  size_t count_;
};

// dict.keys(), .values(), .items(): they follow the dict's changes.
class DictView final : public Object, public Bound {
 public:
  enum class Part : uint8_t { keys, values, items };
  DictView(Evaluation& evaluation, Value dict, Part part) : Bound(evaluation), dict_(std::move(dict)), part_(part) {}
  std::string type_name() const override;
  std::unique_ptr<Iteration> iterate(Evaluation& evaluation) override;
  std::optional<size_t> length() const override;
  std::optional<bool> contains(Evaluation& evaluation, const Value& item) override;
  std::string repr() const override;
  void write_repr(Reprs& reprs) const override;
  bool equals(const Object& other) const override;
  std::optional<bool> equal_to_plain(const Value& other) const override;
  std::optional<size_t> hash() const override { return std::nullopt; }
  std::vector<Value> items() const;
  void release_children(std::vector<Value>& out) override { out.push_back(std::move(dict_)); }
  void expire() override { Value held = std::move(dict_); }

 private:
  Value dict_;
  Part part_;
};

// What generators, reversed() and the lazy filters give: runs once, has no length.
class Generator final : public Object, public Bound {
 public:
  Generator(Evaluation& evaluation, std::string type_name, std::unique_ptr<Iteration> iteration)
      : Bound(evaluation), type_name_(std::move(type_name)), iteration_(std::move(iteration)) {}
  std::string type_name() const override { return type_name_; }
  std::unique_ptr<Iteration> iterate(Evaluation& evaluation) override;
  bool next(Evaluation& evaluation, Value& out);
  void release_children(std::vector<Value>& out) override;
  void expire() override { std::unique_ptr<Iteration> held = std::move(iteration_); }

 private:
  std::string type_name_;
  std::unique_ptr<Iteration> iteration_;
};

Value generator(Evaluation& evaluation, std::unique_ptr<Iteration> iteration, std::string type_name = "generator");
// An iteration made of a function that fills its last argument or says that it is at the end. All values it works on
// are in `held`, the function itself keeps none.
std::unique_ptr<Iteration> iteration_of(std::vector<Value> held,
                                        std::function<bool(std::vector<Value>& held, Value& out)> next);

class BoundMethod final : public Object, public Bound {
 public:
  BoundMethod(Evaluation& evaluation, Value self, std::string name, Method method)
      : Bound(evaluation), self_(std::move(self)), name_(std::move(name)), method_(method) {}
  std::string type_name() const override { return "builtin_function_or_method"; }
  bool callable() const override { return true; }
  Value call(Evaluation& evaluation, const Arguments& arguments) override;
  std::string repr() const override { return "<built-in method " + name_ + " of " + self_.type_name() + " object>"; }
  void release_children(std::vector<Value>& out) override { out.push_back(std::move(self_)); }
  void expire() override { Value held = std::move(self_); }

 private:
  Value self_;
  std::string name_;
  Method method_;
};

}  // namespace weir::tmpl
