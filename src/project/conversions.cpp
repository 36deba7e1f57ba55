// Functions of dbt's context that make one value of another, and know nothing of the project.
#include <algorithm>
#include <utility>

#include "base/hash.h"
#include "base/text.h"
#include "base/yaml.h"
#include "project/context_objects.h"
#include "project/python_json.h"
#include "template/arguments.h"
#include "template/evaluation.h"

namespace weir::project {

using tmpl::Arguments;
using tmpl::Binder;
using tmpl::Evaluation;
using tmpl::Value;

namespace {

// What `make` makes; where it cannot, the argument "default", which is the second.
template <class Make>
Value or_default(const Binder& bind, const Make& make) {
  try {
    return make();
  } catch (const Error&) {
    return bind.or_default(1, Value());
  }
}

Value from_json(Evaluation&, const Arguments& arguments) {
  Binder bind("fromjson", arguments, {"string", "default"}, 1);
  return or_default(bind, [&] { return Value(Json::parse(bind[0].as_string())); });
}

Value to_json(Evaluation&, const Arguments& arguments) {
  Binder bind("tojson", arguments, {"value", "default", "sort_keys"}, 1);
  return or_default(bind, [&] { return Value(python_json(bind[0].to_json(), bind[2].truth())); });
}

Value to_yaml(Evaluation&, const Arguments& arguments) {
  Binder bind("toyaml", arguments, {"value", "default", "sort_keys"}, 1);
  return or_default(bind, [&] { return Value(python_yaml(bind[0].to_json(), bind[2].truth())); });
}

Value from_yaml(Evaluation& evaluation, const Arguments& arguments) {
  Binder bind("fromyaml", arguments, {"value", "default"}, 1);
  return or_default(bind,
                    [&] { return Value(Yaml::parse(bind[0].as_string(), evaluation.position().file).to_json()); });
}

Value make_set(Evaluation& evaluation, const Arguments& arguments, bool strict) {
  Binder bind("set", arguments, {"value", "default"}, 1);
  const auto make = [&] { return Value::set(evaluation.to_vector(bind[0])); };
  return strict ? make() : or_default(bind, make);
}

Value zip(Evaluation& evaluation, const Arguments& arguments, bool strict) {
  std::vector<std::vector<Value>> columns;
  try {
    for (const Value& value : arguments.positional) columns.push_back(evaluation.to_vector(value));
  } catch (const Error&) {
    if (strict) throw;
    const Value* fallback = arguments.find("default");
    return fallback ? *fallback : Value();
  }
  size_t rows = columns.empty() ? 0 : columns.front().size();
  for (const auto& column : columns) rows = std::min(rows, column.size());
  std::vector<Value> out;
  for (size_t i = 0; i < rows; i++) {
    std::vector<Value> row;
    row.reserve(columns.size());
    for (const auto& column : columns) row.push_back(column[i]);
    out.push_back(Value::tuple(std::move(row)));
  }
  return Value::list(std::move(out));
}

// {key: [value of a, value of b]} for what differs.
Value diff_of_two_dicts(Evaluation&, const Arguments& arguments) {
  Binder bind("diff_of_two_dicts", arguments, {"dict_a", "dict_b"}, 2);
  tmpl::Dict out;
  for (const auto& entry : bind[0].as_dict().entries()) {
    const Value* other = bind[1].as_dict().find(entry.key);
    if (!other) out.set(entry.key, entry.value);
    if (!other || !entry.value.is_list() || !other->is_list()) continue;
    std::vector<Value> missing;
    for (const Value& item : entry.value.items())
      if (std::none_of(other->items().begin(), other->items().end(), [&](const Value& o) { return o.equals(item); }))
        missing.push_back(item);
    if (!missing.empty()) out.set(entry.key, Value::list(std::move(missing)));
  }
  return Value::dict(std::move(out));
}

// as_bool, as_number, as_native: texts that read as a boolean, None, a number or JSON become that; anything else stays.
Value literal(Evaluation&, const Arguments& arguments) {
  const Value& value = arguments.positional.front();
  if (!value.is_string()) return value;
  const std::string_view text = trim(value.as_string());
  if (iequals(text, "true")) return Value(true);
  if (iequals(text, "false")) return Value(false);
  if (text == "None") return Value();
  if (const auto number = parse_int(text)) return Value(*number);
  if (const auto number = parse_double(text)) return Value(*number);
  if (!text.starts_with("[") && !text.starts_with("{") && !text.starts_with("\"")) return value;
  try {
    return Value(Json::parse(text));
  } catch (const Error&) {
    return value;
  }
}

}  // namespace

void add_conversions(tmpl::Environment& environment) {
  const auto add = [&environment](const char* name, tmpl::Function function) {
    environment.add_global(name, Value::function(name, std::move(function)));
  };
  add("fromjson", from_json);
  add("tojson", to_json);
  add("fromyaml", from_yaml);
  add("toyaml", to_yaml);
  add("set", [](Evaluation& e, const Arguments& a) { return make_set(e, a, false); });
  add("set_strict", [](Evaluation& e, const Arguments& a) { return make_set(e, a, true); });
  add("zip", [](Evaluation& e, const Arguments& a) { return zip(e, a, false); });
  add("zip_strict", [](Evaluation& e, const Arguments& a) { return zip(e, a, true); });
  add("local_md5",
      [](Evaluation&, const Arguments& a) { return Value(md5_hex(Binder("local_md5", a, {"value"}, 1)[0].str())); });
  add("diff_of_two_dicts", diff_of_two_dicts);
  environment.add_filter("as_text", [](Evaluation&, const Arguments& a) { return Value(a.positional.front().str()); });
  for (const char* name : {"as_bool", "as_number", "as_native"}) environment.add_filter(name, literal);
}

}  // namespace weir::project
