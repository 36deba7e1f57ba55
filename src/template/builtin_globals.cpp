// Jinja's global functions, and those of Python that dbt adds to its templates.
#include "template/builtins.h"
#include "template/cells.h"
#include "template/failure.h"
#include "template/interpreter.h"
#include "template/methods.h"
#include "template/views.h"

namespace weir::tmpl {

namespace {

int64_t whole(const Value& value) {
  if (value.is_undefined()) throw_undefined(value);
  if (!value.is_int() && !value.is_bool())
    type_error("'" + value.type_name() + "' object cannot be interpreted as an integer");
  if (!value.is_small_int() && !value.is_bool()) limit_error("range() of an integer this large");
  return value.as_int();
}

Value range(Evaluation& evaluation, const Arguments& arguments) {
  const auto& given = arguments.positional;
  if (!arguments.named.empty()) call_error("range() takes no keyword arguments");
  if (given.empty() || given.size() > 3)
    call_error("range expected 1 to 3 arguments, got " + std::to_string(given.size()));
  int64_t start = given.size() == 1 ? 0 : whole(given[0]), stop = whole(given[given.size() == 1 ? 0 : 1]);
  int64_t step = given.size() == 3 ? whole(given[2]) : 1;
  if (step == 0) value_error("range() arg 3 must not be zero");
  auto object = make<Range>(start, stop, step);
  auto most = static_cast<size_t>(evaluation.limits().range_items);
  if (*object->length() > most)
    limit_error("Range too big. The sandbox blocks ranges larger than MAX_RANGE (" + std::to_string(most) + ").");
  return Value::object(std::move(object));
}

Dict dict_of(Evaluation& evaluation, const Arguments& arguments) {
  if (arguments.positional.size() > 1)
    call_error("dict expected at most 1 argument, got " + std::to_string(arguments.positional.size()));
  Dict members;
  update_dict(evaluation, members, arguments.positional.empty() ? nullptr : &arguments.positional[0], arguments);
  return members;
}

Value dict(Evaluation& evaluation, const Arguments& arguments) { return Value::dict(dict_of(evaluation, arguments)); }

Value make_namespace(Evaluation& evaluation, const Arguments& arguments) {
  return Value::object(make<NamespaceObject>(evaluation, dict_of(evaluation, arguments)));
}

class Cycler final : public Object, public Bound {
 public:
  Cycler(Evaluation& evaluation, std::vector<Value> items) : Bound(evaluation), items_(std::move(items)) {}
  std::string type_name() const override { return "Cycler"; }
  std::optional<Value> get_attr(Evaluation& evaluation, std::string_view name) override {
    if (name == "items") return Value::tuple(items_);
    if (name == "pos") return Value(at_);
    if (name == "current") return items_.at(at_);
    if (name != "next" && name != "reset") return std::nullopt;
    Method method = [](Evaluation&, const Value& self, const Arguments&) { return self.as<Cycler>()->advance(); };
    if (name == "reset")
      method = [](Evaluation&, const Value& self, const Arguments&) { return self.as<Cycler>()->reset(); };
    Value self = Value::object(Ref<Cycler>::share(this));
    return Value::object(make<BoundMethod>(evaluation, std::move(self), std::string(name), method));
  }
  void release_children(std::vector<Value>& out) override {
    for (Value& item : items_) out.push_back(std::move(item));
    items_.clear();
  }
  void expire() override { std::vector<Value> held = std::move(items_); }

 private:
  Value advance() {
    Value item = items_.at(at_);
    at_ = (at_ + 1) % items_.size();
    return item;
  }
  Value reset() {
    at_ = 0;
    return {};
  }
  std::vector<Value> items_;
  size_t at_ = 0;
};

Value cycler(Evaluation& evaluation, const Arguments& arguments) {
  if (!arguments.named.empty()) call_error("cycler() takes no keyword arguments");
  if (arguments.positional.empty()) runtime_error("at least one item has to be provided");
  return Value::object(make<Cycler>(evaluation, arguments.positional));
}

// Gives nothing at first, and its text at each later call.
class Joiner final : public Object, public Bound {
 public:
  Joiner(Evaluation& evaluation, Value separator) : Bound(evaluation), separator_(std::move(separator)) {}
  std::string type_name() const override { return "Joiner"; }
  bool callable() const override { return true; }
  Value call(Evaluation&, const Arguments& arguments) override {
    Binder("joiner", arguments, {}, 0);
    return std::exchange(used_, true) ? separator_ : Value("");
  }
  std::optional<Value> get_attr(Evaluation&, std::string_view name) override {
    if (name == "sep") return separator_;
    if (name == "used") return Value(used_);
    return std::nullopt;
  }
  void release_children(std::vector<Value>& out) override { out.push_back(std::move(separator_)); }
  void expire() override { Value held = std::move(separator_); }

 private:
  Value separator_;
  bool used_ = false;
};

Value joiner(Evaluation& evaluation, const Arguments& arguments) {
  Binder bind("joiner", arguments, {"sep"}, 0);
  return Value::object(make<Joiner>(evaluation, bind.or_default(0, ", ")));
}

// --- dbt ---

Value return_value(Evaluation&, const Arguments& arguments) {
  Binder bind("return", arguments, {"value"}, 1);
  throw ReturnSignal{bind[0]};
}

// set(value, default=None): the default if the value cannot be iterated or holds what a set cannot.
Value make_set(Evaluation& evaluation, const Arguments& arguments, bool strict) {
  Binder bind(strict ? "set_strict" : "set", arguments, {"value", "default"}, 1);
  try {
    return Value::set(evaluation.to_vector(bind[0]));
  } catch (const Error& error) {
    if (strict || error.code() != ErrorCode::template_type) throw;
  }
  return bind[1];
}

Value zip(Evaluation& evaluation, const Arguments& arguments, bool strict) {
  std::vector<std::vector<Value>> columns;
  try {
    for (const Value& column : arguments.positional) columns.push_back(evaluation.to_vector(column));
  } catch (const Error& error) {
    if (strict || error.code() != ErrorCode::template_type) throw;
    const Value* fallback = arguments.find("default");
    return fallback ? *fallback : Value();
  }
  size_t rows = columns.empty() ? 0 : columns[0].size();
  for (const auto& column : columns) rows = std::min(rows, column.size());
  evaluation.charge_bytes(rows * columns.size() * sizeof(Value));
  std::vector<Value> tuples;
  for (size_t i = 0; i < rows; ++i) {
    std::vector<Value> row;
    for (const auto& column : columns) row.push_back(column[i]);
    tuples.push_back(Value::tuple(std::move(row)));
  }
  size_t at = 0;
  auto iteration = iteration_of(std::move(tuples), [at](std::vector<Value>& held, Value& out) mutable {
    if (at >= held.size()) return false;
    out = held[at++];
    return true;
  });
  return generator(evaluation, std::move(iteration), "zip");
}

}  // namespace

void add_builtin_globals(Environment& environment) {
  auto add = [&](const char* name, Function function) {
    environment.add_global(name, Value::function(name, std::move(function)));
  };
  add("range", range);
  add("dict", dict);
  add("namespace", make_namespace);
  add("cycler", cycler);
  add("joiner", joiner);
  if (!environment.options().dbt_blocks) return;
  add("return", return_value);
  add("set", [](Evaluation& e, const Arguments& a) { return make_set(e, a, false); });
  add("set_strict", [](Evaluation& e, const Arguments& a) { return make_set(e, a, true); });
  add("zip", [](Evaluation& e, const Arguments& a) { return zip(e, a, false); });
  add("zip_strict", [](Evaluation& e, const Arguments& a) { return zip(e, a, true); });
}

}  // namespace weir::tmpl
