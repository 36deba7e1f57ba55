#include "project/source_location.h"

#include <cctype>

#include "base/error.h"
#include "base/text.h"
#include "template/environment.h"
#include "template/host.h"

namespace weir::project {

namespace {

Json values_of(const Node& source) {
  Json values = Json::object();
  values.set("name", source.name).set("identifier", source.alias).set("schema", source.schema);
  values.set("database", source.database).set("tags", Json::strings(source.tags));
  for (const auto& [key, value] : source.config->meta.as_object()) values.set(key, value);
  for (const char* key : {"external_location", "formatter"})
    if (const Json* value = source.config->all.find(key)) values.set(key, *value);
  for (const auto& [key, value] : source.config->all.as_object())
    if (!values.find(key)) values.set(key, value);
  return values;
}

// Python's string.Template: $name, ${name}, $$.
std::string substitute(const std::string& text, const Json& values) {
  const auto is_name = [](char c) { return c == '_' || std::isalnum(static_cast<unsigned char>(c)) != 0; };
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '$') {
      out += text[i];
      continue;
    }
    if (++i < text.size() && text[i] == '$') {
      out += '$';
      continue;
    }
    const bool braces = i < text.size() && text[i] == '{';
    size_t end = i += braces ? 1 : 0;
    while (end < text.size() && is_name(text[end])) ++end;
    const std::string name = text.substr(i, end - i);
    const Json* value = values.find(name);
    if (name.empty() || (braces && (end == text.size() || text[end] != '}')))
      throw Error(ErrorCode::bad_config, "\"$\" is followed by no name");
    if (!value) throw Error(ErrorCode::bad_config, "nothing is called \"" + name + "\"");
    out += value->is_string() ? value->as_string() : value->dump();
    i = braces ? end : end - 1;
  }
  return out;
}

std::string filled_in(const std::string& text, const std::string& formatter, const Json& values) {
  if (formatter == "template") return substitute(text, values);
  if (formatter != "newstyle" && formatter != "oldstyle")
    throw Error(ErrorCode::bad_config, "formatter " + formatter + " is none of newstyle, oldstyle and template");
  static const tmpl::Environment environment;
  tmpl::TableHost host(tmpl::Dict{{"text", tmpl::Value(text)}, {"values", tmpl::Value(values)}});
  return tmpl::render_text(environment, "external_location",
                           formatter == "newstyle" ? "{{ text.format_map(values) }}" : "{{ text % values }}", host);
}

}  // namespace

std::string source_location(const Node& source) {
  const Json values = values_of(source);
  const auto text = values.get_string("external_location");
  if (!text) return {};
  std::string location;
  try {
    location = filled_in(*text, values.get_string("formatter").value_or("newstyle"), values);
  } catch (const Error& error) {
    throw Error(ErrorCode::bad_config, source.unique_id + ": external_location: " + error.message())
        .with_span(source.span)
        .with_hint(
            "It may name name, identifier, schema, database, tags and the keys of the source's meta and config.");
  }
  if (location.find('(') == std::string::npos && !location.starts_with('\'')) location = "'" + location + "'";
  return location;
}

}  // namespace weir::project
