#include "template/cells.h"
#include "template/failure.h"
#include "template/interpreter.h"
#include "template/operators.h"

namespace weir::tmpl {

namespace {

// The activation of the template's top that this frame belongs to.
Activation& root_of(Frame& frame) {
  Activation* activation = frame.activation;
  while (activation->outer) activation = activation->outer.get();
  return *activation;
}

void unpack(Frame& frame, const Sequence& targets, const Value& value) {
  Evaluation& evaluation = frame.evaluation;
  bool iterable = !value.is_number() && !value.is_none();
  if (!iterable) type_error("cannot unpack non-iterable " + value.type_name() + " object");
  std::vector<Value> items;
  auto values = evaluation.iterate(value);
  Value item;
  size_t wanted = targets.items.size();
  while (values->next(item)) {
    if (items.size() == wanted) value_error("too many values to unpack (expected " + std::to_string(wanted) + ")");
    items.push_back(item);
  }
  if (items.size() < wanted)
    value_error("not enough values to unpack (expected " + std::to_string(wanted) + ", got " +
                std::to_string(items.size()) + ")");
  for (size_t i = 0; i < wanted; ++i) assign(frame, *targets.items[i], items[i]);
}

void check_namespaces(Frame& frame, const Expr& target) {
  if (const auto* ref = dynamic_cast<const NamespaceRef*>(&target)) {
    frame.at(ref->place);
    if (!ref->eval(frame).as<NamespaceObject>()) runtime_error("cannot assign attribute on non-namespace object");
  } else if (const auto* sequence = dynamic_cast<const Sequence*>(&target)) {
    for (const ExprPtr& item : sequence->items) check_namespaces(frame, *item);
  }
}

void export_names(Frame& frame, const std::vector<std::pair<std::string, Slot>>& exported) {
  for (const auto& [name, slot] : exported) {
    Names& names = *frame.activation->names;
    names.own[name] = frame.slot(slot);
    if (name[0] != '_') names.exported.push_back(name);
  }
}

}  // namespace

Flow exec_body(const Body& body, Frame& frame) {
  for (const StmtPtr& statement : body)
    if (Flow flow = statement->exec(frame); flow != Flow::next) return flow;
  return Flow::next;
}

void ScopeCode::enter(Frame& frame) const {
  for (const Load& load : loads) {
    Value& slot = frame.own(load.slot);
    if (load.kind == Load::Kind::alias)
      slot = frame.slot(load.source);
    else
      slot = load.kind == Load::Kind::resolve ? Raw::unresolved() : Raw::missing();
  }
}

void ScopeCode::leave(Frame& frame) const {
  for (uint16_t slot : owned) frame.own(slot) = Raw::missing();
}

void assign(Frame& frame, const Expr& target, const Value& value) {
  if (const auto* name = dynamic_cast<const Name*>(&target)) {
    frame.slot(name->slot) = value;
  } else if (const auto* sequence = dynamic_cast<const Sequence*>(&target)) {
    unpack(frame, *sequence, value);
  } else {
    const auto& ref = static_cast<const NamespaceRef&>(target);
    ref.eval(frame).as_object()->set_attr(ref.attribute, value);
  }
}

void NativeSink::add(const Value& value, std::string& text) {
  if (++pieces == 1) {
    first = value;
    return;
  }
  if (pieces == 2) first.append_str(text);
  value.append_str(text);
}

Flow Output::exec(Frame& frame) const {
  if (dropped || (check_extended && root_of(frame).parent)) return Flow::next;
  size_t before = frame.out->size();
  bool escapes = escaping == Escaping::on || (escaping == Escaping::asks && frame.activation->names->autoescape);
  for (const Part& part : parts) {
    if (frame.sink) {
      frame.sink->add(part.value ? part.value->eval(frame) : Value(part.text), *frame.out);
    } else if (part.value) {
      Value value = part.value->eval(frame);
      frame.at(part.value->place);
      (escapes ? escape_value(value) : value).append_str(*frame.out);
    } else {
      *frame.out += part.text;
    }
  }
  frame.evaluation.charge_bytes(frame.out->size() - before);
  return Flow::next;
}

Flow Assign::exec(Frame& frame) const {
  check_namespaces(frame, *target);
  Value result = value->eval(frame);
  frame.at(place);
  assign(frame, *target, result);
  export_names(frame, exported);
  return Flow::next;
}

Flow AssignBlock::exec(Frame& frame) const {
  scope.enter(frame);
  Value text;
  {
    Capture capture(frame);
    if (Flow flow = exec_body(body, frame); flow != Flow::next) return flow;
    text = std::move(capture.text);
  }
  if (filter) {
    const Value* outer = std::exchange(frame.block_text, &text);
    text = filter->eval(frame);
    frame.block_text = outer;
  }
  check_namespaces(frame, *target);
  frame.at(place);
  if (frame.activation->names->autoescape) text = Value::markup(text.str());
  assign(frame, *target, text);
  export_names(frame, exported);
  scope.leave(frame);
  return Flow::next;
}

Flow If::exec(Frame& frame) const {
  for (const Branch& branch : branches) {
    Value chosen = branch.test->eval(frame);
    frame.at(branch.test->place);
    if (chosen.truth()) return exec_body(branch.body, frame);
  }
  return exec_body(otherwise, frame);
}

Flow MacroStmt::exec(Frame& frame) const {
  if (!stored) return Flow::next;
  Value macro = make_macro(frame.evaluation, *code, frame.activation);
  if (exported) {
    Names& names = *frame.activation->names;
    names.own[code->name] = macro;
    if (code->name[0] != '_') names.exported.push_back(code->name);
  }
  frame.slot(slot) = std::move(macro);
  return Flow::next;
}

Flow CallBlock::exec(Frame& frame) const {
  Value caller = make_macro(frame.evaluation, *code, frame.activation);
  Value result = call->eval_with(frame, &caller);
  if (frame.sink) {
    frame.sink->add(result, *frame.out);
    return Flow::next;
  }
  size_t before = frame.out->size();
  result.append_str(*frame.out);
  frame.evaluation.charge_bytes(frame.out->size() - before);
  return Flow::next;
}

Flow FilterBlock::exec(Frame& frame) const {
  scope.enter(frame);
  Value text;
  {
    Capture capture(frame);
    if (Flow flow = exec_body(body, frame); flow != Flow::next) return flow;
    text = std::move(capture.text);
  }
  const Value* outer = std::exchange(frame.block_text, &text);
  Value result = filter->eval(frame);
  frame.block_text = outer;
  if (frame.sink)
    frame.sink->add(result, *frame.out);
  else
    result.append_str(*frame.out);
  scope.leave(frame);
  return Flow::next;
}

Flow With::exec(Frame& frame) const {
  scope.enter(frame);
  for (size_t i = 0; i < targets.size(); ++i) {
    Value value = values[i]->eval(frame);
    frame.at(place);
    assign(frame, *targets[i], value);
  }
  Flow flow = exec_body(body, frame);
  scope.leave(frame);
  return flow;
}

Flow Scope::exec(Frame& frame) const {
  scope.enter(frame);
  bool& escapes = frame.activation->names->autoescape;
  bool outside = std::exchange(escapes, autoescape->eval(frame).truth());
  Flow flow = exec_body(body, frame);
  escapes = outside;
  scope.leave(frame);
  return flow;
}

Flow ExprStmt::exec(Frame& frame) const {
  value->eval(frame);
  return Flow::next;
}

Flow Return::exec(Frame& frame) const {
  Value result = value->eval(frame);
  frame.at(place);
  if (!direct) throw ReturnSignal{std::move(result)};
  frame.returned = std::move(result);
  return Flow::return_value;
}

}  // namespace weir::tmpl
