// Jinja's tests: `value is NAME(arguments)`.
#include "template/builtins.h"
#include "template/cells.h"
#include "template/compare.h"
#include "template/failure.h"
#include "template/object.h"
#include "template/operators.h"

namespace weir::tmpl {

namespace {

const Value& subject(std::string_view name, const Arguments& arguments) {
  if (arguments.positional.size() != 1 || !arguments.named.empty())
    call_error("test " + in_quotes(name) + " takes no arguments");
  return arguments.positional[0];
}

void add(Environment& environment, const char* name, bool (*test)(const Value&)) {
  environment.add_test(
      name, [name, test](Evaluation&, const Arguments& arguments) -> Value { return test(subject(name, arguments)); });
}

void add_order(Environment& environment, std::initializer_list<const char*> names, Order order) {
  for (const char* name : names)
    environment.add_test(name, [name, order](Evaluation&, const Arguments& arguments) -> Value {
      Binder bind(name, arguments, {"a", "b"}, 2);
      return ordered(order, bind[0], bind[1]);
    });
}

void add_equality(Environment& environment, std::initializer_list<const char*> names, bool equal) {
  for (const char* name : names)
    environment.add_test(name, [name, equal](Evaluation&, const Arguments& arguments) -> Value {
      Binder bind(name, arguments, {"a", "b"}, 2);
      return bind[0].equals(bind[1]) == equal;
    });
}

Value remainder_is_zero(Evaluation& evaluation, const Value& value, const Value& divisor) {
  return binary(evaluation, BinaryOp::modulo, value, divisor).equals(0);
}

bool is_mapping(const Value& value) {
  return value.is_dict() || (value.is_object() && value.as_object()->is_mapping());
}

bool is_sequence(const Value& value) {
  if (value.is_undefined()) return Raw::undefined(value).mode != UndefinedMode::strict;
  if (value.is_object()) return value.as_object()->is_sequence() || value.as_object()->is_mapping();
  return value.is_string() || value.is_list() || value.is_tuple() || value.is_dict();
}

Value is_iterable(Evaluation& evaluation, const Arguments& arguments) {
  const Value& value = subject("iterable", arguments);
  if (value.is_undefined()) check_not_strict(value);
  if (value.is_object()) return value.as_object()->iterate(evaluation) != nullptr;
  return !value.is_none() && !value.is_number();
}

Value has_name(Evaluation& evaluation, const Arguments& arguments, bool filter) {
  Binder bind(filter ? "filter" : "test", arguments, {"value"}, 1);
  if (!bind[0].is_string()) {
    bind[0].hash();  // what cannot be a key is an error
    return false;
  }
  const Environment& environment = evaluation.environment();
  return (filter ? environment.filter(bind[0].as_string()) : environment.test(bind[0].as_string())) != nullptr;
}

bool has_case(const Value& value, Evaluation& evaluation, std::string_view method) {
  return evaluation.call_method(value.str(), method, {}).truth();
}

void add_type_tests(Environment& environment) {
  add(environment, "defined", [](const Value& value) { return !value.is_undefined(); });
  add(environment, "undefined", [](const Value& value) { return value.is_undefined(); });
  add(environment, "none", [](const Value& value) { return value.is_none(); });
  add(environment, "boolean", [](const Value& value) { return value.is_bool(); });
  add(environment, "false", [](const Value& value) { return value.is_bool() && !value.as_bool(); });
  add(environment, "true", [](const Value& value) { return value.is_bool() && value.as_bool(); });
  add(environment, "integer", [](const Value& value) { return value.is_int(); });
  add(environment, "float", [](const Value& value) { return value.is_real(); });
  add(environment, "string", [](const Value& value) { return value.is_string(); });
  add(environment, "number", [](const Value& value) { return value.is_number(); });
  add(environment, "mapping", is_mapping);
  add(environment, "sequence", is_sequence);
  add(environment, "callable",
      [](const Value& value) { return value.is_undefined() || (value.is_object() && value.as_object()->callable()); });
  add(environment, "escaped", [](const Value& value) {
    return value.is_markup() || (value.is_undefined() && Raw::undefined(value).mode == UndefinedMode::chainable);
  });
  environment.add_test("iterable", is_iterable);
}

}  // namespace

void add_builtin_tests(Environment& environment) {
  add_type_tests(environment);
  add_equality(environment, {"==", "eq", "equalto"}, true);
  add_equality(environment, {"!=", "ne"}, false);
  add_order(environment, {"<", "lt", "lessthan"}, Order::less);
  add_order(environment, {"<=", "le"}, Order::less_equal);
  add_order(environment, {">", "gt", "greaterthan"}, Order::greater);
  add_order(environment, {">=", "ge"}, Order::greater_equal);
  environment.add_test("odd", [](Evaluation& evaluation, const Arguments& arguments) -> Value {
    return binary(evaluation, BinaryOp::modulo, subject("odd", arguments), 2).equals(1);
  });
  environment.add_test("even", [](Evaluation& evaluation, const Arguments& arguments) -> Value {
    return remainder_is_zero(evaluation, subject("even", arguments), 2);
  });
  environment.add_test("divisibleby", [](Evaluation& evaluation, const Arguments& arguments) {
    Binder bind("divisibleby", arguments, {"value", "num"}, 2);
    return remainder_is_zero(evaluation, bind[0], bind[1]);
  });
  environment.add_test("sameas", [](Evaluation&, const Arguments& arguments) -> Value {
    Binder bind("sameas", arguments, {"value", "other"}, 2);
    return bind[0].same(bind[1]);
  });
  environment.add_test("in", [](Evaluation& evaluation, const Arguments& arguments) -> Value {
    Binder bind("in", arguments, {"value", "seq"}, 2);
    return evaluation.contains(bind[1], bind[0]);
  });
  environment.add_test("lower", [](Evaluation& evaluation, const Arguments& arguments) -> Value {
    return has_case(subject("lower", arguments), evaluation, "islower");
  });
  environment.add_test("upper", [](Evaluation& evaluation, const Arguments& arguments) -> Value {
    return has_case(subject("upper", arguments), evaluation, "isupper");
  });
  environment.add_test("filter", [](Evaluation& evaluation, const Arguments& arguments) {
    return has_name(evaluation, arguments, true);
  });
  environment.add_test("test", [](Evaluation& evaluation, const Arguments& arguments) {
    return has_name(evaluation, arguments, false);
  });
}

}  // namespace weir::tmpl
