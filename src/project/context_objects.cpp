#include "project/context_objects.h"

#include <algorithm>

#include "base/text.h"
#include "project/config.h"
#include "project/host.h"
#include "project/python_datetime.h"
#include "project/query_table.h"
#include "project/relation.h"
#include "project/unit_tests.h"
#include "project/yaml_values.h"
#include "template/arguments.h"
#include "template/evaluation.h"
#include "template/object.h"

namespace weir::project {

using tmpl::Arguments;
using tmpl::Binder;
using tmpl::Evaluation;
using tmpl::Value;

namespace {

Json plain_config(const Value& value, const std::string& key, Evaluation& evaluation) {
  if (const auto* relation = value.as<Relation>()) return Json(relation->str());
  // As dbt's artefacts have them: 2026-01-05T00:00:00.
  if (value.type_name() == "date") return Json(value.str());
  if (value.type_name() == "datetime") return Json(replace_all(value.str(), " ", "T"));
  try {
    return value.to_json();
  } catch (const Error& error) {
    throw Error(ErrorCode::bad_config, "config " + key + " is no plain data: " + error.message())
        .with_span(evaluation.position());
  }
}

class ConfigObject final : public tmpl::Object {
 public:
  std::string type_name() const override { return "config"; }
  bool callable() const override { return true; }

  Value call(Evaluation& evaluation, const Arguments& arguments) override {
    ProjectHost& host = host_of(evaluation);
    if (host.mode != RenderMode::parse || !host.capture) return Value("");
    Json more = Json::object();
    for (const Value& positional : arguments.positional) {
      if (!positional.is_dict())
        throw Error(ErrorCode::bad_config,
                    "config() takes keyword arguments or one mapping, not a " + positional.type_name())
            .with_span(evaluation.position());
      for (const auto& entry : positional.as_dict().entries())
        more.set(entry.key.str(), plain_config(entry.value, entry.key.str(), evaluation));
    }
    for (const auto& [name, value] : arguments.named) more.set(name, plain_config(value, name, evaluation));
    for (const auto& [one, other] : {std::pair("pre_hook", "pre-hook"), std::pair("post_hook", "post-hook")})
      if (more.find(one) && more.find(other))
        throw Error(ErrorCode::bad_config,
                    std::string("config() has both ") + one + " and " + other + ", which are the same")
            .with_span(evaluation.position());
    host.capture->config_span = evaluation.position();
    merge_config(host.capture->config, more);
    return Value("");
  }

  std::optional<Value> call_method(Evaluation& evaluation, std::string_view name, const Arguments& arguments) override {
    if (name == "get") return get(evaluation, arguments);
    if (name == "require") return require_key(evaluation, arguments);
    if (name == "meta_get") return meta_get(evaluation, arguments);
    if (name == "meta_require") return meta_require(evaluation, arguments);
    if (name == "set") {
      Binder bind("config.set", arguments, {"name", "value"}, 2);
      Arguments named;
      named.named.emplace_back(bind[0].as_string(), bind[1]);
      return call(evaluation, named);
    }
    if (name == "persist_relation_docs") return Value(persists_docs(host_of(evaluation), "relation"));
    if (name == "persist_column_docs") return Value(persists_docs(host_of(evaluation), "columns"));
    return std::nullopt;
  }

 private:
  // Where dbt kept the batch before there was model.batch, and keeps it still.
  static std::optional<Value> time_of_batch(const ProjectHost& host, const std::string& key) {
    if (!host.state || !host.state->batch) return std::nullopt;
    if (key == "__dbt_internal_microbatch_event_time_start") return datetime_value(host.state->batch->start_us, 0);
    if (key == "__dbt_internal_microbatch_event_time_end") return datetime_value(host.state->batch->end_us, 0);
    return std::nullopt;
  }
  static bool persists_docs(const ProjectHost& host, std::string_view what) {
    const Json* docs = stored(host, "persist_docs");
    return docs && docs->is_object() && docs->get_bool(what).value_or(false);
  }
  static const Json* stored(const ProjectHost& host, const std::string& key) {
    if (!host.node) return nullptr;
    const Json* found = host.node->config->all.find(key);
    return found && !found->is_null() ? found : nullptr;
  }
  static Value get(Evaluation& evaluation, const Arguments& arguments) {
    Binder bind("config.get", arguments, {"name", "default", "validator"}, 1);
    const ProjectHost& host = host_of(evaluation);
    if (host.mode == RenderMode::parse) return Value("");
    if (const auto time = time_of_batch(host, bind[0].as_string())) return *time;
    if (const Json* found = stored(host, bind[0].as_string())) return Value(*found);
    return bind.or_default(1, Value());
  }
  static Value require_key(Evaluation& evaluation, const Arguments& arguments) {
    Binder bind("config.require", arguments, {"name", "validator"}, 1);
    const ProjectHost& host = host_of(evaluation);
    if (host.mode == RenderMode::parse) return Value("");
    if (const Json* found = stored(host, bind[0].as_string())) return Value(*found);
    lacks(evaluation, bind[0].as_string());
  }
  [[noreturn]] static void lacks(Evaluation& evaluation, const std::string& key) {
    const ProjectHost& host = host_of(evaluation);
    const std::string whose = host.node ? host.node->unique_id : std::string("the configuration");
    throw Error(ErrorCode::bad_config, whose + " lacks the config '" + key + "', which is required here")
        .with_span(evaluation.position());
  }
  static Value meta_require(Evaluation& evaluation, const Arguments& arguments) {
    Binder bind("config.meta_require", arguments, {"name", "validator"}, 1);
    const ProjectHost& host = host_of(evaluation);
    if (host.mode == RenderMode::parse) return Value("");
    if (host.node)
      if (const Json* found = host.node->config->meta.find(bind[0].as_string())) return Value(*found);
    lacks(evaluation, bind[0].as_string());
  }
  static Value meta_get(Evaluation& evaluation, const Arguments& arguments) {
    Binder bind("config.meta_get", arguments, {"name", "default", "validator"}, 1);
    const ProjectHost& host = host_of(evaluation);
    if (host.mode == RenderMode::parse) return Value("");
    if (host.node)
      if (const Json* found = host.node->config->meta.find(bind[0].as_string())) return Value(*found);
    return bind.or_default(1, Value());
  }
};

class VarObject final : public tmpl::Object {
 public:
  std::string type_name() const override { return "var"; }
  bool callable() const override { return true; }

  Value call(Evaluation& evaluation, const Arguments& arguments) override {
    Binder bind("var", arguments, {"name", "default"}, 1);
    ProjectHost& host = host_of(evaluation);
    const std::string name = bind[0].str();
    if (host.unit && host.unit->vars)
      if (const Json* given = host.unit->vars->find(name)) return Value(*given);
    const Json* found = host.rendering.variables.find(host.package, name);
    if (found) {
      if (host.capture) host.capture->vars[name] = *found;
      return rendered(evaluation, host, name, *found);
    }
    if (bind.given(1)) {
      if (host.capture) host.capture->vars.try_emplace(name, default_json(bind[1]));
      return bind[1];
    }
    // While the project is read a missing one is None, as in dbt: what needs it may be off this time.
    if (host.mode == RenderMode::parse && !host.needs_vars) {
      if (host.capture) host.capture->vars.try_emplace(name, Json());
      return Value();
    }
    const Json known = host.rendering.variables.merged(host.package);
    std::vector<std::string> names;
    for (const auto& [key, value] : known.as_object()) names.push_back(key);
    throw Error(ErrorCode::missing_var, "Required var '" + name + "' not found in config" + did_you_mean(name, names) +
                                            given_text(host.rendering, known))
        .with_span(evaluation.position())
        .with_hint("set it under `vars:` in dbt_project.yml or with --vars '{" + name + ": …}'");
  }

  std::optional<Value> call_method(Evaluation& evaluation, std::string_view method,
                                   const Arguments& arguments) override {
    if (method != "has_var") return std::nullopt;
    Binder bind("var.has_var", arguments, {"name"}, 1);
    ProjectHost& host = host_of(evaluation);
    const Json* found = host.rendering.variables.find(host.package, bind[0].str());
    if (host.capture) host.capture->vars.try_emplace(bind[0].str(), found ? *found : Json());
    return Value(found != nullptr);
  }

 private:
  // A variable's text may be a template, which sees what stands where it is asked for.
  static Value rendered(Evaluation& evaluation, ProjectHost& host, const std::string& name, const Json& value) {
    if (!value.is_string() || !has_jinja(value.as_string())) return Value(value);
    constexpr int most = 16;
    struct Open {
      int& count;
      explicit Open(int& c) : count(c) { ++count; }
      Open(const Open&) = delete;
      Open& operator=(const Open&) = delete;
      ~Open() { --count; }
    } const open(host.vars_open);
    if (host.vars_open > most)
      throw Error(ErrorCode::template_call, "var '" + name + "' asks for itself: its value is a template that needs it")
          .with_span(evaluation.position());
    return Value(
        tmpl::render_text(evaluation.environment(), evaluation.position().file, value.as_string(), evaluation.host()));
  }

  static void scrub(Json& value, const std::vector<std::string>& secrets) {
    if (value.is_string()) {
      std::string text = value.as_string();
      for (const std::string& secret : secrets) text = replace_all(std::move(text), secret, "*****");
      value = Json(std::move(text));
    } else if (value.is_array()) {
      for (Json& item : value.as_array()) scrub(item, secrets);
    } else if (value.is_object()) {
      for (auto& [key, member] : value.as_object()) scrub(member, secrets);
    }
  }

  // What is set instead: the names, and under dbt's name, which alone gives arguments, also the values as dbt shows
  // them, but for those of secrets, wherever they stand.
  static std::string given_text(const Rendering& rendering, const Json& known) {
    if (known.size() == 0) return {};
    Json::Object sorted = known.as_object();
    std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    if (rendering.arguments.size() == 0) {
      std::vector<std::string> names;
      for (const auto& [name, value] : sorted) names.push_back(name);
      return "; these are set: " + join(names, ", ");
    }
    std::vector<std::string> secrets;
    for (const auto& [name, value] : sorted)
      if (name.starts_with(secret_prefix) && value.is_string() && !trim(value.as_string()).empty())
        secrets.push_back(value.as_string());
    for (auto& [name, value] : sorted) {
      if (name.starts_with(secret_prefix)) value = "*****";
      scrub(value, secrets);
    }
    return "\nVars that are set: " + Json(std::move(sorted)).dump(4);
  }

  static Json default_json(const Value& value) {
    try {
      return value.to_json();
    } catch (const Error&) {
      return Json(value.str());
    }
  }
};

class RelationFactory final : public tmpl::Object {
 public:
  std::string type_name() const override { return "Relation"; }
  std::optional<Value> call_method(Evaluation& evaluation, std::string_view name, const Arguments& arguments) override {
    if (name != "create") return std::nullopt;
    size_t place = 0;
    const auto text = [&](const char* key) {
      const Value* value = place < arguments.positional.size() ? &arguments.positional[place] : arguments.find(key);
      ++place;
      return value && !value->is_none() ? value->str() : std::string();
    };
    const std::string database = text("database"), schema = text("schema"), identifier = text("identifier");
    return make_relation({database, schema, identifier, host_of(evaluation).rendering.quoting}, text("type"));
  }
};

class ColumnFactory final : public tmpl::Object {
 public:
  std::string type_name() const override { return "Column"; }
  bool callable() const override { return true; }
  Value call(Evaluation&, const Arguments& arguments) override {
    Binder bind("api.Column", arguments, {"column", "dtype", "char_size", "numeric_precision", "numeric_scale"}, 2);
    return make_column({bind[0].str(), bind[1].str()});
  }
  std::optional<Value> call_method(Evaluation& evaluation, std::string_view name, const Arguments& arguments) override {
    if (name == "create") return call(evaluation, arguments);
    if (name == "translate_type") {
      const std::string type = Binder("translate_type", arguments, {"dtype"}, 1)[0].str();
      return Value(lower(type) == "string" ? "TEXT" : type);
    }
    if (name == "string_type")
      return Value("character varying(" + Binder("string_type", arguments, {"size"}, 1)[0].str() + ")");
    if (name == "numeric_type") {
      Binder bind("numeric_type", arguments, {"dtype", "precision", "scale"}, 3);
      if (bind[1].is_none() || bind[2].is_none()) return bind[0];
      return Value(bind[0].str() + "(" + bind[1].str() + "," + bind[2].str() + ")");
    }
    return std::nullopt;
  }
};

}  // namespace

Value config_object() { return Value::object(tmpl::make<ConfigObject>()); }
Value var_object() { return Value::object(tmpl::make<VarObject>()); }

Value relation_factory() { return Value::object(tmpl::make<RelationFactory>()); }
Value column_factory() { return Value::object(tmpl::make<ColumnFactory>()); }

Value api_object() {
  tmpl::Dict members;
  members.set(Value("Relation"), relation_factory());
  members.set(Value("Column"), column_factory());
  return Value::object(tmpl::make<tmpl::Record>("api", std::move(members)));
}

}  // namespace weir::project
