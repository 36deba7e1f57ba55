// What a loaded project should be told about: configuration that does nothing.
#include <algorithm>
#include <set>

#include "base/text.h"
#include "base/time.h"
#include "project/builder.h"
#include "project/config.h"
#include "project/render.h"

namespace weir::project {

namespace {

using Path = std::vector<std::string>;

// Paths of a tree that lead to configuration: {"shop", "staging"}; {} is the tree itself, which is all of its kind.
void paths_of(const Json& tree, Path& path, std::vector<Path>& out) {
  bool configures = false;
  for (const auto& [key, value] : tree.as_object()) {
    if (key.starts_with("+") || !value.is_object()) {
      configures = true;
      continue;
    }
    path.push_back(key);
    paths_of(value, path, out);
    path.pop_back();
  }
  if (configures) out.push_back(path);
}

bool leads_to(const Path& path, const std::vector<std::string>& fqn) {
  return path.size() <= fqn.size() && std::equal(path.begin(), path.end(), fqn.begin());
}

}  // namespace

void ProjectBuilder::warn_unknown_configs() {
  std::set<std::string> told;
  for (const Node& node : out_.project->nodes) {
    if (node.package != packages_.front().name) continue;
    for (const auto& [key, value] : node.config->all.as_object())
      if (!is_known_config(key) && told.insert(key).second)
        out_.warnings.push_back(
            {"unknown config " + key + " (first at " + node.unique_id + ")" + did_you_mean(key, known_configs()),
             "it is kept for macros to read; put keys of your own under meta", node.span});
  }
}

void ProjectBuilder::warn_unused_trees() {
  const ProjectFile& root = packages_.front();
  std::string all_unused;
  const Yaml* first = nullptr;
  struct Tree {
    const char* key;
    const Json* tree;
    ResourceType type;
  };
  for (const Tree& tree :
       {Tree{"models", &root.models, ResourceType::model}, Tree{"seeds", &root.seeds, ResourceType::seed},
        Tree{"snapshots", &root.snapshots, ResourceType::snapshot},
        Tree{"sources", &root.sources, ResourceType::source}, Tree{"data_tests", &root.data_tests, ResourceType::test},
        Tree{"functions", &root.functions, ResourceType::function}}) {
    if (!tree.tree->is_object()) continue;
    std::vector<Path> paths;
    Path path;
    paths_of(*tree.tree, path, paths);
    for (const Path& unused : paths) {
      const auto used = [&](const Node& node) {
        const bool same =
            node.type == tree.type || (tree.type == ResourceType::model && node.type == ResourceType::analysis);
        return same && leads_to(unused, node.fqn);
      };
      // As in dbt what is disabled counts for every kind.
      const auto off = [&](const auto& item) { return leads_to(unused, item.fqn); };
      const Project& project = *out_.project;
      if (std::any_of(project.nodes.begin(), project.nodes.end(), used) ||
          std::any_of(project.disabled.begin(), project.disabled.end(), off) ||
          std::any_of(project.declared_disabled.begin(), project.declared_disabled.end(), off))
        continue;
      if (!first) first = root.document.find_key(tree.key);
      all_unused += "\n- " + std::string(tree.key) + (unused.empty() ? "" : ".") + join(unused, ".");
    }
  }
  if (all_unused.empty()) return;
  out_.warnings.push_back({"Configuration paths exist in dbt_project.yml that apply to nothing:" + all_unused,
                           "a path begins with the project's name, then folders",
                           first ? first->span : root.document.span, "UnusedResourceConfigPath"});
}

// A source that must be fresh, and that does not say how that is told.
void ProjectBuilder::warn_freshness() {
  for (const Node& node : out_.project->nodes) {
    if (node.type != ResourceType::source) continue;
    const Json& config = node.config->all;
    const Json* freshness = config.find("freshness");
    const auto has = [&](const char* key) { return config.get_string(key).has_value(); };
    const auto limited = [&](const char* key) {
      const Json* limit = freshness->find(key);
      return limit && limit->is_object() && limit->get_int("count");
    };
    if (!freshness || !freshness->is_object() || !(limited("warn_after") || limited("error_after"))) continue;
    if (has("loaded_at_field") || has("loaded_at_query")) continue;
    out_.warnings.push_back(
        {node.source_name + "." + node.name + " has freshness, and neither loaded_at_field nor loaded_at_query",
         "name the column that tells when a row was loaded: loaded_at_field: …", node.span, "FreshnessConfigProblem"});
  }
}

// Constraints stand in tables only.
void ProjectBuilder::warn_constraints_of_views() {
  const auto told = [](const Json& constraints) {
    if (!constraints.is_array()) return false;
    for (const Json& constraint : constraints.as_array())
      if (constraint.is_object() && constraint.get_bool("warn_unsupported").value_or(true)) return true;
    return false;
  };
  for (const Node& node : out_.project->nodes) {
    const std::string& kind = node.config->materialized;
    const Json* contract = node.config->all.find("contract");
    if (node.type != ResourceType::model || kind == "table" || kind == "incremental" || !contract) continue;
    if (!contract->is_object() || !contract->get_bool("enforced").value_or(false)) continue;
    if (std::any_of(node.columns.begin(), node.columns.end(), [&](const Column& c) { return told(c.constraints); }))
      out_.warnings.push_back({"Constraint types are not supported for " + kind + " materializations: those of " +
                                   node.name + " do nothing",
                               "materialize it as a table, or give them warn_unsupported: false", node.span,
                               "UnsupportedConstraintMaterialization"});
  }
}

void ProjectBuilder::warn_left_patches() {
  for (const auto& [key, patch] : patches_) {
    if (used_patches_.contains(patch) || patch->file.package != packages_.front().name) continue;
    std::vector<std::string> names;
    const Node* elsewhere = nullptr;
    for (const Node& node : out_.project->nodes) {
      const bool described =
          node.type == ResourceType::model || node.type == ResourceType::seed || node.type == ResourceType::snapshot;
      if (described && node.name == patch->name && node.package == patch->file.package) elsewhere = &node;
    }
    if (elsewhere) {
      const std::string kind(resource_type_text(elsewhere->type));
      out_.warnings.push_back({"\"" + patch->name + "\" is a " + kind + " and stands below " + patch->kind +
                                   ": its tests count, the rest does nothing",
                               "put the entry below " + kind + "s:", patch->span, "WrongResourceSchemaFile"});
      continue;
    }
    for (const Node& node : out_.project->nodes)
      if (node.type == ResourceType::model || node.type == ResourceType::seed || node.is_function())
        names.push_back(node.name);
    out_.warnings.push_back({"no node matches '" + patch->name + "', which " + patch->file.file + " describes below " +
                                 patch->kind + did_you_mean(patch->name, names),
                             "this entry of the YAML file does nothing", patch->span, "NoNodeForYamlKey"});
  }
}

// Models whose deprecation_date has passed, and models that are read though they have one.
void ProjectBuilder::warn_deprecated_models() {
  const Project& project = *out_.project;
  const int64_t now_us = rendering_->started_at_ms * 1000;
  const auto date_of = [](const Node& node) -> std::optional<int64_t> {
    const auto text = node.described.get_string("deprecation_date");
    return text ? parse_iso_us(*text) : std::nullopt;
  };
  for (const Node& node : project.nodes) {
    if (node.type == ResourceType::model)
      if (const auto date = date_of(node); date && *date < now_us)
        out_.warnings.push_back({"Model " + node.name + " has passed its deprecation date of " +
                                     *node.described.get_string("deprecation_date"),
                                 "remove it, or give it a later date", node.span, "DeprecatedModel",
                                 Json::object()
                                     .set("model_name", node.name)
                                     .set("model_version", node.version)
                                     .set("deprecation_date", *node.described.get_string("deprecation_date"))});
    if (node.is_test()) continue;
    for (const std::string& id : node.depends_on) {
      const Node* read = project.find(id);
      const auto date = read && read->type == ResourceType::model ? date_of(*read) : std::nullopt;
      if (!date) continue;
      const bool past = *date < now_us;
      out_.warnings.push_back(
          {node.name + " reads model " + read->name + ", " +
               (past ? "which was deprecated on " : "which will be deprecated on ") +
               *read->described.get_string("deprecation_date"),
           "read another version or model", node.span, past ? "DeprecatedReference" : "UpcomingReferenceDeprecation",
           Json::object()
               .set("model_name", node.name)
               .set("ref_model_package", read->package)
               .set("ref_model_name", read->name)
               .set("ref_model_version", read->version)
               .set("ref_model_latest_version", read->latest_version)
               .set("ref_model_deprecation_date", *read->described.get_string("deprecation_date"))});
    }
  }
}

// Names with spaces are hard to select and to refer to.
void ProjectBuilder::warn_spaces_in_names() {
  const Json* refused = packages_.front().flags.find("require_resource_names_without_spaces");
  if (refused && *refused == Json(true)) {
    for (const Node& node : out_.project->nodes)
      if (node.type != ResourceType::source && !node.is_test() && node.name.find(' ') != std::string::npos)
        out_.errors.push_back(
            Error(ErrorCode::bad_config, "Resource names cannot contain spaces: \"" + node.name + "\" in " + node.file)
                .with_span(node.span)
                .with_hint("rename it; flags: {require_resource_names_without_spaces: false} makes a warning of it"));
    return;
  }
  for (const Node& node : out_.project->nodes)
    if (node.type != ResourceType::source && !node.is_test() && node.name.find(' ') != std::string::npos)
      out_.warnings.push_back({"Found spaces in the name of `" + node.unique_id + "`", "rename it", node.span,
                               "SpacesInResourceNameDeprecation"});
}

void ProjectBuilder::warn_exposure_names() {
  const auto plain = [](char c) { return c == '_' || (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z'); };
  for (const Declared& item : out_.project->declared)
    if (item.kind == "exposure" && !std::all_of(item.name.begin(), item.name.end(), plain))
      out_.warnings.push_back(
          {"the name of exposure \"" + item.name + "\" has other characters than letters, digits and _",
           "rename it, and keep the old name as its label", item.span, "ExposureNameDeprecation",
           Json::object().set("exposure", item.name)});
}

// Found by the text, since a macro may be called of a file that was parsed before.
void ProjectBuilder::warn_itertools() {
  constexpr std::string_view word = "modules.itertools";
  const auto tell = [&](const Span& span) {
    out_.warnings.push_back({"Usage of itertools modules is deprecated: dbt takes it out of its templates",
                             "loops of Jinja do the same", span, "ModulesItertoolsUsageDeprecation"});
  };
  for (const Node& node : out_.project->nodes)
    if (node.sql && node.raw.find(word) != std::string::npos) return tell(node.span);
  for (const MacroEntry& entry : rendering_->macros.all())
    if (entry.package != standard_package && entry.block->source.find(word) != std::string_view::npos)
      return tell(entry.block->span);
}

// A package's own of a materialization that is built in, which an old flag lets it put in the place of dbt's.
void ProjectBuilder::warn_overridden_materializations() {
  const Project& project = *out_.project;
  if (rendering_->flag("require_explicit_package_overrides_for_builtin_materializations", true)) return;
  for (const Node& node : project.nodes) {
    const std::string& kind = node.config->materialized;
    if (node.type != ResourceType::model || (kind != "view" && kind != "table" && kind != "incremental")) continue;
    const MacroEntry* macro = rendering_->macros.by_id(find_materialization(project, kind));
    if (!macro || macro->package == project.name) continue;
    out_.warnings.push_back(
        {"package " + macro->package + " puts its own in the place of the built-in materialization " + kind,
         "let the project say so: a materialization of its own that returns the package's", node.span,
         "PackageMaterializationOverrideDeprecation",
         Json::object().set("package_name", macro->package).set("materialization_name", kind)});
  }
}

// Without a time on what it reads, each batch of a microbatch model is the whole.
void ProjectBuilder::warn_unfiltered_batches() {
  const Project& project = *out_.project;
  const auto has_time = [&](const std::string& id) {
    const Node* node = project.find(id);
    return node && node->config->all.get_string("event_time");
  };
  for (const Node& node : project.nodes)
    if (node.microbatch && std::none_of(node.depends_on.begin(), node.depends_on.end(), has_time))
      out_.warnings.push_back(
          {"microbatch model " + node.name + " reads nothing that has an event_time: every batch reads all",
           "give what it reads a config event_time", node.span, "MicrobatchModelNoEventTimeInputs"});
}

// A database is one of several; the lake is the only one.
void ProjectBuilder::warn_databases() {
  if (out_.project->target.kind != TargetKind::lake) return;
  std::set<std::string> told;
  const auto tell = [&](const std::string& database, const Node& node) {
    if (database.empty() || iequals(database, out_.project->target.database) || !told.insert(database).second) return;
    out_.warnings.push_back(
        {"database " + database + " is ignored (first at " + node.unique_id + "): the lake is the only one", "",
         node.span});
  };
  for (const Node& node : out_.project->nodes)
    if (node.package == packages_.front().name && node.type != ResourceType::test)
      tell(node.config->database.value_or(""), node);
  for (const SchemaFile& schema : schemas_)
    for (const SourceTable& table : schema.sources)
      if (const Node* node = out_.project->find("source." + table.file.package + "." + table.source + "." + table.name))
        tell(table.database, *node);
}

}  // namespace weir::project
