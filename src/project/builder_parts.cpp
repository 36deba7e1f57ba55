// Parts of loading that stand apart: versions of models, unit tests, exposures and the like.
#include <algorithm>

#include "base/text.h"
#include "project/builder.h"
#include "project/declared.h"
#include "project/semantic_values.h"

namespace weir::project {

std::map<std::string, ProjectBuilder::VersionFile> ProjectBuilder::version_files() {
  std::map<std::string, VersionFile> versions;
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

namespace {

// Whether `versions:` of a unit test takes this version of its model.
bool takes_version(const UnitTestEntry& entry, const Node& model) {
  const Yaml* versions = entry.yaml.find("versions");
  const auto names = [&](const Yaml* list) {
    return list && std::any_of(list->items.begin(), list->items.end(),
                               [&](const Yaml& item) { return item.text == model.version; });
  };
  if (!versions || model.version.empty()) return true;
  if (const Yaml* without = versions->find("exclude"); without && !without->items.empty()) return !names(without);
  const Yaml* only = versions->find("include");
  return !only || only->items.empty() || names(only);
}

}  // namespace

// Of a model with versions each version is tested.
void ProjectBuilder::parse_unit_tests() {
  const NodeParser parser(*rendering_, packages_);
  std::map<std::string, std::vector<const Node*>> models;  // those of the project and of packages, by "package.name"
  for (const ParsedNode& parsed : nodes_)
    if (parsed.node.type == ResourceType::model)
      models[parsed.node.package + "." + parsed.node.name].push_back(&parsed.node);
  std::vector<ParsedNode> made;
  for (const SchemaFile& schema : schemas_)
    for (const UnitTestEntry& entry : schema.unit_tests) try {
        if (entry.file.package_index != 0) continue;  // those of a package test the package
        const auto found = models.find(entry.file.package + "." + entry.model);
        if (found == models.end()) {
          std::vector<std::string> names;
          for (const auto& [key, nodes] : models)
            if (nodes.front()->package == entry.file.package) names.push_back(nodes.front()->name);
          throw Error(ErrorCode::unknown_ref, "unit test " + entry.name + " is of model \"" + entry.model +
                                                  "\", which is not there" + did_you_mean(entry.model, names))
              .with_span(entry.yaml.find("model")->span);
        }
        for (const Node* model : found->second)
          if (takes_version(entry, *model)) made.push_back(parser.unit_test(entry, *model, files_.fixtures));
      } catch (Error& error) {
        out_.errors.push_back(std::move(error));
      }
  for (ParsedNode& node : made) nodes_.push_back(std::move(node));
}

namespace {

// A node's group must be there.
void check_groups(const Project& project, std::vector<Error>& errors) {
  std::vector<std::string> known;
  for (const Declared& item : project.declared)
    if (item.kind == "group") known.push_back(item.name);
  for (const Node& node : project.nodes) {
    const auto group = node.config.all.get_string("group");
    if (group && std::find(known.begin(), known.end(), *group) == known.end())
      errors.push_back(Error(ErrorCode::bad_schema_yaml, node.unique_id + " is of the group \"" + *group +
                                                             "\", which is not declared" + did_you_mean(*group, known))
                           .with_span(node.span)
                           .with_hint("declare it in a YAML file: groups: [{name: " + *group + ", owner: {name: …}}]"));
  }
}

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

}  // namespace

// Exposures and the like: what they depend on, as far as it is there.
void ProjectBuilder::take_declared() {
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
  check_groups(project, out_.errors);
  std::sort(project.declared.begin(), project.declared.end(),
            [](const Declared& a, const Declared& b) { return a.unique_id < b.unique_id; });
  for (const auto& [name, block] : rendering_->docs) project.docs.emplace_back(name, block.text);
  std::sort(project.docs.begin(), project.docs.end());
}

}  // namespace weir::project
