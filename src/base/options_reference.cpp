// What editors and readers get from an option table (declared in options.h).
#include <fmt/format.h>

#include "base/options.h"
#include "base/text.h"

namespace weir {

namespace {

Json any_of(std::initializer_list<std::string_view> types) {
  Json list = Json::array();
  for (const auto type : types) list.push_back(type);
  return list;
}

Json schema_of(const OptionSpec& spec) {
  Json schema = Json::object();
  switch (spec.type) {
    case OptionType::boolean:
      schema.set("type", "boolean");
      break;
    case OptionType::integer:
      schema.set("type", "integer");
      break;
    case OptionType::number:
      schema.set("type", "number");
      break;
    case OptionType::text:
      schema.set("type", any_of({"string", "number", "boolean"}));
      break;
    case OptionType::text_list: {
      Json items = Json::object().set("type", "string");
      schema.set("type", any_of({"array", "string"})).set("items", items);
      break;
    }
    case OptionType::duration:
      schema.set("type", any_of({"string", "integer"}));
      break;
    case OptionType::bytes:
      schema.set("type", any_of({"string", "integer"}));
      break;
    case OptionType::map:
      schema.set("type", "object");
      break;
  }
  if (spec.type == OptionType::text && !spec.allowed.empty()) {
    schema.set("type", "string").set("enum", Json::strings(spec.allowed));
  }
  schema.set("description", spec.doc);
  if (!spec.default_value.is_null() && !spec.secret) schema.set("default", spec.default_value);
  return schema;
}

Json empty_group() {
  Json group = Json::object();
  group.set("type", "object").set("additionalProperties", false).set("properties", Json::object());
  return group;
}

std::string_view short_type(OptionType type) {
  constexpr std::string_view names[] = {"boolean", "integer", "number", "text", "list", "duration", "size", "mapping"};
  return names[static_cast<size_t>(type)];
}

// A '|' would end the table's cell.
std::string cell(std::string_view text) { return replace_all(std::string(text), "|", "\\|"); }

}  // namespace

Json Options::json_schema() const {
  Json root = empty_group();
  root.set("$schema", "https://json-schema.org/draft/2020-12/schema");
  for (const auto& spec : specs_) {
    const auto parts = split(spec.name, '.');
    Json* group = &root;
    for (size_t i = 0; i + 1 < parts.size(); ++i) {
      Json* properties = group->find("properties");
      if (!properties->find(parts[i])) properties->set(parts[i], empty_group());
      group = properties->find(parts[i]);
    }
    group->find("properties")->set(parts.back(), schema_of(spec));
  }
  return root;
}

std::string Options::reference_markdown() const {
  std::string out = "| option | type | default | meaning |\n|---|---|---|---|\n";
  for (const auto& spec : specs_) {
    const std::string type =
        spec.allowed.empty() ? std::string(short_type(spec.type)) : cell("`" + join(spec.allowed, "` or `") + "`");
    std::string shown;
    if (spec.default_value.is_string())
      shown = "`" + spec.default_value.as_string() + "`";
    else if (!spec.default_value.is_null())
      shown = "`" + spec.default_value.dump() + "`";
    out += fmt::format("| `{}` | {} | {} | {} |\n", spec.name, type, cell(shown), cell(spec.doc));
  }
  return out;
}

}  // namespace weir
