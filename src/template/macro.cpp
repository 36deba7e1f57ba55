// Macros as values, and their calls.
#include "template/cells.h"
#include "template/failure.h"
#include "template/interpreter.h"

namespace weir::tmpl {

namespace {

class MacroValue final : public Object, public Bound {
 public:
  MacroValue(Evaluation& evaluation, const MacroCode& code, Activation* closure)
      : Bound(evaluation), code_(code), closure_(Ref<Activation>::share(closure)) {}
  std::string type_name() const override { return "Macro"; }
  bool callable() const override { return true; }
  Value call(Evaluation& evaluation, const Arguments& arguments) override;
  std::optional<Value> get_attr(Evaluation& evaluation, std::string_view name) override;
  std::string repr() const override {
    if (!closure_) return "<Macro>";
    return code_.name.empty() ? "<Macro anonymous>" : "<Macro " + in_quotes(code_.name) + ">";
  }
  void release_children(std::vector<Value>& out) override {
    if (closure_) out.push_back(Raw::adopt(Raw::Tag::object, closure_.leak()));
  }
  void expire() override { Ref<Activation> held = std::move(closure_); }

 private:
  void bind(Evaluation& evaluation, Activation& activation, const Arguments& arguments) const;
  void bind_rest(Evaluation& evaluation, Activation& activation, const Arguments& arguments, std::vector<bool>& used,
                 bool found_caller) const;
  std::string shown() const { return code_.name.empty() ? "None" : in_quotes(code_.name); }
  const MacroCode& code_;
  Ref<Activation> closure_;
};

Value text_list(const std::vector<MacroParameter>& parameters) {
  std::vector<Value> names;
  for (const MacroParameter& parameter : parameters) names.emplace_back(parameter.name);
  return Value::tuple(std::move(names));
}

std::optional<Value> MacroValue::get_attr(Evaluation&, std::string_view name) {
  if (!closure_) return std::nullopt;
  if (name == "name") return code_.name.empty() ? Value() : Value(code_.name);
  if (name == "arguments") return text_list(code_.parameters);
  if (name == "catch_kwargs") return Value(code_.kwargs_slot >= 0);
  if (name == "catch_varargs") return Value(code_.varargs_slot >= 0);
  if (name == "caller") return Value(code_.caller_slot >= 0);
  if (name == "explicit_caller") return Value(code_.explicit_caller);
  return std::nullopt;
}

void MacroValue::bind(Evaluation& evaluation, Activation& activation, const Arguments& arguments) const {
  size_t count = code_.parameters.size(), given = std::min(arguments.positional.size(), count);
  for (size_t i = 0; i < given; ++i) activation.slots[code_.parameters[i].slot] = arguments.positional[i];
  std::vector<bool> used(arguments.named.size(), false);
  bool found_caller = given == count && code_.explicit_caller;
  for (size_t i = given; i < count; ++i) {
    const MacroParameter& parameter = code_.parameters[i];
    found_caller = found_caller || parameter.name == "caller";
    for (size_t j = 0; j < used.size(); ++j) {
      if (arguments.named[j].first != parameter.name) continue;
      activation.slots[parameter.slot] = arguments.named[j].second;
      used[j] = true;
    }
  }
  bind_rest(evaluation, activation, arguments, used, found_caller);
}

void MacroValue::bind_rest(Evaluation& evaluation, Activation& activation, const Arguments& arguments,
                           std::vector<bool>& used, bool found_caller) const {
  if (code_.caller_slot >= 0 && !found_caller) {
    Value& slot = activation.slots[static_cast<size_t>(code_.caller_slot)];
    for (size_t j = 0; j < used.size(); ++j)
      if (arguments.named[j].first == "caller") {
        slot = arguments.named[j].second;
        used[j] = true;
      }
    if (Raw::is_missing(slot) || slot.is_none())
      slot = Value::undefined("No caller defined", evaluation.environment().options().undefined);
  }
  Dict kwargs;
  for (size_t j = 0; j < used.size(); ++j) {
    if (used[j]) continue;
    const std::string& name = arguments.named[j].first;
    if (code_.kwargs_slot < 0) {
      if (name == "caller")
        call_error("macro " + shown() + " has no use for the block of a call (it does not use `caller`)");
      call_error("macro " + shown() + " takes no keyword argument " + in_quotes(name));
    }
    kwargs.set(name, arguments.named[j].second);
  }
  if (code_.kwargs_slot >= 0) activation.slots[static_cast<size_t>(code_.kwargs_slot)] = Value::dict(std::move(kwargs));
  size_t count = code_.parameters.size();
  if (code_.varargs_slot >= 0) {
    std::vector<Value> rest;
    for (size_t i = count; i < arguments.positional.size(); ++i) rest.push_back(arguments.positional[i]);
    activation.slots[static_cast<size_t>(code_.varargs_slot)] = Value::tuple(std::move(rest));
  } else if (arguments.positional.size() > count) {
    call_error("macro " + shown() + " takes not more than " + std::to_string(count) + " argument(s)");
  }
}

Value MacroValue::call(Evaluation& evaluation, const Arguments& arguments) {
  if (!closure_) runtime_error("this macro belongs to a rendering that has ended");
  Value self = Value::object(Ref<MacroValue>::share(this));  // the body may drop the last reference to this macro
  auto activation = make<Activation>(evaluation, closure_, closure_->names, code_.slots);
  bind(evaluation, *activation, arguments);
  CallRecord record;
  record.what = code_.is_named ? "macro " + code_.name : "block of a call";
  record.macro = code_.is_named ? std::string_view(code_.name) : std::string_view();
  record.file = code_.owner;
  record.names = closure_->names.get();
  record.of_macro = true;
  bool escapes = evaluation.escapes();  // where it is called decides
  if (code_.is_named) evaluation.host().macro_entered(*code_.owner, code_.name, evaluation.in_call());
  return evaluation.state().call(evaluation, std::move(record), [&]() -> Value {
    std::string text;
    Frame frame(evaluation, activation.get(), &text);
    code_.scope->enter(frame);
    try {
      for (const MacroParameter& parameter : code_.parameters) {
        Value& slot = activation->slots[parameter.slot];
        if (!Raw::is_missing(slot)) continue;
        Value value = parameter.fallback
                          ? parameter.fallback->eval(frame)
                          : Value::undefined("parameter " + in_quotes(parameter.name) + " was not provided",
                                             evaluation.environment().options().undefined);
        activation->slots[parameter.slot] = std::move(value);
      }
      if (exec_body(code_.body, frame) == Flow::return_value) return std::move(frame.returned);
    } catch (ReturnSignal& signal) {
      if (!code_.is_named) throw;
      return std::move(signal.value);
    }
    return escapes ? Value::markup(std::move(text)) : Value(std::move(text));
  });
}

}  // namespace

Value make_macro(Evaluation& evaluation, const MacroCode& code, Activation* closure) {
  return Value::object(make<MacroValue>(evaluation, code, closure));
}

}  // namespace weir::tmpl
