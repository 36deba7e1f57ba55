#include "dbt/manifest.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/hash.h"
#include "base/text.h"
#include "dbt/sql_paths.h"
#include "project/node_values.h"
#include "project/rendering.h"

namespace weir::dbt {

namespace {

using project::Declared;
using project::Macro;
using project::MacroEntry;
using project::Node;
using project::Project;
using project::ResourceType;

using Edges = std::map<std::string, std::vector<std::string>>;  // unique_id -> unique_ids

Json edges_json(const Edges& edges) {
  Json out = Json::object();
  for (const auto& [id, others] : edges) out.as_object().emplace_back(id, Json::strings(others));
  return out;
}

Json macro_json(const Macro& macro, const MacroEntry* entry) {
  const bool materialization = macro.name.starts_with("materialization_");
  return Json::object()
      .set("name", macro.name)
      .set("resource_type", "macro")
      .set("package_name", macro.package)
      .set("path", macro.file)
      .set("original_file_path", macro.file)
      .set("unique_id", macro.unique_id)
      .set("macro_sql", entry ? std::string(entry->block->source) : std::string())
      .set("depends_on", Json::object().set("macros", Json::strings(macro.depends_on_macros)))
      .set("description", "")
      .set("meta", Json::object())
      .set("config", Json::object().set("meta", Json::object()).set("docs", Json::object().set("show", true)))
      .set("docs", Json::object().set("show", true).set("node_color", Json()))
      .set("patch_path", Json())
      .set("arguments", Json::array())
      .set("created_at", 0.0)
      .set("supported_languages", materialization ? Json::strings(std::vector<std::string>{"sql"}) : Json());
}

Json macros_json(const Project& project) {
  Json out = Json::object();
  for (const Macro& macro : project.macros)
    out.as_object().emplace_back(macro.unique_id, macro_json(macro, project.rendering->macros.by_id(macro.unique_id)));
  return out;
}

Json docs_json(const Project& project) {
  Json out = Json::object();
  for (const auto& [name, text] : project.docs) {
    const size_t dot = name.find('.');
    out.set("doc." + name, Json::object()
                               .set("name", name.substr(dot + 1))
                               .set("resource_type", "doc")
                               .set("package_name", name.substr(0, dot))
                               .set("path", "")
                               .set("original_file_path", "")
                               .set("unique_id", "doc." + name)
                               .set("block_contents", text));
  }
  return out;
}

Json declared_of(const Project& project, std::string_view kind) {
  Json out = Json::object();
  for (const Declared& item : project.declared)
    if (item.kind == kind) out.set(item.unique_id, project::declared_json(item));
  return out;
}

Json groups_of_nodes(const Project& project) {
  Edges members;
  for (const Declared& item : project.declared)
    if (item.kind == "group") members[item.name];
  for (const Node& node : project.nodes)
    if (const auto group = node.config.all.get_string("group")) members[*group].push_back(node.unique_id);
  return edges_json(members);
}

void add_edges(const Project& project, Edges& parents, Edges& children) {
  const auto add = [&](const std::string& id, const std::vector<std::string>& depends_on) {
    auto& own = parents[id];
    children[id];
    for (const std::string& parent : depends_on) {
      if (std::find(own.begin(), own.end(), parent) == own.end()) own.push_back(parent);
      children[parent].push_back(id);
    }
    std::sort(own.begin(), own.end());
  };
  for (const Node& node : project.nodes) add(node.unique_id, node.depends_on);
  for (const Declared& item : project.declared)
    if (item.kind != "group") add(item.unique_id, item.depends_on);
  for (auto& [id, others] : children) std::sort(others.begin(), others.end());
}

Json metadata(const Project& project, const Invocation& invocation) {
  Json out = artifact_metadata("manifest/v12", invocation);
  // Relations are named "lake" whichever lake they lie in: --defer must know.
  if (project.target.kind == project::TargetKind::lake)
    out.set("env", Json(invocation.environment).set("WEIR_LAKE", project.lake));
  return out.set("project_name", project.name)
      .set("project_id", md5_hex(project.name))
      .set("user_id", Json())
      .set("send_anonymous_usage_stats", false)
      .set("adapter_type", project.target.type)
      .set("quoting",
           Json::object().set("database", true).set("schema", true).set("identifier", true).set("column", Json()))
      .set("run_started_at", artifact_time(invocation.started_ms));
}

}  // namespace

Json manifest(const Project& project, const Invocation& invocation, const std::vector<NodeResult>& results) {
  std::map<std::string, const std::string*> compiled;
  std::set<std::string> executed;
  for (const NodeResult& result : results) {
    if (result.compiled_code) compiled[result.unique_id] = &*result.compiled_code;
    if (!result.executed_sql.empty()) executed.insert(result.unique_id);
    for (const auto& [id, sql] : result.ephemeral) compiled[id] = &sql;
  }
  Json nodes = Json::object(), sources = Json::object(), unit_tests = Json::object(), disabled = Json::object();
  for (const Node& node : project.nodes) {
    Json& into = node.type == ResourceType::source ? sources : node.unit ? unit_tests : nodes;
    into.as_object().emplace_back(node.unique_id, project::node_json(node));
    const auto found = compiled.find(node.unique_id);
    if (found != compiled.end() && !node.unit)
      into.as_object()
          .back()
          .second.set("compiled", true)
          .set("compiled_code", *found->second)
          .set("compiled_path", compiled_path(project, node))
          .set("extra_ctes_injected", true)
          .set("extra_ctes", Json::array());
    if (executed.contains(node.unique_id) && !node.unit)
      into.as_object().back().second.set("build_path", run_path(project, node));
  }
  for (const Node& node : project.disabled) {
    const Json* known = disabled.find(node.unique_id);
    Json list = known ? *known : Json::array();
    list.push_back(project::node_json(node));
    disabled.set(node.unique_id, std::move(list));
  }
  Edges parents, children;
  add_edges(project, parents, children);
  return Json::object()
      .set("metadata", metadata(project, invocation))
      .set("nodes", std::move(nodes))
      .set("sources", std::move(sources))
      .set("macros", macros_json(project))
      .set("docs", docs_json(project))
      .set("exposures", declared_of(project, "exposure"))
      .set("metrics", declared_of(project, "metric"))
      .set("groups", declared_of(project, "group"))
      .set("selectors", Json::object())
      .set("disabled", std::move(disabled))
      .set("parent_map", edges_json(parents))
      .set("child_map", edges_json(children))
      .set("group_map", groups_of_nodes(project))
      .set("saved_queries", declared_of(project, "saved_query"))
      .set("semantic_models", declared_of(project, "semantic_model"))
      .set("unit_tests", std::move(unit_tests))
      .set("functions", Json::object());
}

}  // namespace weir::dbt
