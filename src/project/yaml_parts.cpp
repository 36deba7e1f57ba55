#include "project/yaml_parts.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "project/config.h"

namespace weir::project {

namespace {

Error wrong(const std::string& message, const Span& span) {
  return Error(ErrorCode::bad_schema_yaml, message).with_span(span);
}

void note_keys(const Yaml& mapping, const std::string& prefix, std::map<std::string, Span>& spans) {
  for (const Yaml::Member& member : mapping.members) {
    const std::string name = prefix + member.key.text;
    spans.emplace(name, member.key.span);
    note_keys(member.value, name + ".", spans);
  }
}

// Beside the others, or in `config`.
const Yaml* said(const Yaml& holder, const char* key) {
  if (const Yaml* found = holder.find(key)) return found;
  const Yaml* config = holder.find("config");
  return config && config->kind == Yaml::Kind::mapping ? config->find(key) : nullptr;
}

}  // namespace

Yaml parse_warning(const std::string& text, const std::string& label, std::vector<Diagnostic>& warnings) {
  std::vector<Yaml> repeated;
  Yaml out = Yaml::parse(text, label, &repeated);
  for (const Yaml& key : repeated) {
    // dbt counts lines from the first that is not blank.
    const auto blank =
        std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(text.find_first_not_of(" \t\r\n")), '\n');
    const std::string place =
        "line " + std::to_string(key.span.line - blank) + ", column " + std::to_string(key.span.column);
    warnings.push_back(
        {"the key \"" + key.text + "\" occurs twice in one mapping, and its last value counts", "remove one of them",
         key.span, "DuplicateYAMLKeysDeprecation",
         Json::object()
             .set("duplicate_description", "Duplicate key '" + key.text + "' in \"<unicode string>\", " + place)
             .set("file", label)});
  }
  return out;
}

Json described(const Yaml& mapping, const std::vector<std::string>& keys) {
  Json out = Json::object();
  for (const std::string& key : keys)
    if (const Yaml* value = mapping.find(key); value && !value->is_null()) out.set(key, value->to_json());
  return out;
}

void refuse_both(const Yaml& mapping, const std::vector<std::string>& moved) {
  const Yaml* config = mapping.find("config");
  if (!config) return;
  for (const std::string& key : moved)
    if (const Yaml* beside = mapping.find(key); beside && config->find(key))
      throw Error(ErrorCode::bad_schema_yaml, key + " stands both in config and beside it")
          .with_span(beside->span)
          .with_hint("keep the one in config");
}

Json written_config(const Yaml& mapping, const std::vector<std::string>& moved) {
  Json out = Json::object();
  for (const std::string& key : moved)
    if (const Yaml* value = mapping.find(key); value && !value->is_null())
      merge_config(out, Json::object().set(key, value->to_json()));
  if (const Yaml* value = mapping.find("config"); value && value->kind == Yaml::Kind::mapping)
    merge_config(out, value->to_json());
  return out;
}

void note_ingest_keys(const Yaml& table, std::map<std::string, Span>& spans) {
  const Yaml* config = table.find("config");
  for (const Yaml* holder : {config, &table}) {
    const Yaml* weir = holder ? holder->find("meta") : nullptr;
    if (weir) weir = weir->find("weir");
    if (!weir || !weir->find("ingest")) continue;
    for (const Yaml::Member& member : weir->members)
      if (member.key.text == "ingest") spans.emplace("", member.key.span);
    note_keys(*weir->find("ingest"), "", spans);
    return;
  }
}

std::optional<Json> freshness_of(const Yaml& source, const Yaml& table, const YamlValues& values) {
  std::optional<Json> out;
  const auto lay = [&](const Yaml* holder) {
    const Yaml* found = holder && holder->kind == Yaml::Kind::mapping ? holder->find("freshness") : nullptr;
    if (!found) return;
    const Json value = values.value(*found);
    if (!value.is_object() || !out || !out->is_object()) {
      out = value;
      return;
    }
    for (const auto& [key, limit] : value.as_object()) {
      Json* below = out->find(key);
      if (below && below->is_object() && limit.is_object())
        for (const auto& [part, setting] : limit.as_object()) below->set(part, setting);
      else
        out->set(key, limit);
    }
  };
  for (const Yaml* holder : {&source, &table}) {
    lay(holder);
    lay(holder->find("config"));
  }
  return out;
}

void settle_loaded_at(const Yaml& source, const Yaml& table, const YamlValues& values, Json& config) {
  for (const Yaml* holder : {&source, &table}) {
    const Yaml *field = said(*holder, "loaded_at_field"), *query = said(*holder, "loaded_at_query");
    if (field && !field->is_null() && query && !query->is_null())
      throw wrong("loaded_at_field and loaded_at_query are both given: only one of them can tell", query->span);
    if (field && field->kind == Yaml::Kind::scalar && field->text.empty())
      throw wrong("loaded_at_field must be the name of a column", field->span);
  }
  const Yaml* field = said(table, "loaded_at_field");
  const Yaml* query = said(table, "loaded_at_query");
  if (!query && !field) query = said(source, "loaded_at_query");
  if (!field) field = said(source, "loaded_at_field");
  if (field) config.set("loaded_at_field", field->is_null() ? Json() : values.text(field->as_string(), field->span));
  if (query || config.find("loaded_at_query"))
    config.set("loaded_at_query", !query || query->is_null() ? Json() : Json(query->as_string()));
}

void note_granularities(const Yaml& model, Json& described) {
  const Yaml* columns = model.find("columns");
  if (!columns || columns->kind != Yaml::Kind::sequence) return;
  Json out = Json::object();
  for (const Yaml& column : columns->items) {
    const Yaml *name = column.find("name"), *granularity = column.find("granularity");
    if (name && granularity && granularity->kind == Yaml::Kind::scalar && !granularity->is_null())
      out.set(name->as_string(), granularity->as_string());
  }
  if (out.size() > 0) described.set("granularities", std::move(out));
}

namespace {

// Of the model itself, or of one of its versions.
bool has_granularity(const Yaml& holder, const std::string& column) {
  if (const Yaml* list = holder.find("columns"); list && list->kind == Yaml::Kind::sequence)
    for (const Yaml& item : list->items) {
      const Yaml *name = item.find("name"), *granularity = item.find("granularity");
      if (name && name->as_string() == column && granularity && !granularity->is_null()) return true;
    }
  const Yaml* versions = holder.find("versions");
  if (!versions || versions->kind != Yaml::Kind::sequence) return false;
  return std::any_of(versions->items.begin(), versions->items.end(),
                     [&](const Yaml& version) { return has_granularity(version, column); });
}

}  // namespace

void check_time_spine(const Yaml& model, const std::string& name, const std::vector<Column>& columns) {
  const Yaml* spine = model.find("time_spine");
  if (!spine || spine->kind != Yaml::Kind::mapping) return;
  std::vector<std::string> names;
  for (const Column& column : columns) names.push_back(column.name);
  const auto check_column = [&](const std::string& column, const std::string& what, const Span& span) {
    if (std::find(names.begin(), names.end(), column) == names.end())
      throw wrong(what + " of the time spine " + name + " is \"" + column + "\", which is none of the model's columns" +
                      did_you_mean(column, names),
                  span)
          .with_hint("describe it below columns:");
  };
  const Yaml* standard = spine->find("standard_granularity_column");
  if (!standard || standard->kind != Yaml::Kind::scalar || standard->is_null())
    throw wrong("the time spine " + name + " needs standard_granularity_column", spine->span)
        .with_hint("it names the column of times: standard_granularity_column: date_day");
  check_column(standard->as_string(), "standard_granularity_column", standard->span);
  if (!has_granularity(model, standard->as_string()))
    throw wrong("column " + standard->as_string() + " of the time spine " + name + " needs a granularity",
                standard->span)
        .with_hint("granularity: day");
  const Yaml* own = spine->find("custom_granularities");
  if (!own || own->kind != Yaml::Kind::sequence) return;
  for (const Yaml& item : own->items) {
    const Yaml* column = item.find("column_name");
    if (!column || column->is_null()) column = item.find("name");
    if (column && column->kind == Yaml::Kind::scalar)
      check_column(column->as_string(), "a custom granularity", column->span);
  }
}

namespace {

Json scalar_of(const Yaml& mapping, const char* key, const YamlValues& values) {
  const Yaml* value = mapping.find(key);
  if (!value || value->is_null()) return {};
  if (value->kind != Yaml::Kind::scalar) throw wrong(std::string(key) + " must be a text", value->span);
  const Json rendered = values.text(value->text, value->span);
  return rendered.is_string() ? rendered : Json(rendered.dump());
}

Json with_type(const Yaml& mapping, const std::string& what, const YamlValues& values) {
  const Json type = scalar_of(mapping, "data_type", values);
  if (type.is_null())
    throw wrong(what + " has no data_type", mapping.span).with_hint("name an SQL type, like  data_type: integer");
  const Yaml* description = mapping.find("description");
  const bool said = description && description->kind == Yaml::Kind::scalar && !description->is_null();
  return Json::object().set("data_type", type).set("description", said ? Json(description->text) : Json());
}

Json argument_of(const Yaml& item, const std::string& function, const YamlValues& values) {
  if (item.kind != Yaml::Kind::mapping)
    throw wrong("an argument of function " + function + " must be a mapping with a name", item.span);
  const Json name = scalar_of(item, "name", values);
  if (name.is_null()) throw wrong("an argument of function " + function + " has no name", item.span);
  Json out = Json::object().set("name", name);
  const Json typed = with_type(item, "argument " + name.as_string() + " of function " + function, values);
  for (const auto& [key, value] : typed.as_object()) out.set(key, value);
  const Yaml* otherwise = item.find("default_value");
  return out.set("default_value", otherwise ? values.value(*otherwise) : Json());
}

}  // namespace

void read_signature(const Yaml& function, const std::string& name, const YamlValues& values, Json& described) {
  const Yaml* returns = function.find("returns");
  if (!returns || returns->kind != Yaml::Kind::mapping)
    throw wrong("function " + name + " does not say what it returns", returns ? returns->span : function.span)
        .with_hint("write  returns: {data_type: integer}");
  Json arguments = Json::array();
  const Yaml* list = function.find("arguments");
  if (list && !list->is_null() && list->kind != Yaml::Kind::sequence)
    throw wrong("arguments of function " + name + " must be a list", list->span)
        .with_hint("begin each with  - name: …");
  std::string optional;  // the last one that may be left out
  for (const Yaml& item : list ? list->items : std::vector<Yaml>()) {
    arguments.push_back(argument_of(item, name, values));
    const Json& argument = arguments.as_array().back();
    const std::string own = *argument.get_string("name");
    const bool required = argument.find("default_value")->is_null();
    if (required && !optional.empty())
      throw wrong("argument " + own + " of function " + name + " has no default_value, and stands behind " + optional +
                      ", which has one",
                  item.span)
          .with_hint("arguments that may be left out come last: move it to the front, or give it a default_value");
    if (!required) optional = own;
  }
  described.set("arguments", std::move(arguments)).set("returns", with_type(*returns, "returns of " + name, values));
}

}  // namespace weir::project
