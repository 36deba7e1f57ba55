#include "project/generic_tests.h"

#include <algorithm>
#include <array>

#include "base/hash.h"
#include "base/text.h"
#include "project/config.h"
#include "project/relation.h"
#include "project/yaml_values.h"

namespace weir::project {

using tmpl::Value;

namespace {

constexpr std::array<const char*, 14> config_arguments = {
    "severity",  "tags",           "enabled",           "where", "limit",    "warn_if", "error_if",
    "fail_calc", "store_failures", "store_failures_as", "meta",  "database", "schema",  "alias"};

Error bad(const std::string& message, const Span& span) {
  return Error(ErrorCode::bad_schema_yaml, message).with_span(span);
}

// Python's str() of a YAML scalar, str(list), str(dict).
std::string python_text(const Json& value) { return Value(value).str(); }

bool word_char(char c) { return c == '_' || (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z'); }

std::string underscored(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (word_char(c))
      out += c;
    else if (out.empty() || out.back() != '\1')
      out += '\1';
  }
  return replace_all(out, "\1", "_");
}

struct Names {
  std::string brief, full;
};

// What identifies a test by its type, its target and its arguments; shortened to at most 63 characters for file names.
Names synthesized(const std::string& type, const std::string& target, const Json& arguments) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : arguments.as_object())
    if (key != "model") keys.push_back(key);
  std::sort(keys.begin(), keys.end());
  std::vector<std::string> parts;
  for (const std::string& key : keys) {
    const Json& value = arguments.at(key);
    if (value.is_array()) {
      for (const Json& item : value.as_array()) parts.push_back(underscored(python_text(item)));
    } else if (value.is_object()) {
      for (const auto& [name, item] : value.as_object()) parts.push_back(underscored(python_text(item)));
    } else {
      parts.push_back(underscored(python_text(value)));
    }
  }
  const std::string identifier = type + "_" + target;
  Names out;
  out.full = identifier + "_" + join(parts, "__");
  out.brief = out.full.size() >= 64 ? identifier.substr(0, 30) + "_" + md5_hex(out.full) : out.full;
  return out;
}

// Everything but lists and mappings as Python's text of it, keys sorted: what dbt hashes.
Value hashable(const Json& value) {
  if (value.is_array()) {
    std::vector<Value> items;
    for (const Json& item : value.as_array()) items.push_back(hashable(item));
    return Value::list(std::move(items));
  }
  if (!value.is_object()) return Value(python_text(value));
  Json::Object members = value.as_object();
  std::sort(members.begin(), members.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  tmpl::Dict out;
  for (const auto& [key, item] : members) out.set(Value(key), hashable(item));
  return Value::dict(std::move(out));
}

struct Parts {
  std::string space, name;  // "dbt_utils", "accepted_range"
  Json arguments = Json::object();
  Json config = Json::object();
  std::string custom_name, description;
};

bool is_test_name(std::string_view text) {
  const size_t dot = text.find('.');
  const auto word = [](std::string_view part) {
    return !part.empty() && !(part[0] >= '0' && part[0] <= '9') && std::all_of(part.begin(), part.end(), word_char);
  };
  return dot == std::string_view::npos ? word(text) : word(text.substr(0, dot)) && word(text.substr(dot + 1));
}

void take_name(Parts& parts, const std::string& written, const Span& span) {
  if (!is_test_name(written)) throw bad("\"" + written + "\" is no name of a test", span);
  const size_t dot = written.find('.');
  parts.space = dot == std::string::npos ? "" : written.substr(0, dot);
  parts.name = dot == std::string::npos ? written : written.substr(dot + 1);
}

bool is_config_argument(std::string_view key) {
  return std::find(config_arguments.begin(), config_arguments.end(), key) != config_arguments.end();
}

bool wants_arguments_apart(const Rendering& rendering) {
  return rendering.flag("require_generic_test_arguments_property", true);
}

// What dbt calls deprecated in how a test is written.
void note_old_ways(const Parts& parts, const Json& given, const Rendering& rendering, const Span& span,
                   std::vector<Diagnostic>& warnings) {
  const Json data = Json::object().set("test_name", parts.name);
  const Json* nested = given.find("arguments");
  if (!wants_arguments_apart(rendering)) {
    if (nested)
      warnings.push_back({"test " + parts.name +
                              " has arguments, which the flag require_generic_test_arguments_property "
                              "turns off",
                          "leave the flag out", span, "ArgumentsPropertyInGenericTestDeprecation", data});
    return;
  }
  bool loose = false;
  for (const auto& [key, value] : given.as_object()) {
    if (is_config_argument(key))
      warnings.push_back({key + " of test " + parts.name + " stands beside its config", "write it below config:", span,
                          "PropertyMovedToConfigDeprecation",
                          Json::object()
                              .set("key", key)
                              .set("file", span.file)
                              .set("key_path", "data_tests." + parts.name + "." + key)});
    else
      loose = loose ||
              (key != "config" && key != "column_name" && key != "name" && key != "description" && key != "arguments");
  }
  if (loose && (!nested || nested->size() == 0))
    warnings.push_back({"the arguments of test " + parts.name + " stand beside its config",
                        "write them below arguments:", span, "MissingArgumentsPropertyInGenericTestDeprecation", data});
}

Parts take_apart(const Yaml& yaml, const std::string& column, const Rendering& rendering,
                 std::vector<Diagnostic>& warnings) {
  Parts out;
  Json given = Json::object();
  if (yaml.kind == Yaml::Kind::scalar) {
    take_name(out, yaml.text, yaml.span);
  } else if (yaml.kind != Yaml::Kind::mapping) {
    throw bad("a test must be a name, or a mapping of a name to its arguments", yaml.span);
  } else if (const Yaml* name = yaml.find("test_name")) {
    take_name(out, name->as_string(), name->span);
    given = yaml.to_json();
    given.erase("test_name");
  } else {
    if (yaml.members.size() != 1)
      throw bad("a test must have one key, its name; here are " + std::to_string(yaml.members.size()), yaml.span)
          .with_hint("indent the test's arguments and config below its name");
    const auto& [key, value] = yaml.members.front();
    take_name(out, key.text, key.span);
    if (!value.is_null() && value.kind != Yaml::Kind::mapping)
      throw bad("the arguments of test " + key.text + " must be a mapping", value.span);
    if (!value.is_null()) given = value.to_json();
  }
  note_old_ways(out, given, rendering, yaml.span, warnings);
  if (!column.empty()) given.set("column_name", column);
  if (const Json* nested = given.find("arguments"); nested && nested->is_object()) {
    const Json arguments = *nested;
    given.erase("arguments");
    for (const auto& [key, value] : arguments.as_object()) given.set(key, value);
  }
  if (given.find("model")) throw bad("a test may not have an argument called model", yaml.span);
  if (const Json* config = given.find("config"); config && !config->is_null()) {
    if (!config->is_object()) throw bad("config of a test must be a mapping", yaml.span);
    out.config = *config;
  }
  given.erase("config");
  for (const char* key : config_arguments)
    if (const Json* value = given.find(key)) {
      if (!value->is_null() && out.config.find(key))
        throw bad("a test may not have " + std::string(key) + " both beside its config and in it", yaml.span);
      if (!value->is_null()) out.config.set(key, *value);
      given.erase(key);
    }
  out.custom_name = given.get_string("name").value_or("");
  given.erase("name");
  out.description = given.get_string("description").value_or("");
  given.erase("description");
  out.arguments = std::move(given);
  return out;
}

// A test's config knows variables and the target. What it depends on is what the test is of, so that it can name no
// node, and it is read before there are macros for it.
Json rendered_text(const Parts& parts, const std::string& key, const std::string& text, const YamlValues& values,
                   const Capture& capture, const Span& span) {
  const std::string place = "Invalid generic test configuration: " + key + " of " + parts.name;
  try {
    Json out = values.text(text, span);
    if (capture.refs.empty() && capture.sources.empty() && capture.metrics.empty() && capture.functions.empty())
      return out;
    throw bad(place + " names a node", span)
        .with_hint("ref() and source() stand in a test's arguments, not its config");
  } catch (Error& error) {
    if (error.code() != ErrorCode::template_undefined) throw;
    throw bad(place + ": " + error.message(), span).with_hint("var(), env_var() and target are there, macros are not");
  }
}

Json rendered_config(const Parts& parts, const YamlValues& values, const Capture& capture, const Span& span) {
  Json out = Json::object();
  for (const auto& [key, value] : parts.config.as_object()) {
    Json rendered = value.is_string() ? rendered_text(parts, key, value.as_string(), values, capture, span) : value;
    if (!rendered.is_null()) out.set(key, std::move(rendered));  // None says nothing, as in dbt
  }
  Json merged = Json::object();
  merge_config(merged, out);
  return merged;
}

bool is_call(std::string_view text) {
  const std::string_view t = trim(text);
  if (!t.ends_with(")")) return false;
  for (const std::string_view name : {"env_var", "ref", "var", "source", "doc"})
    if (t.starts_with(name) && trim(t.substr(name.size())).starts_with("(")) return true;
  return false;
}

Value evaluated(const Json& value, ProjectHost& host, const Span& span) {
  if (value.is_string()) {
    const std::string text = is_call(value.as_string()) ? "{{ " + value.as_string() + " }}" : value.as_string();
    if (!has_jinja(text)) return Value(text);
    try {
      return host.rendering.environment.compile(span.file, text, span.line)->render_native(host);
    } catch (Error& error) {
      error.with_span(span);
      throw;
    }
  }
  if (value.is_array()) {
    std::vector<Value> items;
    for (const Json& item : value.as_array()) items.push_back(evaluated(item, host, span));
    return Value::list(std::move(items));
  }
  if (!value.is_object()) return Value(value);
  tmpl::Dict out;
  for (const auto& [key, item] : value.as_object()) out.set(Value(key), evaluated(item, host, span));
  return Value::dict(std::move(out));
}

Json plain(const Value& value) {
  if (const auto* relation = value.as<Relation>()) return Json(relation->str());
  if (value.is_list() || value.is_tuple()) {
    Json out = Json::array();
    for (const Value& item : value.items()) out.push_back(plain(item));
    return out;
  }
  if (!value.is_dict()) return value.to_json();
  Json out = Json::object();
  for (const auto& entry : value.as_dict().entries()) out.set(entry.key.str(), plain(entry.value));
  return out;
}

// The target's call as dbt writes it into the test's `model` argument.
std::string target_call(const TestTarget& target) {
  if (target.is_source) return "source('" + target.source + "', '" + target.table + "')";
  return "ref('" + target.name + "'" + (target.version.empty() ? "" : ", version='" + target.version + "'") + ")";
}

}  // namespace

tmpl::Dict test_arguments(const Json& written, ProjectHost& host, const Span& span) {
  tmpl::Dict out;
  for (const auto& [key, value] : written.as_object())
    out.set(Value(key), key == "column_name" ? Value(value) : evaluated(value, host, span));
  return out;
}

Json plain_arguments(const tmpl::Dict& arguments) {
  Json out = Json::object();
  for (const auto& entry : arguments.entries()) out.set(entry.key.str(), plain(entry.value));
  return out;
}

void note_test_macro(const Node& test, const Rendering& rendering, Capture& capture) {
  const MacroEntry* macro = rendering.macros.by_id(test.test->macro);
  require(macro != nullptr, "a test of the project has a macro");
  ProjectHost host(rendering, RenderMode::parse, test.package);
  host.node = &test;
  const tmpl::Dict arguments = test_arguments(test.test->written, host, test.span);  // noted already
  host.capture = &capture;
  tmpl::Evaluation evaluation(rendering.environment, host);
  tmpl::Arguments call;
  call.named.emplace_back("model", make_relation({rendering.target.database, rendering.target.schema, test.name}));
  if (!test.test->column.empty()) call.named.emplace_back("column_name", Value(test.test->column));
  for (const auto& entry : arguments.entries()) call.named.emplace_back(entry.key.str(), entry.value);
  evaluation.call(evaluation.macro(macro->file, macro->name), call);
}

namespace {

Names names_of(const Parts& parts, const TestTarget& target) {
  if (!parts.custom_name.empty()) return {parts.custom_name, parts.custom_name};
  std::string type = target.is_source ? "source_" + parts.name : parts.name;
  if (!parts.space.empty()) type = parts.space + "_" + type;
  std::string tested = target.is_source ? target.source + "_" + target.table : target.name;
  if (!target.version.empty()) tested += "_v" + target.version;
  return synthesized(type, tested, parts.arguments);
}

// What dbt makes the hash in a test's id of.
Json metadata_of(const Parts& parts, const TestTarget& target) {
  Json kwargs = parts.arguments;
  kwargs.set("model", "{{ get_where_subquery(" + target_call(target) + ") }}");
  return Json::object()
      .set("namespace", parts.space.empty() ? Json() : Json(parts.space))
      .set("name", parts.name)
      .set("kwargs", std::move(kwargs));
}

// Without its arguments.
TestInfo info_of(Parts& parts, const TestTarget& target, const MacroEntry* macro) {
  TestInfo test;
  test.kind = parts.space.empty() ? parts.name : parts.space + "." + parts.name;
  test.column = parts.arguments.get_string("column_name").value_or("");
  test.attached_node = target.unique_id;
  if (macro && macro->package != standard_package) test.macro = macro->unique_id;
  parts.arguments.erase("column_name");
  test.written = parts.arguments;
  return test;
}

}  // namespace

GenericTest make_generic_test(const TestEntry& entry, const TestTarget& target, const SourceFile& file,
                              const Rendering& rendering) {
  const Span& span = entry.yaml.span;
  GenericTest out;
  Parts parts =
      take_apart(entry.yaml, entry.quote ? quote_identifier(entry.column) : entry.column, rendering, out.warnings);
  Node& node = out.node;
  const YamlValues values(rendering, file.package, &out.capture);
  NodeConfig config;
  config.all = rendered_config(parts, values, out.capture, span);
  merge_config(node.unrendered_config, parts.config);

  const Names names = names_of(parts, target);
  if (names.brief != names.full && !config.all.find("alias")) config.all.set("alias", names.brief);
  node.config = std::move(config);

  const std::string metadata = hashable(metadata_of(parts, target)).repr();
  const std::string hash = md5_hex(names.full + metadata).substr(22);

  node.type = ResourceType::test;
  node.package = file.package;
  node.name = names.full;
  node.unique_id = "test." + file.package + "." + names.full + "." + hash;
  node.fqn = {file.package};
  for (const std::string& folder : file.folders()) node.fqn.push_back(folder);
  node.fqn.push_back(names.full);
  node.file = file.file;
  node.path = names.brief + ".sql";
  node.patch_file = file.file;
  node.span = span;
  node.description = parts.description;
  node.tags = entry.tags;
  const std::string macro_name = "test_" + parts.name;
  node.raw =
      "{{ " + (parts.space.empty() ? macro_name : parts.space + "." + macro_name) + "(**_dbt_generic_test_kwargs) }}";
  node.raw_sha256 = sha256_hex(node.raw + metadata);
  node.sql = true;

  TestInfo test = info_of(parts, target,
                          parts.space.empty() ? rendering.macros.lookup(file.package, macro_name)
                                              : rendering.macros.find(parts.space, macro_name));
  test.of_column = !entry.column.empty();
  ProjectHost host(rendering, RenderMode::parse, file.package);
  host.capture = &out.capture;
  // As in dbt, where what is tested is the last argument, and not looked at for tests that have no other.
  const std::string called = test.macro.empty() ? "macro.dbt." + macro_name : test.macro;
  out.capture.add_called(called);
  test.args = plain_arguments(test_arguments(test.written, host, span));
  const bool alone = called == "macro.dbt.test_not_null" || called == "macro.dbt.test_unique";
  if (!alone) out.capture.add_called(dbts_macro_id(*rendering.macros.lookup(file.package, "get_where_subquery")));
  if (target.is_source)
    out.capture.add_source({target.source, target.table, span});
  else
    out.capture.add_ref({{"", target.name, target.version.empty() ? std::nullopt : std::optional(target.version),
                          !alone && !target.version.empty()},
                         span});
  node.test = std::move(test);
  return out;
}

}  // namespace weir::project
