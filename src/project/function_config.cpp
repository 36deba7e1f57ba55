#include "project/function_config.h"

#include <string>
#include <utility>

#include "base/error.h"
#include "template/object.h"

namespace weir::project {

using tmpl::Arguments;
using tmpl::Binder;
using tmpl::Value;

namespace {

Value member(const Value& object, const char* key) {
  const Value* found = object.is_dict() ? object.as_dict().find(Value(key)) : nullptr;
  return found ? *found : Value();
}

// The keys that the program's language asks for.
void check_python(const Value& config, const std::string& name) {
  for (const auto& [key, message] :
       {std::pair("runtime_version", "A `runtime_version` is required for python functions"),
        std::pair("entry_point", "An `entry_point` is required for python functions")})
    if (member(config, key).is_none())
      throw Error(ErrorCode::bad_config, std::string(message) + ", and " + name + " has none")
          .with_hint(std::string("say it in its YAML: config: {") + key + ": …}");
}

}  // namespace

Value function_config(const Arguments& arguments) {
  Binder bind("get_function_config", arguments, {"model"}, 1);
  const Value& model = bind[0];
  const Value type = member(model, "resource_type");
  if (!type.is_string() || type.as_string() != "function") return Value();
  const Value config = member(model, "config"), language = member(model, "language");
  if (language.is_string() && language.as_string() == "python") check_python(config, member(model, "name").str());
  tmpl::Dict out;
  out.set(Value("language"), language);
  for (const char* key : {"type", "runtime_version", "entry_point"}) out.set(Value(key), member(config, key));
  return Value::dict(std::move(out));
}

Value function_macro_name(const Arguments& arguments) {
  Binder bind("get_function_macro_name", arguments, {"config"}, 1);
  return Value(member(bind[0], "type").str() + "_function_" + member(bind[0], "language").str());
}

}  // namespace weir::project
