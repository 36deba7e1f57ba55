// The `loop` of {% for %}.
#pragma once

#include <memory>

#include "template/interpreter.h"

namespace weir::tmpl {

class LoopObject final : public Object, public Bound {
 public:
  // `recursive`: the loop that calling this renders again; null if it may not be called.
  LoopObject(Evaluation& evaluation, Value iterable, std::unique_ptr<Iteration> iteration, const For* recursive,
             Ref<Activation> outside, int64_t depth)
      : Bound(evaluation),
        evaluation_(evaluation),
        iterable_(std::move(iterable)),
        iteration_(std::move(iteration)),
        recursive_(recursive),
        outside_(std::move(outside)),
        depth_(depth) {}
  bool next(Value& out);

  std::string type_name() const override { return "LoopContext"; }
  std::optional<Value> get_attr(Evaluation& evaluation, std::string_view name) override;
  std::optional<Value> call_method(Evaluation& evaluation, std::string_view name, const Arguments& arguments) override;
  bool callable() const override { return true; }
  Value call(Evaluation& evaluation, const Arguments& arguments) override;
  std::optional<size_t> length() const override { return const_cast<LoopObject*>(this)->size(); }
  std::string repr() const override;
  void release_children(std::vector<Value>& out) override;
  void expire() override;

 private:
  bool peek();
  size_t size();
  Value cycle(const Arguments& arguments) const;
  Value changed(const Arguments& arguments);
  Evaluation& evaluation_;
  Value iterable_;
  std::unique_ptr<Iteration> iteration_;
  const For* recursive_;
  Ref<Activation> outside_;
  int64_t depth_;
  int64_t index_ = -1;
  std::optional<size_t> size_;
  bool has_after_ = false;
  Value after_, current_, before_;
  std::optional<Value> last_changed_;
};

}  // namespace weir::tmpl
