// Functions of dbt's context: globals of the environment that work on the host of the evaluation.
#include <algorithm>
#include <utility>

#include "base/hash.h"
#include "base/text.h"
#include "project/called_node.h"
#include "project/context_objects.h"
#include "project/function_reference.h"
#include "project/host.h"
#include "project/input_relation.h"
#include "project/metric_reference.h"
#include "project/python_datetime.h"
#include "project/query_table.h"
#include "project/relation.h"
#include "project/unit_tests.h"
#include "template/arguments.h"
#include "template/evaluation.h"
#include "template/object.h"

namespace weir::project {

using tmpl::Arguments;
using tmpl::Binder;
using tmpl::Evaluation;
using tmpl::Value;

namespace {

bool referable(const Node& node) {
  return node.type == ResourceType::model || node.type == ResourceType::seed || node.type == ResourceType::snapshot;
}

// A node whose rows a unit test gives is a CTE of them.
Value stand_in(ProjectHost& host, const Node& node) {
  if (!host.unit->queries.contains(node.unique_id))
    throw Error(ErrorCode::bad_schema_yaml,
                "the unit test gives no rows for " + node.unique_id + ", which " + host.node->name + " reads")
        .with_hint("add it under given: - input: …, with rows: [] for none");
  Value value = make_relation(node.place(), "cte");
  value.as<Relation>()->cte = cte_name(node);
  host.rendered->ctes.push_back(node.unique_id);
  return value;
}

Value relation_of(ProjectHost& host, const Node& node) {
  if (host.unit) return stand_in(host, node);
  if (node.is_ephemeral() && host.mode == RenderMode::final && host.rendered)
    host.rendered->ctes.push_back(node.unique_id);
  return input_relation(host, node);
}

Ref ref_of(const Arguments& arguments) {
  Ref out;
  if (arguments.positional.empty() || arguments.positional.size() > 2)
    throw Error(ErrorCode::template_call, "ref() takes a name, or a package and a name");
  for (const Value& value : arguments.positional)
    if (!value.is_string()) throw Error(ErrorCode::template_call, "ref() takes text, not a " + value.type_name());
  out.name = arguments.positional.back().as_string();
  if (arguments.positional.size() == 2) out.package = arguments.positional.front().as_string();
  for (const auto& [name, value] : arguments.named) {
    if (name != "v" && name != "version") throw Error(ErrorCode::template_call, "ref() has no argument " + name);
    if (value.is_none()) continue;
    out.version = value.str();
    out.version_is_text = value.is_string();
  }
  return out;
}

Value ref(Evaluation& evaluation, const Arguments& arguments) {
  ProjectHost& host = host_of(evaluation);
  const Ref wanted = ref_of(arguments);
  if (host.mode != RenderMode::final) {
    if (host.capture) host.capture->add_ref({wanted, call_place(evaluation, "ref")});
    return host.node ? relation_of(host, *host.node) : make_relation({host.rendering.target.database, "", wanted.name});
  }
  const Node* found = among_dependencies(host, [&](const Node& node) {
    const bool version = wanted.version ? node.version == *wanted.version : node.version == node.latest_version;
    return referable(node) && node.name == wanted.name && version &&
           (wanted.package.empty() || node.package == wanted.package);
  });
  if (!found)
    throw Error(ErrorCode::undeclared_dependency, "ref('" + wanted.name + "') was not met while the project was read")
        .with_hint("write a comment in the file:  -- depends_on: {{ ref('" + wanted.name + "') }}");
  return relation_of(host, *found);
}

Value source(Evaluation& evaluation, const Arguments& arguments) {
  ProjectHost& host = host_of(evaluation);
  Binder bind("source", arguments, {"source_name", "table_name"}, 2);
  const std::string name = bind[0].as_string(), table = bind[1].as_string();
  if (host.mode != RenderMode::final) {
    if (host.capture) host.capture->add_source({name, table, call_place(evaluation, "source")});
    return host.node ? relation_of(host, *host.node) : make_relation({host.rendering.target.database, name, table});
  }
  const Node* found = among_dependencies(host, [&](const Node& node) {
    return node.type == ResourceType::source && node.source_name == name && node.name == table;
  });
  if (!found)
    throw Error(ErrorCode::undeclared_dependency,
                "source('" + name + "', '" + table + "') was not met while the project was read")
        .with_hint("write a comment in the file:  -- depends_on: {{ source('" + name + "', '" + table + "') }}");
  return relation_of(host, *found);
}

Value env_var(Evaluation& evaluation, const Arguments& arguments) {
  Binder bind("env_var", arguments, {"name", "default"}, 1);
  ProjectHost& host = host_of(evaluation);
  const std::string name = bind[0].as_string();
  const bool secret = name.starts_with(secret_prefix);
  if (secret && host.mode != RenderMode::yaml)
    throw Error(ErrorCode::missing_env_var, "env_var('" + name + "') is a secret: it may be used in profiles.yml only")
        .with_hint("rename the variable so that it does not begin with " + std::string(secret_prefix));
  if (host.unit && host.unit->env_vars)
    if (const Json* given = host.unit->env_vars->find(name))
      return Value(given->is_string() ? given->as_string() : given->dump());
  host.rendering.note_env(name);
  const auto found = host.rendering.env.find(name);
  if (secret && host.secrets && found != host.rendering.env.end()) {
    host.secrets->insert(name);
    return Value(secret_placeholder(name));
  }
  if (found != host.rendering.env.end()) {
    if (host.capture) host.capture->env[name] = secret ? "sha256:" + sha256_hex(found->second) : found->second;
    return Value(found->second);
  }
  if (!bind.given(1) || bind[1].is_none()) {
    std::vector<std::string> names;
    for (const auto& [key, value] : host.rendering.env) names.push_back(key);
    throw Error(ErrorCode::missing_env_var, "environment variable " + name + " is not set" + did_you_mean(name, names))
        .with_hint("set it, or give a default: env_var('" + name + "', '…')");
  }
  if (host.capture) host.capture->env[name] = bind[1].str();
  return bind[1];
}

Value is_incremental_here(Evaluation& evaluation, const Arguments& arguments) {
  Binder bind("is_incremental", arguments, {}, 0);
  const ProjectHost& host = host_of(evaluation);
  return Value(host.mode == RenderMode::final && host.node && host.state && is_incremental(*host.node, *host.state));
}

enum class Says : uint8_t { log, print, warning };

template <Says says>
Value log_line(Evaluation& evaluation, const Arguments& arguments) {
  ProjectHost& host = host_of(evaluation);
  const Value* message = arguments.positional.empty() ? arguments.find("msg") : &arguments.positional.front();
  const Value* info = arguments.positional.size() > 1 ? &arguments.positional[1] : arguments.find("info");
  if (!message) return Value("");
  const bool told = says != Says::log || (info && info->truth());
  const LogLine line{message->str(), says == Says::warning};
  if (host.rendered && told) host.rendered->logged.push_back(line);
  if (host.state && host.state->heard) host.state->heard(line, told);
  if (host.capture && told && says != Says::print) host.capture->logged.push_back(line);
  return Value("");
}

Value run_query(Evaluation& evaluation, const Arguments& arguments) {
  Binder bind("run_query", arguments, {"sql"}, 1);
  ProjectHost& host = host_of(evaluation);
  if (host.capture) host.capture->queries = true;
  if (host.mode != RenderMode::final) return Value();
  const std::string sql = bind[0].str();
  return make_query_table(warehouse_of(evaluation, "run_query").query(sql));
}

Value result_record(Value table, const QueryResult& result) {
  std::vector<Value> rows;
  for (const auto& row : result.rows) rows.push_back(Value::list(std::vector<Value>(row.begin(), row.end())));
  tmpl::Dict members;
  members.set(Value("response"), Value("OK"));
  members.set(Value("data"), Value::list(std::move(rows)));
  members.set(Value("table"), std::move(table));
  return Value::dict(std::move(members));
}

// {% call statement('name', fetch_result=True) %} sql {% endcall %}
Value statement(Evaluation& evaluation, const Arguments& arguments) {
  Binder bind("statement", arguments, {"name", "fetch_result", "auto_begin", "language", "caller"}, 0);
  ProjectHost& host = host_of(evaluation);
  if (host.capture) host.capture->queries = true;
  if (host.mode != RenderMode::final || !bind.given(4)) return Value("");
  const std::string sql = evaluation.call(bind[4], {}).str();
  if (host.state && host.state->executed && bind.given(0) && !bind[0].is_none() && bind[0].str() == "main")
    host.state->executed->push_back(sql);
  const QueryResult result = warehouse_of(evaluation, "statement").query(sql);
  if (bind.given(0) && !bind[0].is_none())
    host.results[bind[0].str()] = result_record(make_query_table(result), result);
  return Value("");
}

Value load_result(Evaluation& evaluation, const Arguments& arguments) {
  Binder bind("load_result", arguments, {"name"}, 1);
  ProjectHost& host = host_of(evaluation);
  const std::string name = bind[0].str();
  const auto found = host.results.find(name);
  if (found == host.results.end()) return Value();
  if (name == "main") return found->second;
  if (found->second.is_none())
    throw Error(ErrorCode::template_call, "the result of statement '" + name + "' was loaded before")
        .with_span(evaluation.position())
        .with_hint("a result is loaded once: keep it, {% set result = load_result('" + name + "') %}");
  return std::exchange(found->second, Value());
}

Value store_result(Evaluation& evaluation, const Arguments& arguments) {
  Binder bind("store_result", arguments, {"name", "response", "agate_table"}, 1);
  tmpl::Dict members;
  members.set(Value("response"), bind[1]);
  members.set(Value("data"), Value::list());
  members.set(Value("table"), bind[2]);
  host_of(evaluation).results[bind[0].str()] = Value::dict(std::move(members));
  return Value("");
}

Value doc(Evaluation& evaluation, const Arguments& arguments) {
  if (arguments.positional.empty()) throw Error(ErrorCode::template_call, "doc() needs the name of a docs block");
  const ProjectHost& host = host_of(evaluation);
  const std::string name = arguments.positional.back().str();
  const std::string package = arguments.positional.size() > 1 ? arguments.positional.front().str() : std::string();
  if (const DocsBlock* found = host.rendering.find_docs(host.package, package, name)) return Value(found->text);
  throw Error(ErrorCode::bad_schema_yaml, "no docs block is called \"" + name + "\"")
      .with_hint("define it in a .md file: {% docs " + name + " %} … {% enddocs %}");
}

Value render_again(Evaluation& evaluation, const Arguments& arguments) {
  Binder bind("render", arguments, {"text"}, 1);
  return Value(
      tmpl::render_text(evaluation.environment(), evaluation.position().file, bind[0].str(), evaluation.host()));
}

[[noreturn]] void raise(Evaluation& evaluation, const std::string& message) {
  throw Error(ErrorCode::raised_by_template, message).with_span(evaluation.position());
}

Value exceptions_value() {
  tmpl::Dict members;
  for (const char* name :
       {"raise_compiler_error", "raise_not_implemented", "raise_dependency_error", "raise_database_error",
        "raise_parsing_error", "raise_fail_fast_error", "missing_config", "missing_relation",
        "raise_invalid_property_yml_version", "raise_contract_error", "column_type_missing"})
    members.set(Value(name), Value::function(name, [](Evaluation& evaluation, const Arguments& arguments) -> Value {
                  raise(evaluation,
                        arguments.positional.empty() ? "a macro stopped the run" : arguments.positional.front().str());
                }));
  for (const char* name : {"warn", "warn_snapshot_timestamp_data_types"})
    members.set(Value(name), Value::function(name, log_line<Says::warning>));
  return Value::object(tmpl::make<tmpl::Record>("exceptions", std::move(members)));
}

// What adapter.dispatch() was before dbt 0.18. Its arguments are those of the macro that it names.
Value adapter_macro(Evaluation& evaluation, const Arguments& arguments) {
  const std::string name = arguments.positional.empty() ? "…" : arguments.positional.front().str();
  throw Error(
      ErrorCode::raised_by_template,
      "The \"adapter_macro\" macro has been deprecated, and it does nothing any more: \"" + name + "\" is not called")
      .with_span(evaluation.position())
      .with_hint("call adapter.dispatch('" + name + "')(…)");
}

Value try_or_compiler_error(Evaluation& evaluation, const Arguments& arguments) {
  if (arguments.positional.size() < 2)
    throw Error(ErrorCode::template_call, "try_or_compiler_error needs a message and a function");
  Arguments rest;
  rest.positional.assign(arguments.positional.begin() + 2, arguments.positional.end());
  rest.named = arguments.named;
  try {
    return evaluation.call(arguments.positional[1], rest);
  } catch (const Error&) {
    raise(evaluation, arguments.positional.front().str());
  }
}

// A function of ours that is a macro in dbt.
tmpl::Function dbts_macro(const char* name, tmpl::Function function) {
  return [id = std::string("macro.dbt.") + name, function = std::move(function)](Evaluation& evaluation,
                                                                                 const Arguments& arguments) {
    Capture* const capture = host_of(evaluation).capture;
    if (capture && !evaluation.in_call()) capture->add_called(id);
    return function(evaluation, arguments);
  };
}

void add_builtins(tmpl::Environment& environment) {
  tmpl::Dict members;
  members.set(Value("ref"), Value::function("ref", ref));
  members.set(Value("source"), Value::function("source", source));
  members.set(Value("metric"), Value::function("metric", metric_reference));
  members.set(Value("function"), Value::function("function", function_reference));
  members.set(Value("config"), config_object());
  members.set(Value("var"), var_object());
  members.set(Value("env_var"), Value::function("env_var", env_var));
  members.set(Value("is_incremental"),
              Value::function("is_incremental", dbts_macro("is_incremental", is_incremental_here)));
  members.set(Value("log"), Value::function("log", log_line<Says::log>));
  for (const auto& entry : members.entries()) environment.add_global(entry.key.as_string(), entry.value);
  environment.add_global("builtins", Value::object(tmpl::make<tmpl::Record>("builtins", std::move(members))));
}

}  // namespace

bool is_dbts_macro(std::string_view name) {
  return name == "is_incremental" || name == "run_query" || name == "statement";
}

void add_globals(tmpl::Environment& environment) {
  const auto add = [&environment](const char* name, tmpl::Function function) {
    environment.add_global(name, Value::function(name, std::move(function)));
  };
  add_builtins(environment);
  add_conversions(environment);
  environment.add_global("adapter", adapter_object());
  environment.add_global("api", api_object());
  environment.add_global("exceptions", exceptions_value());
  environment.add_global("modules", modules_value());
  add("print", log_line<Says::print>);
  add("run_query", dbts_macro("run_query", run_query));
  add("statement", dbts_macro("statement", statement));
  add("load_result", load_result);
  add("store_result", store_result);
  add("doc", doc);
  add("render", render_again);
  add("try_or_compiler_error", try_or_compiler_error);
  add("adapter_macro", adapter_macro);
}

}  // namespace weir::project
