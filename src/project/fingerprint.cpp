#include "project/fingerprint.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/hash.h"
#include "project/render.h"
#include "project/rendering.h"

namespace weir::project {

namespace {

// Hashes of what sets of macros reach; nodes mostly share few sets.
class MacroHashes {
 public:
  explicit MacroHashes(const MacroTable& macros) : macros_(macros) {}

  struct Reached {
    std::string hash;
    bool target = false;
  };
  const Reached& of(const Project& project, const Node& node, const tmpl::Template* file) {
    std::vector<std::string> names = node.depends_on_macros;
    if (node.is_function())
      for (std::string& id : function_macros(project, node)) names.push_back(std::move(id));
    const bool target = file && uses_target(file->called_names());
    const auto key = std::make_pair(node.package, std::make_pair(names, target));
    const auto known = cache_.find(key);
    if (known != cache_.end()) return known->second;
    MacroTable::Reach reach;
    reach.target = target;
    for (const std::string& id : names)
      if (const MacroEntry* entry = macros_.by_id(id)) {
        reach.macros.insert(entry);
        macros_.reach(node.package, entry->block->called_names, entry->block->dispatched, reach);
      }
    std::map<std::string, std::string> texts;
    for (const MacroEntry* entry : reach.macros) texts[entry->unique_id] = entry->text_sha256;
    std::string all;
    for (const auto& [id, text] : texts) all += id + " " + text + "\n";
    return cache_.emplace(key, Reached{sha256_hex(all), reach.target}).first->second;
  }

 private:
  static bool uses_target(const std::vector<std::string>& names) {
    return std::any_of(names.begin(), names.end(),
                       [](const std::string& n) { return n == "target" || n.starts_with("target."); });
  }
  const MacroTable& macros_;
  std::map<std::pair<std::string, std::pair<std::vector<std::string>, bool>>, Reached> cache_;
};

bool read_through(const Node& node) { return node.is_view() || node.is_ephemeral() || node.is_function(); }

// Its inputs are narrowed to a time.
bool reads_by_time(const Project& project, const Node& node) {
  return project.inputs.sample || node.microbatch.has_value();
}

Json columns_json(const Node& node) {
  Json out = Json::array();
  for (const Column& column : node.columns)
    out.push_back(Json::object().set("name", column.name).set("type", column.data_type).set("quote", column.quote));
  return out;
}

// All that a node's result depends on but its inputs' data.
Json ingredients(const Project& project, const Node& node, const std::string& engine_version, MacroHashes& macros) {
  Json out = Json::object();
  out.set("engine", engine_version).set("raw", node.raw_sha256).set("config", node.config->all);
  const auto& reached = macros.of(project, node, project.rendering->nodes.find(node).get());
  out.set("macros", reached.hash);
  if (reached.target)
    out.set("target", Json::object()
                          .set("name", project.target.name)
                          .set("schema", project.target.schema)
                          .set("more", project.target.extra));
  Json vars = Json::object();
  for (const auto& [name, value] : node.vars) vars.set(name, value);
  out.set("vars", std::move(vars)).set("env", Json::strings(node.env));
  if (node.type == ResourceType::source || node.type == ResourceType::seed) out.set("columns", columns_json(node));
  if (node.type != ResourceType::source && node.type != ResourceType::seed) {
    if (project.inputs.empty) out.set("empty", true);
    if (const auto& sample = project.inputs.sample)
      out.set("sample", time_text(sample->start_us) + " " + time_text(sample->end_us));
  }
  for (const char* key : {"arguments", "returns"})
    if (const Json* said = node.is_function() ? node.described.find(key) : nullptr) out.set(key, *said);
  if (node.test) out.set("arguments", node.test->args).set("column", node.test->column);
  return out;
}

}  // namespace

Fingerprints::Fingerprints(const Project& project, const std::string& engine_version, const std::string& python_version)
    : project_(project) {
  const size_t count = project.nodes.size();
  codes_.resize(count);
  inputs_.resize(count);
  MacroHashes macros(project.rendering->macros);
  for (const int index : project.graph.order) {
    const auto i = static_cast<size_t>(index);
    const Node& node = project.nodes[i];
    Json own = ingredients(project, node, engine_version, macros);
    if (node.python) own.set("python", python_version);
    Json through = Json::object();
    std::set<const Node*> inputs;
    for (const int parent : project.graph.parents[i]) {
      const auto p = static_cast<size_t>(parent);
      const Node& from = project.nodes[p];
      // What another environment has under a view's name is not known from this project.
      const bool behind = read_through(from) && !from.deferred;
      std::string read = behind ? codes_[p] : !from.external.empty() ? from.external : from.read_relation().text();
      if (reads_by_time(project, node))
        if (const auto column = from.config->all.get_string("event_time")) read += " by " + *column;
      through.set(from.unique_id, std::move(read));
      if (behind)
        inputs.insert(inputs_[p].begin(), inputs_[p].end());
      else if (from.has_table() || from.deferred)
        inputs.insert(&from);
    }
    own.set("through", std::move(through));
    codes_[i] = sha256_hex(own.dump_sorted());
    inputs_[i].assign(inputs.begin(), inputs.end());
    std::sort(inputs_[i].begin(), inputs_[i].end(),
              [](const Node* a, const Node* b) { return a->unique_id < b->unique_id; });
  }
}

const std::string& Fingerprints::node_code(const Node& node) const {
  return codes_.at(static_cast<size_t>(project_.index_of(node)));
}

std::string Fingerprints::code(const Node& node, const std::vector<const Node*>& checks) const {
  if (checks.empty()) return node_code(node);
  std::vector<std::string> parts;
  parts.reserve(checks.size());
  for (const Node* check : checks) parts.push_back(check->unique_id + " " + node_code(*check));
  std::sort(parts.begin(), parts.end());
  std::string all;
  for (const std::string& part : parts) all += part + "\n";
  return node_code(node) + "+" + sha256_hex(all);
}

const std::vector<const Node*>& Fingerprints::inputs(const Node& node) const {
  return inputs_.at(static_cast<size_t>(project_.index_of(node)));
}

SplitCode split_code(std::string_view code) {
  SplitCode out;
  const auto take = [&code](std::string_view mark) {
    const size_t at = code.find(mark);
    if (at == std::string_view::npos) return std::string_view();
    const std::string_view taken = code.substr(at + mark.size());
    code = code.substr(0, at);
    return taken;
  };
  out.volatile_functions = take(";volatile=");
  out.batches = take(";batches=");
  const size_t plus = code.find('+');
  out.node = code.substr(0, plus);
  if (plus != std::string_view::npos) out.checks = code.substr(plus + 1);
  return out;
}

}  // namespace weir::project
