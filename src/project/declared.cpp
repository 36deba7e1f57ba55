#include "project/declared.h"

#include <algorithm>
#include <cctype>
#include <map>

#include "base/text.h"
#include "project/config.h"
#include "project/host.h"
#include "project/semantic_values.h"

namespace weir::project {

namespace {

Error wrong(const Declared& item, const std::string& what) {
  return Error(ErrorCode::bad_schema_yaml, item.kind + " " + item.name + ": " + what).with_span(item.span);
}

std::string python_like(const Json& value) { return value.is_string() ? "'" + value.as_string() + "'" : value.dump(); }

void check_metric_name(const Declared& item) {
  const auto allowed = [](unsigned char c) { return std::isalnum(c) || c == '_'; };
  if (item.name.find(' ') != std::string::npos) throw wrong(item, "its name cannot contain spaces");
  if (!std::all_of(item.name.begin(), item.name.end(), allowed))
    throw wrong(item, "its name must contain only letters, numbers and underscores");
  if (!std::isalpha(static_cast<unsigned char>(item.name.front())))
    throw wrong(item, "its name must begin with a letter");
  if (item.name.size() > 250) throw wrong(item, "its name cannot contain more than 250 characters");
}

void check_metric(const Declared& item) {
  check_metric_name(item);
  static const std::vector<std::string> types = {"simple", "ratio", "cumulative", "derived", "conversion"};
  const std::string type = lower(item.body.get_string("type").value_or(""));
  if (std::find(types.begin(), types.end(), type) == types.end())
    throw wrong(item, "it needs a type: " + join(types, ", ")).with_hint("type: simple");
  if (!item.body.get_string("label")) throw wrong(item, "it needs a label");
  const Json* params = item.body.find("type_params");
  if (!params || !params->is_object()) throw wrong(item, "it needs type_params, a mapping");
  const auto needs = [&](const char* key) {
    const Json* value = params->find(key);
    if (!value || value->is_null()) throw wrong(item, "a metric of type " + type + " needs type_params." + key);
  };
  if (type == "simple" || type == "cumulative") needs("measure");
  if (type == "conversion") needs("conversion_type_params");
  if (type == "ratio")
    for (const char* key : {"numerator", "denominator"}) needs(key);
}

void check_exposure(const Declared& item) {
  const auto type = item.body.get_string("type");
  static const std::vector<std::string> types = {"dashboard", "notebook", "analysis", "ml", "application"};
  if (!type || std::find(types.begin(), types.end(), lower(*type)) == types.end())
    throw wrong(item, "it needs a type: " + join(types, ", "));
  const Json* owner = item.body.find("owner");
  if (!owner || !owner->is_object() || (!owner->get_string("name") && !owner->get_string("email")))
    throw wrong(item, "it needs an owner with a name or an email");
}

// What a metric reads: measures, as mappings with their name, and names of metrics.
struct Inputs {
  std::vector<Json> measures;
  std::vector<std::string> metrics;
};
void add_measure(const Json& holder, const char* key, std::vector<Json>& measures) {
  const Json* written = holder.find(key);
  if (!written) return;
  Json measure = metric_input(*written);
  if (measure.is_object() && measure.get_string("name")) measures.push_back(std::move(measure));
}
void add_name(const Json& holder, const char* key, std::vector<std::string>& names) {
  const Json* input = holder.find(key);
  if (!input) return;
  if (input->is_string()) names.push_back(input->as_string());
  if (const auto name = input->is_object() ? input->get_string("name") : std::nullopt) names.push_back(*name);
}
Inputs inputs_of(const Declared& metric) {
  Inputs out;
  const Json* params = metric.body.find("type_params");
  if (!params || !params->is_object()) return out;
  add_measure(*params, "measure", out.measures);
  if (const Json* conversion = params->find("conversion_type_params"); conversion && conversion->is_object())
    for (const char* key : {"base_measure", "conversion_measure"}) add_measure(*conversion, key, out.measures);
  if (const Json* cumulative = params->find("cumulative_type_params"); cumulative && cumulative->is_object())
    add_name(*cumulative, "metric", out.metrics);
  for (const char* key : {"numerator", "denominator"}) add_name(*params, key, out.metrics);
  if (const Json* list = params->find("metrics"); list && list->is_array())
    for (const Json& one : list->as_array()) add_name(Json::object().set("name", one), "name", out.metrics);
  return out;
}

void add_once(std::vector<std::string>& list, const std::string& id) {
  if (std::find(list.begin(), list.end(), id) == list.end()) list.push_back(id);
}

// Measures by name, with the semantic model that has them.
std::map<std::string, const Declared*> measures_of(const std::vector<Declared>& items) {
  std::map<std::string, const Declared*> out;
  for (const Declared& item : items) {
    const Json* measures = item.kind == "semantic_model" ? item.body.find("measures") : nullptr;
    if (!measures || !measures->is_array()) continue;
    for (const Json& measure : measures->as_array())
      if (const auto name = measure.get_string("name")) out.emplace(*name, &item);
  }
  return out;
}

const Declared* named(const std::vector<Declared>& items, const std::string& kind, const std::string& name) {
  for (const Declared& item : items)
    if (item.kind == kind && item.name == name) return &item;
  return nullptr;
}

// The measures that a metric reads, itself or through metrics. `depth` ends circles.
void gather_measures(const Declared& metric, const std::vector<Declared>& items, std::vector<Json>& out, int depth) {
  if (depth > 32) return;
  const Inputs inputs = inputs_of(metric);
  for (const Json& measure : inputs.measures)
    if (std::find(out.begin(), out.end(), measure) == out.end()) out.push_back(measure);
  for (const std::string& name : inputs.metrics)
    if (const Declared* input = named(items, "metric", name)) gather_measures(*input, items, out, depth + 1);
}

void set_input_measures(Declared& metric, const std::vector<Declared>& items) {
  std::vector<Json> measures;
  gather_measures(metric, items, measures, 0);
  if (Json* params = metric.body.find("type_params"); params && params->is_object())
    params->set("input_measures", Json(Json::Array(measures.begin(), measures.end())));
}

}  // namespace

bool DeclaredResolver::settle(Declared& item) const {
  if (item.kind == "group") return true;
  if (item.kind == "metric") check_metric(item);
  if (item.kind == "exposure") check_exposure(item);
  configure(item);
  const Json* enabled = item.config.find("enabled");
  if (enabled && !enabled->is_null() && !enabled->is_bool())
    throw wrong(item,
                "config enabled must be true or false, and " + python_like(*enabled) + " is not of type 'boolean'")
        .with_hint("write true or false");
  if (enabled && enabled->is_bool() && !enabled->as_bool()) return false;
  read_calls(item);
  return true;
}

void DeclaredResolver::configure(Declared& item) const {
  const auto lay = [&](const ProjectFile& file) {
    const Json* tree = file.declared.find(item.kind);
    if (!tree) return;
    // Of exposures the whole tree may have a meta without a "+" in front.
    if (const Json* meta = item.kind == "exposure" ? tree->find("meta") : nullptr)
      merge_config(item.config, Json::object().set("meta", *meta));
    for (const Json& level : tree_levels(*tree, item.fqn)) merge_config(item.config, level);
  };
  for (const ProjectFile& file : packages_)
    if (file.name == item.package) lay(file);
  // What stands beside `config` counts as well, as on models.
  for (const char* key : {"meta", "tags"})
    if (const Json* value = item.body.find(key); value && item.kind != "saved_query" && item.kind != "metric")
      merge_config(item.config, Json::object().set(key, *value));
  if (const Json* own = item.body.find("config"); own && own->is_object()) merge_config(item.config, *own);
  if (item.package != packages_.front().name) lay(packages_.front());
}

void DeclaredResolver::read_calls(Declared& item) const {
  Capture capture;
  std::vector<Json> calls;
  if (const Json* list = item.body.find("depends_on"); list && list->is_array()) calls = list->as_array();
  if (const Json* model = item.body.find("model"); model && item.kind == "semantic_model") calls.push_back(*model);
  for (const Json& call : calls) try {
      ProjectHost host(rendering_, RenderMode::parse, item.package);
      host.capture = &capture;
      if (call.is_string())
        rendering_.environment.compile(item.span.file, "{{ " + call.as_string() + " }}", item.span.line)->render(host);
    } catch (Error& error) {
      errors_.push_back(std::move(error.add_context(item.unique_id)));
    }
  const auto unknown = [&](ErrorCode code, const std::string& what) {
    errors_.push_back(Error(code, what).with_span(item.span).add_context(item.unique_id));
  };
  // Sources first, as dbt has them in depends_on.
  for (const SourceCall& call : capture.sources) {
    item.sources.emplace_back(call.source, call.table);
    if (const Node* node = names_.source(call.source, call.table, item.package))
      item.depends_on.push_back(node->unique_id);
    else
      unknown(ErrorCode::unknown_source, "no source table \"" + call.source + "." + call.table + "\" is declared");
  }
  for (const RefCall& call : capture.refs) {
    item.refs.push_back(call.ref);
    if (const Node* node = names_.ref(call.ref, item.package)) {
      item.depends_on.push_back(node->unique_id);
      const Json& config = node->config->all;
      if (node->type == ResourceType::model && config.get_string("access") == "private" &&
          config.get_string("group") != item.config.get_string("group"))
        unknown(ErrorCode::bad_config, "ref('" + call.ref.name + "'): the model is private to group " +
                                           config.get_string("group").value_or("none"));
    } else
      unknown(ErrorCode::unknown_ref, replace_all(item.kind, "_", " ") + " " + item.name +
                                          " depends on a node named '" + call.ref.name +
                                          "' which was not found among models, seeds and snapshots");
  }
  item.metrics = std::move(capture.metrics);
}

void DeclaredResolver::connect(std::vector<Declared>& items, const std::vector<Declared>& disabled) const {
  const std::map<std::string, const Declared*> measures = measures_of(items), not_there = measures_of(disabled);
  const auto tell = [&](const Declared& item, bool off, const std::string& disabled_text, const std::string& text) {
    errors_.push_back(Error(off ? ErrorCode::disabled_dependency : ErrorCode::unknown_ref, off ? disabled_text : text)
                          .with_span(item.span)
                          .add_context(item.unique_id));
  };
  for (Declared& item : items) {
    std::vector<std::string> wanted = item.metrics;
    if (item.kind == "metric") {
      const Inputs inputs = inputs_of(item);
      for (const Json& measure : inputs.measures) {
        const std::string name = *measure.get_string("name");
        if (const auto found = measures.find(name); found != measures.end()) {
          add_once(item.depends_on, found->second->unique_id);
          continue;
        }
        const auto off = not_there.find(name);
        const std::string model = off == not_there.end() ? "" : off->second->name;
        tell(item, off != not_there.end(), "measure " + name + " is of semantic model " + model + ", which is disabled",
             "no semantic model has a measure called \"" + name + "\"");
      }
      set_input_measures(item, items);
      wanted.insert(wanted.end(), inputs.metrics.begin(), inputs.metrics.end());
    }
    if (const Json* query = item.body.find("query_params"); query && item.kind == "saved_query" && query->is_object())
      if (const Json* list = query->find("metrics"); list && list->is_array())
        for (const Json& name : list->as_array())
          if (name.is_string()) wanted.push_back(name.as_string());
    for (const std::string& name : wanted) {
      if (const Declared* metric = named(items, "metric", name)) {
        add_once(item.depends_on, metric->unique_id);
        continue;
      }
      tell(item, named(disabled, "metric", name) != nullptr, "metric " + name + " is disabled",
           "there is no metric called \"" + name + "\"");
    }
  }
}

namespace {

std::vector<std::string> element_names(const Declared& model, const char* kind) {
  std::vector<std::string> out;
  const Json* list = model.body.find(kind);
  if (!list || !list->is_array()) return out;
  for (const Json& element : list->as_array())
    if (const auto name = element.is_object() ? element.get_string("name") : std::nullopt) out.push_back(*name);
  return out;
}

}  // namespace

std::vector<Error> repeated_elements(const std::vector<Declared>& items) {
  std::vector<Error> out;
  const auto is_metric = [](const Declared& item) { return item.kind == "metric"; };
  if (std::none_of(items.begin(), items.end(), is_metric)) return out;
  std::map<std::string, std::string> measures;  // with the semantic model that has them
  for (const Declared& item : items) {
    if (item.kind != "semantic_model") continue;
    const auto tell = [&](const std::string& what, const char* hint) {
      out.push_back(wrong(item, what).with_hint(hint).add_context(item.unique_id));
    };
    for (const std::string& name : element_names(item, "measures"))
      if (const auto [known, fresh] = measures.emplace(name, item.name); !fresh)
        tell("measure " + name +
                 (known->second == item.name ? " is there twice" : " is one of " + known->second + " already"),
             "rename one of them: no two measures of a project have the same name");
    for (const auto& [kind, word] : {std::pair("entities", "entity "), std::pair("dimensions", "dimension ")}) {
      std::vector<std::string> names = element_names(item, kind);
      std::sort(names.begin(), names.end());
      if (const auto twice = std::adjacent_find(names.begin(), names.end()); twice != names.end())
        tell(word + *twice + " is there twice", "rename one of them, or leave it out");
    }
  }
  return out;
}

}  // namespace weir::project
