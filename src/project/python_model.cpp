#include "project/python_model.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "project/config.h"
#include "project/python_json.h"
#include "project/python_source.h"
#include "template/value.h"

namespace weir::project {

namespace {

std::string version_of(const PythonCall& call) {
  for (const auto& [name, value] : call.named)
    if (!value.is_null()) return value.is_string() ? value.as_string() : value.dump();
  return {};
}

void take_config(const PythonCall& call, Capture& capture) {
  Json more = Json::object();
  if (!call.arguments.empty() && call.arguments[0].is_object()) more = call.arguments[0];
  for (const auto& [name, value] : call.named) more.set(name, value);
  capture.config_span = call.span;
  merge_config(capture.config, more);
}

// Keys that the program asks for and their defaults, as dbt keeps them in the configuration.
struct KeysUsed {
  Json keys = Json::array(), defaults = Json::array();
  void add(const PythonCall& call) {
    keys.push_back(call.arguments[0]);
    defaults.push_back(call.arguments.size() > 1 ? call.arguments[1]
                       : !call.named.empty()     ? call.named.front().second
                                                 : Json());
  }
};

// A call in Jinja, and the key by which the program finds what it gives.
struct InputCall {
  std::string key, call;
  bool source = false;
};

std::vector<InputCall> input_calls(const Node& node) {
  const auto quoted = [](const std::string& text) { return Json(text).dump(); };
  std::vector<InputCall> out;
  const auto add = [&](InputCall made) {
    const auto same = [&](const InputCall& known) { return known.key == made.key && known.source == made.source; };
    if (std::none_of(out.begin(), out.end(), same)) out.push_back(std::move(made));
  };
  for (const Ref& ref : node.refs) {
    InputCall made;
    made.key = (ref.package.empty() ? "" : ref.package + ".") + ref.name;
    made.call = "builtins.ref(" + (ref.package.empty() ? "" : quoted(ref.package) + ", ") + quoted(ref.name);
    if (ref.version) {
      made.key += ".v" + *ref.version;
      made.call += ", v=" + quoted(*ref.version);
    }
    made.call += ")";
    add(std::move(made));
  }
  for (const auto& [source, table] : node.sources)
    add({source + "." + table, "builtins.source(" + quoted(source) + ", " + quoted(table) + ")", true});
  return out;
}

std::string rendered_call(const Project& project, const Node& node, const RenderState& state, const std::string& text) {
  return render_text(project, &node, text, "inputs of " + node.name, state).sql;
}

// The relation as such: without what --empty, --sample and batches leave of it.
std::string plain_relation(const Project& project, const Node& node, const RenderState& state, const InputCall& call) {
  std::string text = rendered_call(project, node, state, "{{ " + call.call + ".render() }}");
  // An ephemeral model comes as a query with its name at the end.
  const size_t cte = text.rfind("__dbt__cte__");
  return cte == std::string::npos ? text : text.substr(cte);
}

std::string relations(const Project& project, const Node& node, const RenderState& state, bool sources) {
  Json out = Json::object();
  for (const InputCall& call : input_calls(node))
    if (call.source == sources) out.set(call.key, plain_relation(project, node, state, call));
  return python_json(out, false);
}

// What a key of the configuration says, as a literal of Python.
std::string settings_used(const Node& node, const char* which) {
  const bool meta = std::string_view(which) == "meta";
  const Json& from = meta ? node.config->meta : node.config->all;
  const Json* keys = node.config->all.find(std::string(which) + "_keys_used");
  const Json* defaults = node.config->all.find(std::string(which) + "_keys_defaults");
  Json out = Json::object();
  if (!keys || !keys->is_array() || !defaults || defaults->size() != keys->size()) return "{}";
  for (size_t i = 0; i < keys->size(); i++) {
    const std::string& key = keys->as_array()[i].as_string();
    const Json* found = from.find(key);
    if (key == "materialized" && !meta)
      out.set(key, node.config->materialized);
    else
      out.set(key, found ? *found : defaults->as_array()[i]);
  }
  return tmpl::Value(out).str();
}

}  // namespace

std::vector<Error> take_python_source(const Node& node, Capture& capture) {
  PythonSource source = read_python_source(node.raw, node.span.file);
  KeysUsed config, meta;
  for (const PythonCall& call : source.calls) {
    if (call.function == "ref") {
      Ref ref;
      ref.name = call.arguments.back().as_string();
      if (call.arguments.size() == 2) ref.package = call.arguments.front().as_string();
      if (const std::string version = version_of(call); !version.empty()) ref.version = version;
      capture.add_ref({std::move(ref), call.span});
    } else if (call.function == "source") {
      capture.add_source({call.arguments[0].as_string(), call.arguments[1].as_string(), call.span});
    } else if (call.function == "config") {
      take_config(call, capture);
    } else {
      (call.function == "config.get" ? config : meta).add(call);
    }
  }
  if (config.keys.size() + meta.keys.size() > 0)
    capture.config.set("config_keys_used", config.keys)
        .set("config_keys_defaults", config.defaults)
        .set("meta_keys_used", meta.keys)
        .set("meta_keys_defaults", meta.defaults);
  return std::move(source.errors);
}

std::string python_program(const Project& project, const Node& node, const RenderState& state) {
  const std::string own = node.relation_text();
  const auto literal = [](const std::string& text) { return python_json(Json(text), false); };
  std::string out(node.raw);
  while (!out.empty() && (out.back() == '\n' || out.back() == ' ')) out.pop_back();
  out += "\n\n\n# ---- What stands above is the model. What follows gives it `dbt`; it is made anew for each run.\n\n";
  out += "def ref(*names, dbt_load_df_function=None, v=None, version=None):\n";
  out += "    relations = " + relations(project, node, state, false) + "\n";
  out += "    wanted = v or version\n";
  out += "    key = \".\".join(names) + (f\".v{wanted}\" if wanted else \"\")\n";
  out += "    return dbt_load_df_function(relations[key])\n\n\n";
  out += "def source(*names, dbt_load_df_function):\n";
  out += "    relations = " + relations(project, node, state, true) + "\n";
  out += "    return dbt_load_df_function(relations[\".\".join(names)])\n\n\n";
  out += "config_dict = " + settings_used(node, "config") + "\n";
  out += "meta_dict = " + settings_used(node, "meta") + "\n\n\n";
  out += "class config:\n    def __init__(self, *args, **kwargs):\n        pass\n\n";
  out += "    @staticmethod\n    def get(key, default=None):\n        return config_dict.get(key, default)\n\n";
  out += "    @staticmethod\n    def meta_get(key, default=None):\n        return meta_dict.get(key, default)\n\n\n";
  out += "class this:\n    database = " + literal(node.database) + "\n    schema = " + literal(node.schema) +
         "\n    identifier = " + literal(node.alias) + "\n\n";
  out += "    def __repr__(self):\n        return " + literal(own) + "\n\n\n";
  out += "class dbtObj:\n    def __init__(self, load_df_function):\n";
  out += "        self.ref = lambda *names, **options: ref(*names, dbt_load_df_function=load_df_function, **options)\n";
  out += "        self.source = lambda *names: source(*names, dbt_load_df_function=load_df_function)\n";
  out += "        self.config = config\n        self.this = this()\n        self.is_incremental = ";
  return out + (is_incremental(node, state) ? "True" : "False");
}

std::vector<PythonInput> python_inputs(const Project& project, const Node& node, const RenderState& state) {
  std::vector<PythonInput> out;
  std::set<std::string> seen;
  for (const InputCall& call : input_calls(node)) {
    PythonInput input;
    input.relation = plain_relation(project, node, state, call);
    if (!seen.insert(input.relation).second) continue;
    input.query = rendered_call(project, node, state, "select * from {{ " + call.call + " }}");
    const std::string parts = rendered_call(
        project, node, state,
        "{% set r = " + call.call + " %}{{ [r.database, r.schema, r.identifier] | map('string') | list | tojson }}");
    const Json names = Json::parse(parts.substr(parts.find('[')));
    input.place = {names.as_array()[0].as_string(), names.as_array()[1].as_string(), names.as_array()[2].as_string()};
    out.push_back(std::move(input));
  }
  const std::string own = node.relation_text();
  if (is_incremental(node, state) && read_python_source(node.raw, node.span.file).reads_this && seen.insert(own).second)
    out.push_back({own, "select * from " + own, {node.database, node.schema, node.alias}});
  return out;
}

}  // namespace weir::project
