#include "template/views.h"

#include <cmath>

#include "template/cells.h"
#include "template/failure.h"
#include "template/operators.h"

namespace weir::tmpl {

namespace {

class FunctionIteration final : public Iteration {
 public:
  FunctionIteration(std::vector<Value> held, std::function<bool(std::vector<Value>&, Value&)> next)
      : held_(std::move(held)), next_(std::move(next)) {}
  bool next(Value& out) override { return next_(held_, out); }
  void release_children(std::vector<Value>& out) override {
    for (Value& value : held_)
      if (Raw::is_container(value)) out.push_back(std::move(value));
  }

 private:
  std::vector<Value> held_;
  std::function<bool(std::vector<Value>&, Value&)> next_;
};

// range(...).index and .count
Value range_method(const Range& range, Evaluation& evaluation, const Value& item, bool index) {
  for (size_t i = 0; i < *range.length(); ++i) {
    evaluation.charge_step();
    if (Value(range.at(i)).equals(item)) return index ? Value(i) : Value(1);
  }
  if (index) value_error(item.repr() + " is not in range");
  return 0;
}

Value entry_part(const Dict::Entry& entry, DictView::Part part) {
  if (part == DictView::Part::keys) return entry.key;
  if (part == DictView::Part::values) return entry.value;
  return Value::tuple({entry.key, entry.value});
}

}  // namespace

std::unique_ptr<Iteration> iteration_of(std::vector<Value> held,
                                        std::function<bool(std::vector<Value>&, Value&)> next) {
  return std::make_unique<FunctionIteration>(std::move(held), std::move(next));
}

Value generator(Evaluation& evaluation, std::unique_ptr<Iteration> iteration, std::string type_name) {
  return Value::object(make<Generator>(evaluation, std::move(type_name), std::move(iteration)));
}

Range::Range(int64_t start, int64_t stop, int64_t step) : start_(start), stop_(stop), step_(step) {
  auto span = static_cast<__int128>(step > 0 ? stop : start) - (step > 0 ? start : stop);
  auto by = static_cast<__int128>(step > 0 ? step : -static_cast<__int128>(step));
  count_ = span > 0 ? static_cast<size_t>((span + by - 1) / by) : 0;
}

std::optional<Value> Range::get_attr(Evaluation&, std::string_view name) {
  if (name == "start") return Value(start_);
  if (name == "stop") return Value(stop_);
  if (name == "step") return Value(step_);
  if (name != "index" && name != "count") return std::nullopt;
  Ref<Range> self = Ref<Range>::share(this);
  bool index = name == "index";
  return Value::function(std::string(name), [self, index](Evaluation& evaluation, const Arguments& arguments) {
    Binder bind(index ? "index" : "count", arguments, {"value"}, 1);
    return range_method(*self, evaluation, bind[0], index);
  });
}

std::optional<Value> Range::get_item(Evaluation&, const Value& key) {
  if (!key.is_small_int() && !key.is_bool()) return std::nullopt;
  auto index = index_of(key.as_int(), count_);
  return index ? std::optional<Value>(at(*index)) : std::nullopt;
}

std::optional<Value> Range::slice(Evaluation&, const Value& start, const Value& stop, const Value& step) {
  SliceRange part = resolve_slice(count_, start, stop, step);
  return Value::object(make<Range>(start_ + part.start * step_, start_ + part.stop * step_, step_ * part.step));
}

std::unique_ptr<Iteration> Range::iterate(Evaluation&) {
  Ref<Range> self = Ref<Range>::share(this);
  size_t index = 0;
  return iteration_of({}, [self, index](std::vector<Value>&, Value& out) mutable {
    if (index >= self->count_) return false;
    out = self->at(index++);
    return true;
  });
}

std::optional<bool> Range::contains(Evaluation&, const Value& item) {
  Value number = item;
  if (item.is_real()) {
    double real = item.as_real();
    if (!std::isfinite(real) || std::trunc(real) != real) return false;
    number = Value(BigInt::from_double(real));
  }
  if (!number.is_small_int() && !number.is_bool()) return false;
  int64_t value = number.as_int();
  if (step_ > 0 ? value < start_ || value >= stop_ : value > start_ || value <= stop_) return false;
  return (value - start_) % step_ == 0;
}

std::string Range::repr() const {
  std::string out = "range(" + std::to_string(start_) + ", " + std::to_string(stop_);
  if (step_ != 1) out += ", " + std::to_string(step_);
  return out + ")";
}

bool Range::equals(const Object& other) const {
  auto* range = dynamic_cast<const Range*>(&other);
  if (!range || range->count_ != count_) return false;
  return count_ == 0 || (range->start_ == start_ && (count_ == 1 || range->step_ == step_));
}

std::string DictView::type_name() const {
  return part_ == Part::keys ? "dict_keys" : part_ == Part::values ? "dict_values" : "dict_items";
}

std::unique_ptr<Iteration> DictView::iterate(Evaluation&) {
  size_t index = 0, size = dict_.is_dict() ? Raw::dict(dict_).dict.size() : 0;
  return iteration_of({dict_}, [index, size, part = part_](std::vector<Value>& held, Value& out) mutable {
    if (!held[0].is_dict()) return false;
    const auto& entries = Raw::dict(held[0]).dict.entries();
    if (entries.size() != size) runtime_error("dictionary changed size during iteration");
    if (index >= size) return false;
    out = entry_part(entries[index++], part);
    return true;
  });
}

std::optional<size_t> DictView::length() const { return dict_.is_dict() ? Raw::dict(dict_).dict.size() : 0; }

std::optional<bool> DictView::contains(Evaluation&, const Value& item) {
  if (!dict_.is_dict() || part_ == Part::values) return std::nullopt;
  const Dict& dict = Raw::dict(dict_).dict;
  if (part_ == Part::keys) return dict.find(item) != nullptr;
  if (!item.is_tuple() || item.items().size() != 2) return false;
  const Value* found = dict.find(item.items()[0]);
  return found && found->equals(item.items()[1]);
}

std::vector<Value> DictView::items() const {
  std::vector<Value> out;
  if (dict_.is_dict())
    for (const auto& entry : Raw::dict(dict_).dict.entries()) out.push_back(entry_part(entry, part_));
  return out;
}

std::string DictView::repr() const {
  std::string out;
  Reprs reprs(out);
  write_repr(reprs);
  return out;
}

void DictView::write_repr(Reprs& reprs) const {
  if (!reprs.enter(this)) {
    reprs.out() += "...";
    return;
  }
  reprs.out() += type_name() + "(";
  reprs.write(Value::list(items()));
  reprs.out() += ")";
  reprs.leave();
}

bool DictView::equals(const Object& other) const {
  auto* view = dynamic_cast<const DictView*>(&other);
  if (!view || part_ == Part::values || view->part_ == Part::values) return this == &other;
  return Value::set(items()).equals(Value::set(view->items()));
}

std::optional<bool> DictView::equal_to_plain(const Value& other) const {
  if (part_ == Part::values || !other.is_set()) return std::nullopt;
  return Value::set(items()).equals(other);
}

bool Generator::next(Evaluation& evaluation, Value& out) {
  evaluation.check_stack();  // one may draw from another, and so on
  return iteration_ && iteration_->next(out);
}

void Generator::release_children(std::vector<Value>& out) {
  if (iteration_) iteration_->release_children(out);
}

std::unique_ptr<Iteration> Generator::iterate(Evaluation& evaluation) {
  Value self = Value::object(Ref<Generator>::share(this));
  return iteration_of({self}, [&evaluation](std::vector<Value>& held, Value& out) {
    return static_cast<Generator*>(held[0].as_object())->next(evaluation, out);
  });
}

Value BoundMethod::call(Evaluation& evaluation, const Arguments& arguments) {
  Value self = self_;
  return method_(evaluation, self, arguments);
}

}  // namespace weir::tmpl
