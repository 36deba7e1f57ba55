#include "template/loop.h"

#include "template/failure.h"
#include "template/views.h"

namespace weir::tmpl {

bool LoopObject::next(Value& out) {
  if (has_after_) {
    out = std::move(after_);
    has_after_ = false;
  } else if (!iteration_ || !iteration_->next(out)) {
    return false;
  }
  ++index_;
  before_ = std::move(current_);
  current_ = out;
  return true;
}

bool LoopObject::peek() {
  if (!has_after_) has_after_ = iteration_ && iteration_->next(after_);
  return has_after_;
}

// Without a size of its own the iterable is read to its end, and the rest of it kept for the loop.
size_t LoopObject::size() {
  if (size_) return *size_;
  Object* object = iterable_.as_object();
  bool sized = object ? object->length().has_value() : true;
  if (sized) {
    size_ = evaluation_.length(iterable_);
  } else {
    std::vector<Value> rest;
    Value item;
    while (iteration_ && iteration_->next(item)) {
      evaluation_.charge_step();
      rest.push_back(item);
    }
    size_ = rest.size() + static_cast<size_t>(index_ + 1) + (has_after_ ? 1 : 0);
    size_t at = 0;
    iteration_ = iteration_of(std::move(rest), [at](std::vector<Value>& items, Value& out) mutable {
      if (at >= items.size()) return false;
      out = items[at++];
      return true;
    });
  }
  return *size_;
}

std::optional<Value> LoopObject::get_attr(Evaluation& evaluation, std::string_view name) {
  auto undefined = [&](const char* message) {
    return Value::undefined(message, evaluation.environment().options().undefined);
  };
  if (name == "index") return Value(index_ + 1);
  if (name == "index0") return Value(index_);
  if (name == "first") return Value(index_ == 0);
  if (name == "last") return Value(!peek());
  if (name == "length") return Value(size());
  if (name == "revindex") return Value(static_cast<int64_t>(size()) - index_);
  if (name == "revindex0") return Value(static_cast<int64_t>(size()) - index_ - 1);
  if (name == "depth") return Value(depth_ + 1);
  if (name == "depth0") return Value(depth_);
  if (name == "previtem") return index_ == 0 ? undefined("there is no previous item") : before_;
  if (name == "nextitem") return peek() ? after_ : undefined("there is no next item");
  if (name != "cycle" && name != "changed") return std::nullopt;
  Method method = [](Evaluation&, const Value& self, const Arguments& arguments) {
    return self.as<LoopObject>()->cycle(arguments);
  };
  if (name == "changed")
    method = [](Evaluation&, const Value& self, const Arguments& arguments) {
      return self.as<LoopObject>()->changed(arguments);
    };
  Value self = Value::object(Ref<LoopObject>::share(this));
  return Value::object(make<BoundMethod>(evaluation, std::move(self), std::string(name), method));
}

std::optional<Value> LoopObject::call_method(Evaluation&, std::string_view name, const Arguments& arguments) {
  if (name == "cycle") return cycle(arguments);
  if (name == "changed") return changed(arguments);
  return std::nullopt;
}

Value LoopObject::cycle(const Arguments& arguments) const {
  if (arguments.positional.empty()) type_error("no items for cycling given");
  return arguments.positional[static_cast<size_t>(index_) % arguments.positional.size()];
}

Value LoopObject::changed(const Arguments& arguments) {
  Value now = Value::tuple(arguments.positional);
  if (last_changed_ && last_changed_->equals(now)) return false;
  last_changed_ = std::move(now);
  return true;
}

Value LoopObject::call(Evaluation& evaluation, const Arguments& arguments) {
  Binder bind("loop", arguments, {"iterable"}, 1);
  if (!recursive_) type_error("The loop must have the 'recursive' marker to be called recursively.");
  std::string out;
  CallRecord record;
  record.what = "loop";
  record.file = evaluation.current_template();
  record.names = outside_->names.get();
  evaluation.state().call(evaluation, std::move(record), [&] {
    Frame frame(evaluation, outside_.get(), &out);
    recursive_->run(frame, bind[0], depth_ + 1);
    return 0;
  });
  return outside_->names->autoescape ? Value::markup(std::move(out)) : Value(std::move(out));
}

std::string LoopObject::repr() const {
  return "<LoopContext " + std::to_string(index_ + 1) + "/" + std::to_string(*length()) + ">";
}

void LoopObject::release_children(std::vector<Value>& out) {
  if (iteration_) iteration_->release_children(out);
  for (Value* value : {&iterable_, &after_, &current_, &before_}) out.push_back(std::move(*value));
  if (last_changed_) out.push_back(std::move(*last_changed_));
  out.push_back(Raw::adopt(Raw::Tag::object, outside_.leak()));
}

void LoopObject::expire() {
  std::unique_ptr<Iteration> iteration = std::move(iteration_);
  std::vector<Value> held;
  release_children(held);
}

namespace {

// Items of `inner` for which the loop's `if` holds, tested one by one as the loop asks for them.
class FilteredIteration final : public Iteration {
 public:
  FilteredIteration(Frame& frame, const For& loop, std::unique_ptr<Iteration> inner)
      : evaluation_(frame.evaluation),
        activation_(Ref<Activation>::share(frame.activation)),
        loop_(loop),
        inner_(std::move(inner)) {
    Frame own(evaluation_, activation_.get(), &text_);
    loop_.test_scope.enter(own);
  }
  bool next(Value& out) override {
    Frame frame(evaluation_, activation_.get(), &text_);
    while (inner_->next(out)) {
      evaluation_.charge_step();
      assign(frame, *loop_.test_target, out);
      if (loop_.test->eval(frame).truth()) return true;
    }
    return false;
  }
  void release_children(std::vector<Value>& out) override { inner_->release_children(out); }

 private:
  Evaluation& evaluation_;
  Ref<Activation> activation_;
  const For& loop_;
  std::unique_ptr<Iteration> inner_;
  std::string text_;
};

}  // namespace

Flow For::exec(Frame& frame) const {
  Value items = iterable->eval(frame);
  frame.at(place);
  if (!recursive) return run(frame, items, 0);
  std::string text;
  {
    Capture capture(frame);
    run(frame, items, 0);
    text = std::move(capture.text);
  }
  if (frame.sink)
    frame.sink->add(text, *frame.out);
  else
    *frame.out += text;
  return Flow::next;
}

Flow For::run(Frame& outside, const Value& items, int64_t depth) const {
  Evaluation& evaluation = outside.evaluation;
  Ref<Activation> own;
  if (recursive)
    own =
        make<Activation>(evaluation, Ref<Activation>::share(outside.activation), outside.activation->names, code.slots);
  Frame inside(evaluation, recursive ? own.get() : outside.activation, outside.out);
  inside.sink = outside.sink;
  inside.block_text = outside.block_text;

  std::unique_ptr<Iteration> iteration = evaluation.iterate(items);
  if (test) iteration = std::make_unique<FilteredIteration>(inside, *this, std::move(iteration));
  Ref<LoopObject> loop;
  if (extended) {
    // A filtered loop has no length until it has been read.
    Value sized = test ? generator(evaluation, nullptr) : items;
    loop = make<LoopObject>(evaluation, std::move(sized), std::move(iteration), recursive ? this : nullptr,
                            Ref<Activation>::share(outside.activation), depth);
  }
  bool none = true;
  Flow flow = Flow::next;
  Value item;
  while (loop ? loop->next(item) : iteration->next(item)) {
    evaluation.charge_step();
    assign(inside, *target, item);
    if (loop) inside.own(loop_slot) = Value::object(loop);
    scope.enter(inside);
    flow = exec_body(body, inside);
    // As in Jinja, `else` is skipped only if some turn came to the end of the body.
    if (flow == Flow::next) none = false;
    if (flow == Flow::break_loop || flow == Flow::return_value) break;
  }
  scope.leave(inside);
  if (flow == Flow::return_value) {
    outside.returned = std::move(inside.returned);
    return flow;
  }
  if (none) {
    else_scope.enter(inside);
    flow = exec_body(otherwise, inside);
    else_scope.leave(inside);
    if (flow == Flow::return_value) outside.returned = std::move(inside.returned);
    return flow;
  }
  return Flow::next;
}

}  // namespace weir::tmpl
