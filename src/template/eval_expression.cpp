#include "template/cells.h"
#include "template/compare.h"
#include "template/failure.h"
#include "template/interpreter.h"
#include "template/methods.h"
#include "template/operators.h"

namespace weir::tmpl {

namespace {

bool compare(Frame& frame, Compare::Op op, const Value& a, const Value& b) {
  switch (op) {
    case Compare::Op::eq:
      return a.equals(b);
    case Compare::Op::ne:
      return !a.equals(b);
    case Compare::Op::lt:
      return ordered(Order::less, a, b);
    case Compare::Op::lteq:
      return ordered(Order::less_equal, a, b);
    case Compare::Op::gt:
      return ordered(Order::greater, a, b);
    case Compare::Op::gteq:
      return ordered(Order::greater_equal, a, b);
    case Compare::Op::in:
      return frame.evaluation.contains(b, a);
    case Compare::Op::not_in:
      break;
  }
  return !frame.evaluation.contains(b, a);
}

void spread_named(Frame& frame, const Value& mapping, Arguments& out) {
  Evaluation& evaluation = frame.evaluation;
  bool is_mapping = mapping.is_dict() || (mapping.is_object() && mapping.as_object()->is_mapping());
  if (mapping.is_undefined()) throw_undefined(mapping);
  if (!is_mapping) call_error("argument after ** must be a mapping, not " + mapping.type_name());
  for (const Value& key : evaluation.to_vector(mapping)) {
    if (!key.is_string()) call_error("keywords must be strings");
    if (out.find(key.as_string())) call_error("got multiple values for keyword argument " + key.repr());
    out.named.emplace_back(key.as_string(), evaluation.get_item(mapping, key));
  }
}

}  // namespace

void CallArgs::eval(Frame& frame, Arguments& out, const Value* caller) const {
  out.positional.reserve(out.positional.size() + positional.size());
  for (const ExprPtr& arg : positional) out.positional.push_back(arg->eval(frame));
  for (const auto& [name, arg] : named) out.named.emplace_back(name, arg->eval(frame));
  if (caller) out.named.emplace_back("caller", *caller);
  if (star) {
    Value items = star->eval(frame);
    for (Value& item : frame.evaluation.to_vector(items)) out.positional.push_back(std::move(item));
  }
  if (star_star) spread_named(frame, star_star->eval(frame), out);
}

const Value& Frame::read(Slot at, std::string_view name) {
  Activation& place = home(at);
  Value& value = place.slots[at.index];
  if (Raw::is_unresolved(value)) {
    std::optional<Value> found = place.names->find(evaluation, name);
    // The lookup may run templates, but it does not move this activation's slots.
    place.slots[at.index] = found ? std::move(*found) : Raw::missing();
  }
  return place.slots[at.index];
}

Value Name::eval(Frame& frame) const {
  frame.at(place);
  const Value& value = frame.read(slot, name);
  if (Raw::is_missing(value)) return frame.evaluation.undefined_name(name);
  return value;
}

Value NamespaceRef::eval(Frame& frame) const { return frame.read(slot, name); }

Value Sequence::eval(Frame& frame) const {
  std::vector<Value> values;
  values.reserve(items.size());
  for (const ExprPtr& item : items) values.push_back(item->eval(frame));
  return tuple ? Value::tuple(std::move(values)) : Value::list(std::move(values));
}

Value DictDisplay::eval(Frame& frame) const {
  Dict dict;
  for (const auto& [key, value] : items) {
    Value k = key->eval(frame), v = value->eval(frame);
    frame.at(place);
    dict.set(std::move(k), std::move(v));
  }
  return Value::dict(std::move(dict));
}

Value Unary::eval(Frame& frame) const {
  Value value = operand->eval(frame);
  frame.at(place);
  if (op == Op::negate) return !value.truth();
  return op == Op::negative ? negative(value) : positive(value);
}

Value Binary::eval(Frame& frame) const {
  Value a = left->eval(frame), b = right->eval(frame);
  frame.at(place);
  return binary(frame.evaluation, op, a, b);
}

Value Logic::eval(Frame& frame) const {
  Value a = left->eval(frame);
  frame.at(place);
  return a.truth() == is_and ? right->eval(frame) : a;
}

Value Concat::eval(Frame& frame) const {
  std::vector<Value> values;
  values.reserve(parts.size());
  for (const ExprPtr& part : parts) values.push_back(part->eval(frame));
  frame.at(place);
  bool markup = false;
  for (const Value& value : values) markup = markup || (escapes && value.is_markup());
  std::string text;
  for (const Value& value : values) (markup ? escape_value(value) : value).append_str(text);
  frame.evaluation.charge_bytes(text.size());
  return markup ? Value::markup(std::move(text)) : Value(std::move(text));
}

Value Compare::eval(Frame& frame) const {
  Value a = first->eval(frame);
  for (const auto& [op, operand] : rest) {
    Value b = operand->eval(frame);
    frame.at(place);
    if (!compare(frame, op, a, b)) return false;
    a = std::move(b);
  }
  return true;
}

Value GetAttr::eval(Frame& frame) const {
  Value value = object->eval(frame);
  frame.at(place);
  return frame.evaluation.get_attr(value, name);
}

Value GetItem::eval(Frame& frame) const {
  Value value = object->eval(frame);
  if (const auto* part = dynamic_cast<const Slice*>(key.get())) {
    auto bound = [&](const ExprPtr& expr) { return expr ? expr->eval(frame) : Value(); };
    Value start = bound(part->start), stop = bound(part->stop), step = bound(part->step);
    frame.at(place);
    return slice(frame.evaluation, value, start, stop, step);
  }
  Value index = key->eval(frame);
  frame.at(place);
  return frame.evaluation.get_item(value, index);
}

Value Slice::eval(Frame& frame) const {
  frame.at(place);
  runtime_error("a slice cannot be one of several subscripts");
}

Value Call::eval_with(Frame& frame, const Value* caller) const {
  Evaluation& evaluation = frame.evaluation;
  Arguments arguments;
  const auto* member = dynamic_cast<const GetAttr*>(callee.get());
  Value object = member ? member->object->eval(frame) : callee->eval(frame);
  // Python looks the member up before it evaluates the arguments; only an undefined object shows it.
  if (member && object.is_undefined()) {
    frame.at(member->place);
    evaluation.get_attr(object, member->name);
  }
  args.eval(frame, arguments, caller);
  frame.at(place);
  return member ? evaluation.call_method(object, member->name, arguments) : evaluation.call(object, arguments);
}

Value FilterCall::eval(Frame& frame) const {
  Arguments arguments;
  if (function) arguments.positional.push_back(input->eval(frame));
  if (function) args.eval(frame, arguments);
  frame.at(place);
  if (!function) runtime_error("No filter named " + in_quotes(name) + " found.");
  Value result = (*function)(frame.evaluation, arguments);
  if (result.is_string()) frame.evaluation.charge_bytes(result.as_string().size());
  return result;
}

Value TestCall::eval(Frame& frame) const {
  Arguments arguments;
  if (function) arguments.positional.push_back(input->eval(frame));
  if (function) args.eval(frame, arguments);
  frame.at(place);
  if (!function) runtime_error("No test named " + in_quotes(name) + " found.");
  return (*function)(frame.evaluation, arguments);
}

Value Conditional::eval(Frame& frame) const {
  Value chosen = test->eval(frame);
  frame.at(place);
  if (chosen.truth()) return value->eval(frame);
  if (otherwise) return otherwise->eval(frame);
  return Value::undefined("the inline if-expression evaluated to false and no else section was defined.");
}

Value BlockText::eval(Frame& frame) const {
  bool markup = escaping == Escaping::on || (escaping == Escaping::asks && frame.activation->names->autoescape);
  return markup ? Value::markup(frame.block_text->as_string()) : *frame.block_text;
}

}  // namespace weir::tmpl
