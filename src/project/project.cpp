#include "project/project.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace weir::project {

namespace {

constexpr std::array<std::string_view, 8> type_words = {"model", "seed",     "source",    "snapshot",
                                                        "test",  "analysis", "unit_test", "function"};

bool named_so(const Node& node, std::string_view text) {
  const bool has_relation = !node.relation.name.empty();
  return node.unique_id == text || (has_relation && iequals(node.relation.text(), text)) ||
         (has_relation && iequals(node.database + "." + node.relation.text(), text)) ||
         (!node.asset.empty() && iequals(node.asset, text));
}

std::string short_name(const Node& node) {
  return node.type == ResourceType::source ? node.source_name + "." + node.name : node.name;
}

}  // namespace

std::string_view resource_type_text(ResourceType type) { return type_words[static_cast<size_t>(type)]; }

std::optional<ResourceType> parse_resource_type(std::string_view text) {
  const auto found = std::find(type_words.begin(), type_words.end(), text);
  if (found == type_words.end()) return std::nullopt;
  return static_cast<ResourceType>(found - type_words.begin());
}

std::string Node::relation_text() const {
  if (!external.empty()) return external;
  if (relation.name.empty()) return {};
  return Place{database, relation.schema, relation.name, quoting}.text();
}

Quoting quoting_of(Quoting usual, const Json* said) {
  if (!said || !said->is_object()) return usual;
  return {said->get_bool("database").value_or(usual.database), said->get_bool("schema").value_or(usual.schema),
          said->get_bool("identifier").value_or(usual.identifier)};
}

std::string Place::text() const {
  const auto part = [](const std::string& name, bool quoted) { return quoted ? quote_identifier(name) : name; };
  return part(database, quoting.database) + "." + part(schema, quoting.schema) + "." + part(alias, quoting.identifier);
}

bool Node::has_table() const {
  switch (type) {
    case ResourceType::seed:
    case ResourceType::snapshot:
      return true;
    case ResourceType::source:
      return external.empty();
    case ResourceType::model:
      return !is_view() && !is_ephemeral();
    default:
      return false;
  }
}

void Project::defer(const Node& node, Place relation, bool deferred) {
  Node& own = nodes[static_cast<size_t>(index_of(node))];
  own.defer_relation = std::move(relation);
  own.deferred = deferred;
}

const Node* Project::find(std::string_view unique_id) const {
  const auto found = index_.find(unique_id);
  return found == index_.end() ? nullptr : &nodes[static_cast<size_t>(found->second)];
}

const Node& Project::at(std::string_view unique_id) const {
  const Node* node = find(unique_id);
  require(node != nullptr, "a node that another depends on is in the project");
  return *node;
}

const Macro* Project::find_macro(std::string_view unique_id) const {
  const auto less = [](const Macro& macro, std::string_view id) { return macro.unique_id < id; };
  const auto found = std::lower_bound(macros.begin(), macros.end(), unique_id, less);
  return found != macros.end() && found->unique_id == unique_id ? &*found : nullptr;
}

const Node& Project::resolve(std::string_view text) const {
  for (const Node& node : nodes)
    if (named_so(node, text)) return node;
  const Node* only = nullptr;
  bool several = false;
  std::vector<std::string> names;
  for (const Node& node : nodes) {
    names.push_back(short_name(node));
    if (!node.asset.empty()) names.push_back(node.asset);
    if (short_name(node) != text) continue;
    several = only != nullptr;
    only = &node;
  }
  if (only && !several) return *only;
  throw Error(ErrorCode::unknown_asset, several
                                            ? "several nodes are called \"" + std::string(text) + "\""
                                            : "there is no \"" + std::string(text) + "\"" + did_you_mean(text, names))
      .with_hint(several ? "give its unique_id or schema.name" : "`weir ls` lists what the project has");
}

lake::TableName quarantine_of(const Node& source) {
  return {source.relation.schema, source.relation.name + "__quarantine"};
}

lake::publish::Asset asset_of(const Project& project, const Node& node, const lake::Lake& lake) {
  return asset_of(project, node, lake, lake.catalog());
}

lake::publish::Asset asset_of(const Project& project, const Node& node, const lake::Lake& lake,
                              const lake::CatalogContent& content) {
  require(node.has_table(), "an asset of the protocol has a table");
  lake::publish::Asset out;
  out.id = node.asset;
  out.owner = project.id;
  out.tables.push_back({node.relation, lake.location(node.relation, content)});
  if (node.ingest) out.tables.push_back({quarantine_of(node), lake.location(quarantine_of(node), content)});
  out.rollback_keep_ms = node.asset_config.rollback_keep_ms;
  out.on_foreign_change = node.asset_config.on_foreign_change;
  out.on_restore = node.asset_config.on_restore;
  out.on_existing = node.asset_config.on_existing;
  return out;
}

}  // namespace weir::project
