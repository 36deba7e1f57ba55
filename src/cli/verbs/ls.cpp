// weir ls: nodes of the project, as dbt's ls.
#include <algorithm>
#include <cstdio>
#include <utility>
#include <vector>

#include "base/text.h"
#include "cli/artifacts.h"
#include "cli/dbt_log.h"
#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/input_flags.h"
#include "cli/say.h"
#include "cli/selection.h"
#include "cli/workspace.h"
#include "project/node_values.h"

namespace weir::cli {

namespace {

// dbt's selector form of a node: package.path.name, sources and unit tests with their kind in front.
std::string selector_text(const project::Node& node) {
  if (node.type == project::ResourceType::source)
    return "source:" + node.package + "." + node.source_name + "." + node.name;
  if (node.unit) return "unit_test:" + node.package + "." + node.name;
  return join(node.fqn, ".");
}

Json usual_json(const project::Node& node) {
  Json config = node.config->all;
  Json json = Json::object();
  json.set("name", node.name)
      .set("resource_type", project::resource_type_text(node.type))
      .set("package_name", node.package)
      .set("original_file_path", node.file)
      .set("unique_id", node.unique_id)
      .set("alias", node.alias)
      .set("asset", node.asset)
      .set("config", std::move(config))
      .set("tags", Json::strings(node.tags))
      .set("depends_on", Json::object().set("nodes", Json::strings(node.depends_on)));
  if (node.type == project::ResourceType::source) json.set("source_name", node.source_name);
  return json;
}

// config.meta.owner: a key of a key.
const Json* value_at(const Json& all, const std::string& path) {
  const Json* value = &all;
  for (const std::string& key : split(path, '.'))
    if (value) value = value->is_object() ? value->find(key) : nullptr;
  return value;
}

// Of what the manifest tells of a node, the keys that are there.
std::string line_with(const Json& all, const std::vector<std::string>& keys) {
  Json json = Json::object();
  for (const std::string& key : keys)
    if (const Json* value = value_at(all, key)) json.set(key, *value);
  return json.dump();
}

std::string line_of(const project::Node& node, const std::string& output, const std::vector<std::string>& keys) {
  if (output == "json" && !keys.empty()) return line_with(project::node_json(node), keys);
  if (output == "name") return node.name;
  if (output == "path") return node.file;
  if (output == "json") return usual_json(node).dump();
  return selector_text(node);
}

std::string line_of(const project::Declared& item, const std::string& output, const std::vector<std::string>& keys) {
  if (output == "json" && !keys.empty()) return line_with(project::declared_json(item), keys);
  if (output == "name") return item.name;
  if (output == "path") return item.file;
  if (output == "selector") return item.kind + ":" + item.package + "." + item.name;
  return Json::object()
      .set("name", item.name)
      .set("resource_type", item.kind)
      .set("package_name", item.package)
      .set("original_file_path", item.file)
      .set("unique_id", item.unique_id)
      .set("depends_on", Json::object().set("nodes", Json::strings(item.depends_on)))
      .dump();
}

int run_ls(Call& call) {
  Workspace workspace(call);
  const auto taken = selected(call, workspace.project());
  const std::string output = call.options.text("output");
  std::vector<std::string> keys;
  for (const std::string& words : call.options.list("output-keys"))
    for (const std::string& key : split(words, ' '))
      if (!key.empty()) keys.push_back(key);
  if (is_dbt(call) && keys.empty())
    keys = {"alias",  "name",          "package_name", "depends_on",         "tags",
            "config", "resource_type", "source_name",  "original_file_path", "unique_id"};
  std::vector<std::pair<std::string, std::string>> lines;  // unique_id, what is printed of it
  for (const auto* node : taken.nodes) {
    std::vector<std::string> of_node = keys;
    if (is_dbt(call) && node->unit) std::erase_if(of_node, [](auto& key) { return key == "alias" || key == "tags"; });
    lines.emplace_back(node->unique_id, line_of(*node, output, of_node));
  }
  for (const auto* item : taken.declared) lines.emplace_back(item->unique_id, line_of(*item, output, keys));
  if (is_dbt(call)) std::sort(lines.begin(), lines.end());  // else as they depend on each other
  for (const auto& [id, line] : lines) std::fputs((line + "\n").c_str(), stdout);
  if (taken.nodes.empty() && taken.declared.empty()) say(call, "no nodes selected");
  if (is_dbt(call)) write_manifest(call, workspace.project(), workspace.clock().now_ms());  // as dbt, after every parse
  return exit_done;
}

}  // namespace

Verb ls_verb() {
  Verb verb;
  verb.name = "ls";
  verb.group = "Look";
  verb.summary = "list sources, seeds, models and tests";
  auto output = value_flag("output", 0, "FORM", "what to print of each");
  output.spec.allowed = {"selector", "name", "path", "json"};
  output.spec.default_value = "selector";
  auto keys =
      value_flag("output-keys", 0, "KEY…", "with --output json: these keys of the manifest, e.g. schema config");
  keys.spec.type = OptionType::text_list;
  verb.flags = together({project_flags(), selection_flags(), defer_flags(), type_flags(), {output, keys}});
  verb.arguments = {{"SELECTOR", "what to list, as with --select", false, true, Completes::asset}};
  verb.in_dbt = true;
  verb.run = run_ls;
  return verb;
}

}  // namespace weir::cli
