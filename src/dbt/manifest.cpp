#include "dbt/manifest.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>

#include "base/hash.h"
#include "base/parallel.h"
#include "base/text.h"
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

Json edges_json(const Edges& edges) {
  Json out = Json::object();
  for (const auto& [id, others] : edges) out.as_object().emplace_back(id, Json::strings(others));
  return out;
}

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
Json declared_of(const Project& project, std::string_view kind) {
  std::vector<const Declared*> items;
  for (const Declared& item : project.declared)
    if (item.kind == kind) items.push_back(&item);
  std::stable_sort(items.begin(), items.end(), [](const Declared* a, const Declared* b) {
    return std::tie(a->file, a->span.line) < std::tie(b->file, b->span.line);
  });
  Json out = Json::object();
  for (const Declared* item : items) out.set(item->unique_id, project::declared_json(*item));
  return out;
}

// Tests in the order in which they are written: block by block, in a block version by version, and of each the columns'
// tests before the table's.
std::vector<const Node*> tests_as_written(const Project& project) {
  const auto block = [](const Node& test) {
    const std::vector<std::string> parts = split(test.test->attached_node, '.');
    return std::tuple(test.file, parts.size() > 2 ? parts[0] + "." + parts[2] : std::string());
  };
  std::vector<const Node*> tests;
  std::map<std::tuple<std::string, std::string>, int> first_lines;
  for (const Node& node : project.nodes) {
    if (!node.test) continue;
    tests.push_back(&node);
    const auto [known, fresh] = first_lines.try_emplace(block(node), node.span.line);
    if (!fresh) known->second = std::min(known->second, node.span.line);
  }
  const auto place = [&](const Node* test) {
    return std::tuple(test->file, first_lines.at(block(*test)), test->test->attached_node, test->test->column.empty(),
                      test->span.line);
  };
  std::stable_sort(tests.begin(), tests.end(), [&](const Node* a, const Node* b) { return place(a) < place(b); });
  return tests;
}

Json groups_of_nodes(const Project& project) {
  Edges members;
  for (const Declared& item : project.declared)
    if (item.kind == "group") members[item.name];
  const auto add = [&](const Node& node) {
    if (const auto group = project::group_name(project, node)) members[*group].push_back(node.unique_id);
  };
  for (const Node& node : project.nodes)
    if (!node.test) add(node);
  for (const Node* test : tests_as_written(project)) add(*test);
  for (const char* kind : {"saved_query", "semantic_model", "metric"})
    for (const Declared& item : project.declared)
      if (const auto group = item.config.get_string("group"); group && item.kind == kind)
        members[*group].push_back(item.unique_id);
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
  std::map<std::string, const NodeResult*> with;  // whose ephemeral models hold those that a node reads
  explicit Outcome(const std::vector<NodeResult>& results) {
    for (const NodeResult& result : results) {
      if (result.compiled_code) compiled[result.unique_id] = &*result.compiled_code;
      if (!result.executed_sql.empty()) executed.insert(result.unique_id);
      for (const auto& [id, sql] : result.ephemeral) {
        compiled[id] = &sql;
        with[id] = &result;
      }
    }
    for (const NodeResult& result : results) with[result.unique_id] = &result;
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

void add_ephemeral(const Project& project, const Node& reader, std::set<std::string>& ids) {
  for (const std::string& id : reader.depends_on)
    if (const Node* read = project.find(id); read && read->is_ephemeral() && ids.insert(id).second)
      add_ephemeral(project, *read, ids);
}

// The ephemeral models in a node's compiled text, in their order there.
Json extra_ctes(const Project& project, const Node& node, const Outcome& outcome) {
  Json out = Json::array();
  const auto found = outcome.with.find(node.unique_id);
  if (found == outcome.with.end() || found->second->ephemeral.empty()) return out;
  std::set<std::string> wanted;
  add_ephemeral(project, node, wanted);
  for (const auto& [id, sql] : found->second->ephemeral)
    if (wanted.contains(id))
      out.push_back(Json::object().set("id", id).set(
          "sql", " " + project::cte_name(project.at(id)) + " as (\n" + std::string(trim(sql)) + "\n)"));
  return out;
}

Json node_with_outcome(const Project& project, const Node& node, const Outcome& outcome) {
  Json out = project::node_json(project, node);
  if (node.unit) return out;
  if (const auto found = outcome.compiled.find(node.unique_id); found != outcome.compiled.end()) {
    resolve_foreign_keys(project, node, out);
    out.set("compiled", true)
        .set("compiled_code", *found->second)
        .set("compiled_path", node.type == ResourceType::snapshot ? Json() : Json(compiled_path(project, node)))
        .set("extra_ctes_injected", true)
        .set("extra_ctes", extra_ctes(project, node, outcome));
  }
  if (outcome.executed.contains(node.unique_id)) out.set("build_path", run_path(project, node));
  return out;
}

// Generic tests, by the places where they are written.
void sort_by_place(std::vector<const Node*>& tests) {
  std::unordered_map<std::string_view, std::vector<const Node*>> by_file;
  for (const Node* test : tests) by_file[test->file].push_back(test);
  std::vector<std::string_view> files;
  for (const auto& [file, of_file] : by_file) files.push_back(file);
  std::sort(files.begin(), files.end());
  tests.clear();
  for (const std::string_view file : files) {
    std::vector<const Node*>& of_file = by_file[file];
    std::stable_sort(of_file.begin(), of_file.end(), [](const Node* a, const Node* b) {
      return std::tie(a->span.line, a->span.column) < std::tie(b->span.line, b->span.column);
    });
    tests.insert(tests.end(), of_file.begin(), of_file.end());
  }
}

// As in dbt generic tests come last, in the order of the YAML.
std::vector<const Node*> in_order(const Project& project, const std::function<bool(const Node&)>& wanted) {
  std::vector<const Node*> out, tests;
  for (const Node& node : project.nodes) {
    if (!wanted(node)) continue;
    const bool generic = node.test && !node.test->singular();
    (generic ? tests : out).push_back(&node);
  }
  sort_by_place(tests);
  out.insert(out.end(), tests.begin(), tests.end());
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
    write_nodes(out, project, outcome,
                [&](const Node& node) { return !is_source(node) && !node.unit && !node.is_function(); });
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
