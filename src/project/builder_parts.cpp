// Parts of loading that stand apart: versions of models, unit tests, exposures and the like.
#include <algorithm>

#include "base/parallel.h"
#include "base/text.h"
#include "project/builder.h"
#include "project/declared.h"
#include "project/primary_key.h"
#include "project/semantic_values.h"

namespace weir::project {

std::map<std::string, ProjectBuilder::VersionFile> ProjectBuilder::version_files() {
  std::map<std::string, VersionFile> versions;
  const auto is_versioned = [](const auto& patch) { return !patch.second->versions.empty(); };
  if (std::none_of(patches_.begin(), patches_.end(), is_versioned)) return versions;
  std::set<std::string> model_files;
  for (const SourceFile& file : files_.models) model_files.insert(file.package + "/" + file.stem());
  for (const auto& [key, patch] : patches_)
    for (const Patch::Version& version : patch->versions) {
      std::string stem = version.defined_in.empty() ? patch->name + "_v" + version.version : version.defined_in;
      const bool latest = version.version == patch->latest_version;
      if (version.defined_in.empty() && latest && !model_files.contains(patch->file.package + "/" + stem))
        stem = patch->name;
      versions[patch->file.package + "/" + stem] = {patch, &version};
      if (!model_files.contains(patch->file.package + "/" + stem) && patch->file.package_index == 0)
        out_.warnings.push_back({"version " + version.version + " of " + patch->name + " has no file " + stem + ".sql",
                                 "this version does nothing", patch->span});
    }
  return versions;
}

// YAML that enables by its name what several files are and none of them enables: it cannot mean one of them.
void ProjectBuilder::refuse_unclear_enabling() {
  std::map<std::string_view, size_t> count;
  for (const auto& parsed : disabled_) count[parsed->node.unique_id]++;
  std::erase_if(count, [](const auto& entry) { return entry.second < 2; });
  for (const auto& parsed : nodes_) count.erase(parsed->node.unique_id);
  if (count.empty()) return;
  for (size_t i = 0; i < schemas_.size(); i++) {
    const SchemaFile whole = property_texts_[i].known ? read_again(i) : schemas_[i];
    for (const Patch& patch : whole.patches) {
      const std::string type = patch.kind.substr(0, patch.kind.size() - 1);
      const auto found = count.find(type + "." + patch.file.package + "." + patch.name);
      const Json* enabled = patch.config.find("enabled");
      if (found == count.end() || !enabled || *enabled != Json(true)) continue;
      out_.errors.push_back(
          Error(ErrorCode::bad_schema_yaml, "Found " + std::to_string(found->second) + " matching disabled nodes for " +
                                                type + " '" + patch.name +
                                                "': none of them says that it is the one enabled here")
              .with_span(patch.config_span)
              .with_hint("disable them in their files, or by folder in dbt_project.yml, all but one"));
    }
  }
}

namespace {

Error bad_unit_test(const UnitTestEntry& entry, const std::string& what) {
  return Error(ErrorCode::bad_schema_yaml, "unit test " + entry.name + " " + what).with_span(entry.yaml.span);
}

std::vector<std::string> version_list(const Yaml* versions, const char* key) {
  std::vector<std::string> out;
  const Yaml* list = versions ? versions->find(key) : nullptr;
  if (!list || list->is_null()) return out;
  if (list->kind == Yaml::Kind::scalar) return {list->text};
  for (const Yaml& item : list->items) out.push_back(item.as_string());
  return out;
}

// Which versions of its model a unit test is of. All, where it does not say.
std::vector<const Node*> tested_versions(const UnitTestEntry& entry, const std::vector<const Node*>& models) {
  const Yaml* versions = entry.yaml.find("versions");
  const std::vector<std::string> only = version_list(versions, "include"),
                                 not_these = version_list(versions, "exclude");
  if (!only.empty() && !not_these.empty())
    throw bad_unit_test(entry, "includes and excludes versions: give only one of the two lists");
  if (only.empty() && not_these.empty()) return models;
  if (models.front()->version.empty())
    throw bad_unit_test(entry, "names versions of " + entry.model + ", which has none");
  const auto in = [](const std::vector<std::string>& list, const Node& model) {
    return std::find(list.begin(), list.end(), model.version) != list.end();
  };
  std::vector<const Node*> out;
  for (const Node* model : models)
    if (only.empty() ? !in(not_these, *model) : in(only, *model)) out.push_back(model);
  if (out.empty()) throw bad_unit_test(entry, "is of no version of " + entry.model + " that is there");
  return out;
}

bool asks_incremental(const ParsedNode& model) {
  if (!model.file) return false;
  const auto& names = model.file->called_names();
  return std::find(names.begin(), names.end(), "is_incremental") != names.end();
}

const Json* override_of(const UnitTest& unit, const char* macro) {
  const Json* found = unit.macros.find(macro);
  return found && found->is_bool() ? found : nullptr;
}

// is_incremental() asks the target, which a unit test has none of: it says what the macro gives.
void check_incremental(const UnitTestEntry& entry, const UnitTest& unit, const Node& model) {
  const Json* given = override_of(unit, "is_incremental");
  if (!given)
    throw Error(ErrorCode::bad_schema_yaml,
                "unit test " + entry.name + " does not say what is_incremental() is, which " + model.name + " asks")
        .with_span(entry.yaml.span)
        .with_hint("overrides: {macros: {is_incremental: false}}");
  const auto is_this = [](const UnitTestInput& input) { return input.input == "this"; };
  if (given->as_bool() && std::none_of(unit.given.begin(), unit.given.end(), is_this))
    throw Error(ErrorCode::bad_schema_yaml, "unit test " + entry.name + " adds to the table of " + model.name +
                                                " and gives no input 'this': the rows that are there")
        .with_span(entry.yaml.span)
        .with_hint("given: [{input: this, rows: [...]}]");
}

}  // namespace

void ProjectBuilder::parse_unit_tests() {
  const NodeParser parser(*rendering_, packages_);
  using Models = std::map<std::string, std::vector<const Node*>>;
  Models models, off;  // those of the project and of packages, by "package.name", and those that are disabled
  std::vector<const Node*> seeds;
  std::set<const Node*> incremental;
  for (const auto& parsed : nodes_) {
    const Node& node = parsed->node;
    if (node.type == ResourceType::model && asks_incremental(*parsed)) incremental.insert(&node);
    if (node.type == ResourceType::model)
      (node.config->enabled ? models : off)[node.package + "." + node.name].push_back(&node);
    if (node.type == ResourceType::seed) seeds.push_back(&node);
  }
  std::map<std::string, const SourceFile*> fixtures;
  for (const SourceFile& file : files_.fixtures)
    if (const auto [first, fresh] = fixtures.emplace(file.package + "." + file.stem(), &file); !fresh)
      out_.errors.push_back(Error(ErrorCode::duplicate_name, "two fixtures are called \"" + file.stem() +
                                                                 "\": " + first->second->label + " and " + file.label)
                                .with_hint("rename one of them: unit tests name them without folder and ending"));
  ParsedNodes made;
  for (const SchemaFile& schema : schemas_)
    for (const UnitTestEntry& entry : schema.unit_tests) try {
        const std::string key = entry.file.package + "." + entry.model;
        const auto found = models.find(key);
        if (const auto disabled = off.find(key); found == models.end() && disabled != off.end()) {
          for (const Node* model : tested_versions(entry, disabled->second))
            disabled_.push_back(std::make_shared<ParsedNode>(parser.unit_test(entry, *model, seeds, files_)));
          continue;
        }
        if (found == models.end()) {
          std::vector<std::string> names;
          for (const auto& [other, nodes] : models)
            if (nodes.front()->package == entry.file.package) names.push_back(nodes.front()->name);
          throw Error(ErrorCode::unknown_ref, "unit test " + entry.name + " is of model \"" + entry.model +
                                                  "\", which is not there" + did_you_mean(entry.model, names))
              .with_span(entry.yaml.find("model")->span);
        }
        for (const Node* model : tested_versions(entry, found->second)) {
          made.push_back(std::make_shared<ParsedNode>(parser.unit_test(entry, *model, seeds, files_)));
          if (incremental.contains(model)) check_incremental(entry, *made.back()->node.unit, *model);
        }
      } catch (const Error& error) {
        out_.errors.push_back(error);
      }
  for (auto& node : made) nodes_.push_back(std::move(node));
}

// At what is tested: which tests, and what they say of its primary key.
void ProjectBuilder::note_tests() {
  Project& project = *out_.project;
  std::unordered_multimap<std::string_view, const Node*> disabled;  // by the model that carries them
  for (const Node& node : project.disabled)
    if (node.test && !node.test->attached_node.empty()) disabled.emplace(node.test->attached_node, &node);
  parallel_pieces(project.nodes.size(), [&](size_t i) {
    Node& node = project.nodes[i];
    std::vector<const Node*> attached;
    for (const int child : project.graph.children[i]) {
      const Node& test = project.nodes[static_cast<size_t>(child)];
      if (test.is_test()) node.tests.push_back(test.unique_id);
      if (test.test && test.test->attached_node == node.unique_id) attached.push_back(&test);
    }
    if (node.type != ResourceType::model) return;
    const auto [first, last] = disabled.equal_range(node.unique_id);
    for (auto it = first; it != last; ++it) attached.push_back(it->second);
    node.described.set("primary_key", Json::strings(primary_key_of(node, attached)));
  });
}

namespace {

// A metric for each measure that asks for one.
void add_metrics_of_measures(const Declared& model, std::vector<Declared>& into) {
  const Json* measures = model.body.find("measures");
  if (!measures || !measures->is_array()) return;
  for (const Json& measure : measures->as_array()) {
    const Json* wanted = measure.find("create_metric");
    if (!wanted || !wanted->is_bool() || !wanted->as_bool()) continue;
    Declared metric;
    metric.kind = "metric";
    metric.body = measure_metric(measure);
    metric.name = metric.body.get_string("name").value_or("");
    metric.package = model.package;
    metric.file = model.file;
    metric.unique_id = "metric." + metric.package + "." + metric.name;
    metric.fqn = model.fqn;
    metric.fqn.back() = metric.name;
    metric.span = model.span;
    if (const Json* meta = model.config.find("meta")) metric.body.set("config", Json::object().set("meta", *meta));
    into.push_back(std::move(metric));
  }
}

void set_node_relation(Declared& model, const Project& project) {
  if (model.depends_on.empty()) return;
  const Node* node = project.find(model.depends_on.front());
  if (node)
    model.body.set("node_relation", Json::object()
                                        .set("alias", node->alias)
                                        .set("schema_name", node->schema)
                                        .set("database", node->database)
                                        .set("relation_name", node->relation_text()));
}

std::string plural_of(std::string kind) {
  std::replace(kind.begin(), kind.end(), '_', ' ');
  return kind.ends_with("query") ? kind.substr(0, kind.size() - 1) + "ies" : kind + "s";
}

void check_groups(const Project& project, std::vector<Error>& errors) {
  std::vector<std::string> groups;
  for (const Declared& item : project.declared)
    if (item.kind == "group") groups.push_back(item.name);
  const auto check = [&](const Json& config, const std::string& unique_id, const Span& span) {
    const auto group = config.get_string("group");
    if (!group || std::find(groups.begin(), groups.end(), *group) != groups.end()) return;
    errors.push_back(Error(ErrorCode::bad_schema_yaml, "Invalid group '" + *group + "' of " + unique_id +
                                                           ": it is not declared" + did_you_mean(*group, groups))
                         .with_span(span)
                         .with_hint("declare it below groups: in a YAML file, with its owner"));
  };
  for (const Node& node : project.nodes)
    if (node.type != ResourceType::source && !node.unit) check(node.config->all, node.unique_id, node.span);
  for (const Declared& item : project.declared)
    if (item.kind != "exposure" && item.kind != "group") check(item.config, item.unique_id, item.span);
}

}  // namespace

// What metric() names in models.
void ProjectBuilder::find_metrics_of_nodes() {
  Project& project = *out_.project;
  const auto among = [](const std::vector<Declared>& items, const std::string& name) {
    return std::find_if(items.begin(), items.end(),
                        [&](const Declared& item) { return item.kind == "metric" && item.name == name; });
  };
  for (Node& node : project.nodes) {
    const Json* names = node.described.find("metrics");
    if (!names) continue;
    Json ids = Json::array();
    for (const Json& name : names->as_array()) {
      const auto found = among(project.declared, name.as_string());
      if (found != project.declared.end()) {
        ids.push_back(found->unique_id);
        continue;
      }
      const bool off = among(project.declared_disabled, name.as_string()) != project.declared_disabled.end();
      out_.errors.push_back(Error(off ? ErrorCode::disabled_dependency : ErrorCode::unknown_ref,
                                  off ? "metric " + name.as_string() + " is disabled"
                                      : "there is no metric called \"" + name.as_string() + "\"")
                                .with_span(node.span)
                                .add_context(node.unique_id));
    }
    node.described.set("metric_ids", std::move(ids));
  }
}

// Exposures and the like: what they depend on, as far as it is there.
void ProjectBuilder::settle_declared() {
  Project& project = *out_.project;
  const DeclaredResolver resolver(*rendering_, packages_, project, out_.errors);
  std::set<std::string> seen;
  std::vector<Declared> made;
  const auto take = [&](Declared item) {
    if (!seen.insert(item.unique_id).second) {
      out_.errors.push_back(
          Error(ErrorCode::duplicate_name, "found two " + plural_of(item.kind) + " with the name \"" + item.name + "\"")
              .with_span(item.span));
      return;
    }
    try {
      const bool enabled = resolver.settle(item);
      describe(item);
      if (item.kind == "saved_query")
        item.body.set("export_place",
                      Json::object().set("schema", project.target.schema).set("database", project.target.database));
      if (enabled && item.kind == "semantic_model") {
        set_node_relation(item, project);
        add_metrics_of_measures(item, made);
      }
      (enabled ? project.declared : project.declared_disabled).push_back(std::move(item));
    } catch (Error& error) {
      out_.errors.push_back(std::move(error.add_context(item.unique_id)));
    }
  };
  for (SchemaFile& schema : schemas_)
    for (Declared& item : schema.declared) take(std::move(item));
  for (Declared& item : made) take(std::move(item));
  resolver.connect(project.declared, project.declared_disabled);
  for (Error& error : repeated_elements(project.declared)) {
    out_.semantic_failures.push_back(error.message());
    out_.errors.push_back(std::move(error));
  }
  std::sort(project.declared.begin(), project.declared.end(),
            [](const Declared& a, const Declared& b) { return a.unique_id < b.unique_id; });
}

void ProjectBuilder::take_declared() {
  Project& project = *out_.project;
  if (std::any_of(schemas_.begin(), schemas_.end(), [](const SchemaFile& file) { return !file.declared.empty(); }))
    settle_declared();
  find_metrics_of_nodes();
  check_groups(project, out_.errors);
  for (const auto& [name, block] : rendering_->docs)
    project.docs.push_back({name, block.text, block.path, block.package_path});
  std::sort(project.docs.begin(), project.docs.end(), [](const Doc& a, const Doc& b) { return a.name < b.name; });
}

}  // namespace weir::project
