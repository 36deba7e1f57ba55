#include "dbt/manifest.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "base/hash.h"
#include "base/parallel.h"
#include "base/text.h"
#include "dbt/node_order.h"
#include "dbt/sql_paths.h"
#include "project/node_values.h"
#include "project/render.h"
#include "project/rendering.h"
#include "project/support.h"

namespace weir::dbt {

namespace {

using project::Declared;
using project::Macro;
using project::MacroEntry;
using project::Node;
using project::Project;
using project::ResourceType;

using Edges = std::map<std::string, std::vector<std::string>>;  // unique_id -> unique_ids

Json macro_json(const Macro& macro, const MacroEntry* entry) {
  const bool materialization = macro.name.starts_with("materialization_");
  const auto said = [&](const char* key, const Json& otherwise) {
    const Json* found = macro.described.find(key);
    return found ? *found : otherwise;
  };
  const Json docs = said("docs", Json::object().set("show", true).set("node_color", Json()));
  return Json::object()
      .set("name", macro.name)
      .set("resource_type", "macro")
      .set("package_name", macro.package)
      .set("path", macro.file)
      .set("original_file_path", macro.file)
      .set("unique_id", macro.unique_id)
      .set("macro_sql", entry ? std::string(entry->block->source) : std::string())
      .set("depends_on", Json::object().set("macros", Json::strings(macro.depends_on_macros)))
      .set("description", said("description", ""))
      .set("meta", said("meta", Json::object()))
      .set("config", Json::object().set("meta", said("meta", Json::object())).set("docs", docs))
      .set("docs", docs)
      .set("patch_path", said("patch_path", Json()))
      .set("arguments", said("arguments", Json::array()))
      .set("created_at", 0.0)
      .set("supported_languages", materialization ? Json::strings(std::vector<std::string>{"sql"}) : Json());
}

Json macros_json(const Project& project) {
  Json out = Json::object();
  for (const Macro& macro : project.macros)
    out.as_object().emplace_back(macro.unique_id, macro_json(macro, project.rendering->macros.by_id(macro.unique_id)));
  return out;
}

// What dbt's own block says of a project without one of its own.
constexpr const char* own_overview =
    "### About this project\n\nThese pages tell of the tables and views of a dbt project: what each is made of, its "
    "columns, its tests and who reads it. A `{% docs __overview__ %}` block in a Markdown file of the project stands "
    "here instead of this text.";

Json docs_json(const Project& project) {
  Json out = Json::object();
  const auto add = [&](const project::Doc& doc) {
    const size_t dot = doc.name.find('.');
    out.set("doc." + doc.name, Json::object()
                                   .set("name", doc.name.substr(dot + 1))
                                   .set("resource_type", "doc")
                                   .set("package_name", doc.name.substr(0, dot))
                                   .set("path", doc.path)
                                   .set("original_file_path", doc.file)
                                   .set("unique_id", "doc." + doc.name)
                                   .set("block_contents", doc.text));
  };
  add({"dbt.__overview__", own_overview, "overview.md", "docs/overview.md"});
  for (const project::Doc& doc : project.docs) add(doc);
  return out;
}

// In the order in which they are written, as in dbt.
std::vector<const Declared*> declared_items(const Project& project, std::string_view kind) {
  std::vector<const Declared*> items;
  for (const Declared& item : project.declared)
    if (item.kind == kind) items.push_back(&item);
  std::stable_sort(items.begin(), items.end(), [](const Declared* a, const Declared* b) {
    return std::tie(a->file, a->span.line) < std::tie(b->file, b->span.line);
  });
  return items;
}

Json declared_of(const Project& project, std::string_view kind) {
  Json out = Json::object();
  for (const Declared* item : declared_items(project, kind)) out.set(item->unique_id, project::declared_json(*item));
  return out;
}

bool is_manifest_node(const Node& node) {
  return node.type != ResourceType::source && !node.unit && !node.is_function();
}

Json groups_of_nodes(const Project& project) {
  Json out = Json::object();
  for (const Declared* group : declared_items(project, "group")) out.set(group->name, Json::array());
  if (out.size() == 0) return out;
  const auto group_of_node = [&](const Node& node) {
    const auto name = is_manifest_node(node) ? project::group_name(project, node) : std::nullopt;
    return name ? out.find(*name) : nullptr;
  };
  for (const Node* node : in_order(project, [&](const Node& one) { return group_of_node(one) != nullptr; }))
    group_of_node(*node)->push_back(node->unique_id);
  for (const char* kind : {"saved_query", "semantic_model", "metric"})
    for (const Declared* item : declared_items(project, kind))
      if (const auto name = item->config.get_string("group"))
        if (Json* members = out.find(*name)) members->push_back(item->unique_id);
  return out;
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
  for (const Node& node : project.nodes) {
    std::vector<std::string> read = node.depends_on;
    if (const Json* metrics = node.described.find("metric_ids"))
      for (const Json& id : metrics->as_array()) read.push_back(id.as_string());
    add(node.unique_id, read);
  }
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
      .set("quoting", Json::object()
                          .set("database", project.rendering->quoting.database)
                          .set("schema", project.rendering->quoting.schema)
                          .set("identifier", project.rendering->quoting.identifier)
                          .set("column", Json()))
      .set("run_started_at", artifact_time(invocation.started_ms));
}

// An object's text, written as it is made.
class ObjectText {
 public:
  explicit ObjectText(const std::function<void(std::string_view)>& write) : write_(write) { out_ = "{"; }
  void key(const std::string& key) {
    if (!first_) out_ += ',';
    first_ = false;
    append_json_string(out_, key);
    out_ += ':';
  }
  void text(std::string_view json) {  // of the value of the key before
    out_ += json;
    constexpr size_t enough = size_t{1} << 18;
    if (out_.size() < enough) return;
    write_(out_);
    out_.clear();
  }
  void member(const std::string& name, const Json& value) {
    key(name);
    text(value.dump());
  }
  // A member that is itself an object of many; its members are made by `fill`.
  void object(const std::string& name, const std::function<void()>& fill) {
    key(name);
    out_ += '{';
    first_ = true;
    fill();
    out_ += '}';
    first_ = false;
  }
  void end() {
    out_ += "}";
    write_(out_);
  }

 private:
  const std::function<void(std::string_view)>& write_;
  std::string out_;
  bool first_ = true;
};

// What a run compiled and executed.
struct Outcome {
  std::map<std::string, const std::string*> compiled;
  std::set<std::string> executed;
  std::map<std::string, const project::EphemeralText*> ephemeral;  // by their own ids
  std::map<std::string, std::vector<std::string>> ctes;            // in whose compiled text, in the order there
  explicit Outcome(const std::vector<NodeResult>& results) {
    for (const NodeResult& result : results) {
      if (result.compiled_code) compiled[result.unique_id] = &*result.compiled_code;
      if (!result.executed_sql.empty()) executed.insert(result.unique_id);
      for (const project::EphemeralText& model : result.ephemeral) {
        compiled[model.id] = &model.compiled;
        ephemeral[model.id] = &model;
        ctes[model.id] = model.ctes;
      }
    }
    for (const NodeResult& result : results) {
      if (result.ephemeral.empty()) continue;
      std::vector<std::string>& own = ctes[result.unique_id];
      own.clear();
      for (const project::EphemeralText& model : result.ephemeral) own.push_back(model.id);
    }
  }
};

// Of a compiled node foreign keys are to relations, where ref() or source() is written.
void resolve_foreign_keys(const Project& project, const Node& node, Json& out) {
  const auto each = [&](Json* constraints) {
    if (!constraints || !constraints->is_array()) return;
    for (Json& constraint : constraints->as_array()) {
      const std::string text = project::foreign_key_template(constraint);
      if (!text.empty()) constraint.set("to", project::render_text(project, &node, text, "foreign key", {}).sql);
    }
  };
  each(out.find("constraints"));
  if (Json* columns = out.find("columns"); columns && columns->is_object())
    for (auto& [name, column] : columns->as_object()) each(column.find("constraints"));
}

// The ephemeral models in a node's compiled text, each as it stands there.
Json extra_ctes(const Node& node, const Outcome& outcome) {
  Json out = Json::array();
  const auto found = outcome.ctes.find(node.unique_id);
  if (found == outcome.ctes.end()) return out;
  for (const std::string& id : found->second) {
    const project::EphemeralText& model = *outcome.ephemeral.at(id);
    out.push_back(Json::object().set("id", id).set("sql", " " + model.name + " as (\n" + model.own + "\n)"));
  }
  return out;
}

// Of a generic test dbt makes what it tests only when it is compiled, or has other arguments.
void add_where_subquery(const Project& project, const Node& node, Json& out) {
  if (!node.test || node.test->singular()) return;
  const MacroEntry* entry = project.rendering->macros.lookup(node.package, "get_where_subquery");
  Json* macros = out.find("depends_on")->find("macros");
  const Json id = project::dbts_macro_id(*entry);
  const auto& known = macros->as_array();
  if (std::find(known.begin(), known.end(), id) == known.end()) macros->push_back(id);
}

Json node_with_outcome(const Project& project, const Node& node, const Outcome& outcome) {
  Json out = project::node_json(project, node);
  if (node.unit) return out;
  if (const auto found = outcome.compiled.find(node.unique_id); found != outcome.compiled.end()) {
    resolve_foreign_keys(project, node, out);
    add_where_subquery(project, node, out);
    out.set("compiled", true)
        .set("compiled_code", *found->second)
        .set("compiled_path", has_compiled_file(node) ? Json(compiled_path(project, node)) : Json())
        .set("extra_ctes_injected", true)
        .set("extra_ctes", extra_ctes(node, outcome));
  }
  if (outcome.executed.contains(node.unique_id)) out.set("build_path", run_path(project, node));
  return out;
}

// Texts are made by several threads, a number of nodes at a time.
void write_nodes(ObjectText& into, const Project& project, const Outcome& outcome,
                 const std::function<bool(const Node&)>& wanted) {
  constexpr size_t at_once = 1024, for_one = 64;
  const std::vector<const Node*> nodes = in_order(project, wanted);
  std::vector<std::string> texts(std::min(at_once, nodes.size()));
  for (size_t begin = 0; begin < nodes.size(); begin += at_once) {
    const size_t count = std::min(at_once, nodes.size() - begin);
    parallel_for((count + for_one - 1) / for_one, 0, [&](size_t piece) {
      for (size_t i = piece * for_one; i < std::min(count, (piece + 1) * for_one); i++)
        texts[i] = node_with_outcome(project, *nodes[begin + i], outcome).dump();
    });
    for (size_t i = 0; i < count; i++) {
      into.key(nodes[begin + i]->unique_id);
      into.text(texts[i]);
    }
  }
}

void write_edges(ObjectText& into, const Edges& edges) {
  for (const auto& [id, others] : edges) into.member(id, Json::strings(others));
}

// A statement around the run, as a node.
Json hook_json(const Project& project, const project::RunHook& hook, const std::string& when) {
  Node node;
  node.type = ResourceType::analysis;
  node.unique_id = hook_id(hook, when);
  node.name = node.alias = hook.package + "-" + when + "-" + std::to_string(hook.index);
  node.package = hook.package;
  node.path = "hooks/" + node.name + ".sql";
  node.file = "./dbt_project.yml";
  node.fqn = {hook.package, "hooks", node.name};
  node.tags = {when};
  node.database = project.target.database;
  node.schema = project.target.schema;
  node.raw = hook.sql;
  Json out = project::node_json(node);
  return out.set("resource_type", "operation").set("index", hook.index).set("relation_name", Json());
}

Json disabled_json(const Project& project) {
  Json out = Json::object();
  for (const Node& node : project.disabled) {
    const Json* known = out.find(node.unique_id);
    Json list = known ? *known : Json::array();
    list.push_back(project::node_json(project, node));
    out.set(node.unique_id, std::move(list));
  }
  for (const Declared& item : project.declared_disabled)
    out.set(item.unique_id, Json(Json::Array{project::declared_json(item)}));
  return out;
}

}  // namespace

std::string hook_id(const project::RunHook& hook, const std::string& when) {
  return "operation." + hook.package + "." + hook.package + "-" + when + "-" + std::to_string(hook.index);
}

void manifest_text(const Project& project, const Invocation& invocation, const std::vector<NodeResult>& results,
                   const std::function<void(std::string_view)>& write) {
  const Outcome outcome(results);
  ObjectText out(write);
  out.member("metadata", metadata(project, invocation));
  const auto is_source = [](const Node& node) { return node.type == ResourceType::source; };
  out.object("nodes", [&] {
    write_nodes(out, project, outcome, is_manifest_node);
    for (const auto& [when, hooks] :
         {std::pair("on-run-start", &project.on_run_start), std::pair("on-run-end", &project.on_run_end)})
      for (const project::RunHook& hook : *hooks) out.member(hook_id(hook, when), hook_json(project, hook, when));
  });
  out.object("sources", [&] { write_nodes(out, project, outcome, is_source); });
  out.member("macros", macros_json(project));
  out.member("docs", docs_json(project));
  out.member("exposures", declared_of(project, "exposure"));
  out.member("metrics", declared_of(project, "metric"));
  out.member("groups", declared_of(project, "group"));
  out.member("selectors", Json::object());
  out.member("disabled", disabled_json(project));
  {
    Edges parents, children;
    add_edges(project, parents, children);
    out.object("parent_map", [&] { write_edges(out, parents); });
    out.object("child_map", [&] { write_edges(out, children); });
  }
  out.member("group_map", groups_of_nodes(project));
  out.member("saved_queries", declared_of(project, "saved_query"));
  out.member("semantic_models", declared_of(project, "semantic_model"));
  out.object("unit_tests",
             [&] { write_nodes(out, project, outcome, [](const Node& node) { return node.unit.has_value(); }); });
  out.object("functions", [&] { write_nodes(out, project, outcome, [](const Node& n) { return n.is_function(); }); });
  out.end();
}

Json manifest(const Project& project, const Invocation& invocation, const std::vector<NodeResult>& results) {
  std::string text;
  manifest_text(project, invocation, results, [&](std::string_view piece) { text += piece; });
  return Json::parse(text, "manifest.json");
}

}  // namespace weir::dbt
