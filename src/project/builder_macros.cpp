// What YAML says of macros, and whether it fits them.
#include <algorithm>
#include <array>
#include <map>
#include <string_view>

#include "base/text.h"
#include "project/builder.h"
#include "project/yaml_values.h"

namespace weir::project {

namespace {

struct MacroType {
  std::string_view name;
  int parameters;
};
constexpr std::array<MacroType, 12> macro_types = {{{"str", 0},
                                                    {"string", 0},
                                                    {"bool", 0},
                                                    {"int", 0},
                                                    {"integer", 0},
                                                    {"float", 0},
                                                    {"any", 0},
                                                    {"list", 1},
                                                    {"dict", 2},
                                                    {"optional", 1},
                                                    {"relation", 0},
                                                    {"column", 0}}};

// Takes a type such as dict[str, list[int]] off the front of a text without spaces. False: there is none.
bool take_type(std::string_view& text) {
  size_t length = 0;
  while (length < text.size() && text[length] >= 'a' && text[length] <= 'z') length++;
  const auto named = [&](const MacroType& type) { return type.name == text.substr(0, length); };
  const auto* const type = std::find_if(macro_types.begin(), macro_types.end(), named);
  if (type == macro_types.end()) return false;
  text.remove_prefix(length);
  for (int i = 0; i < type->parameters; i++) {
    if (!text.starts_with(i == 0 ? "[" : ",")) return false;
    text.remove_prefix(1);
    if (!take_type(text)) return false;
  }
  if (type->parameters == 0) return true;
  if (!text.starts_with("]")) return false;
  text.remove_prefix(1);
  return true;
}

bool is_macro_type(const std::string& text) {
  const std::string packed = replace_all(replace_all(text, " ", ""), "\t", "");
  std::string_view rest = packed;
  return rest.empty() || (take_type(rest) && rest.empty());
}

std::vector<std::string> parameters_of(const MacroEntry& entry) {
  std::vector<std::string> out;
  for (const tmpl::BlockParameter& parameter : entry.block->parameters) out.push_back(parameter.name);
  return out;
}

void check_macro_arguments(const Macro& macro, const std::vector<std::string>& parameters, const MacroPatch& patch,
                           std::vector<Diagnostic>& warnings) {
  const Json* written = macro.described.find("arguments");
  if (!written || written->size() == 0) return;
  const auto warn = [&](const std::string& message, const Span& span) {
    warnings.push_back({message, "write the arguments as " + macro.name + "(" + join(parameters, ", ") + ") has them",
                        span, "InvalidMacroAnnotation",
                        Json::object()
                            .set("msg", message)
                            .set("macro_unique_id", macro.unique_id)
                            .set("macro_file_path", macro.file)});
  };
  const Json::Array& arguments = written->as_array();
  for (size_t i = 0; i < arguments.size(); i++) {
    const std::string name = arguments[i].get_string("name").value_or("");
    if (i < parameters.size() && name != parameters[i])
      warn("Argument " + name + " in yaml for macro " + macro.name + " does not match the jinja: there it is " +
               parameters[i],
           patch.argument_spans[i]);
    if (!is_macro_type(arguments[i].get_string("type").value_or("")))
      warn("Argument " + name + " in the yaml for macro " + macro.name +
               " has an invalid type: " + arguments[i].get_string("type").value_or(""),
           patch.argument_spans[i]);
  }
  if (arguments.size() != parameters.size())
    warn("macro " + macro.name + " has " + std::to_string(parameters.size()) + " arguments, and its yaml names " +
             std::to_string(arguments.size()),
         patch.span);
}

}  // namespace

void ProjectBuilder::describe_macro(Macro& macro, MacroPatch& patch, bool validates) {
  const MacroEntry& entry = *rendering_->macros.by_id(macro.unique_id);
  macro.described = std::move(patch.described);
  const auto describe = [&](Json& item) {
    const std::string written = item.get_string("description").value_or("");
    const Json text = YamlValues(*rendering_, macro.package).text(written, patch.span);
    item.set("description", text.is_string() ? text : Json(text.dump()));
  };
  try {
    describe(macro.described);
    if (Json* arguments = macro.described.find("arguments"); arguments && arguments->is_array())
      for (Json& argument : arguments->as_array()) describe(argument);
  } catch (Error& error) {
    out_.errors.push_back(std::move(error.with_span(patch.span).add_context("description of " + macro.unique_id)));
  }
  if (validates) check_macro_arguments(macro, parameters_of(entry), patch, out_.warnings);
}

// With the flag validate_macro_args also whether it fits them, and the arguments of those that it says nothing of.
void ProjectBuilder::describe_macros(std::vector<Macro>& macros) {
  const bool validates = packages_.front().flags.get_bool("validate_macro_args").value_or(false);
  std::map<std::string, Macro*> known;
  for (Macro& macro : macros) known[macro.package + "." + macro.name] = &macro;
  for (size_t i = 0; i < schemas_.size(); i++)
    for (MacroPatch& patch : schemas_[i].macros) {
      const std::string& package = files_.properties[i].package;
      if (const auto found = known.find(package + "." + patch.name); found != known.end())
        describe_macro(*found->second, patch, validates);
      else if (package == packages_.front().name)
        out_.warnings.push_back({"there is no macro \"" + patch.name + "\"", "this entry of the YAML file does nothing",
                                 patch.span, "MacroNotFoundForPatch", Json::object().set("patch_name", patch.name)});
    }
  if (!validates) return;
  for (Macro& macro : macros) {
    const Json* given = macro.described.find("arguments");
    if (given && given->size() > 0) continue;
    Json arguments = Json::array();
    for (const std::string& name : parameters_of(*rendering_->macros.by_id(macro.unique_id)))
      arguments.push_back(Json::object().set("name", name).set("type", Json()).set("description", ""));
    macro.described.set("arguments", std::move(arguments));
  }
}

}  // namespace weir::project
