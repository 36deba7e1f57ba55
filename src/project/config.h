// Configuration of nodes: merging by dbt's rules, and the typed values weir uses.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "project/node.h"

namespace weir::project {

// Lays `more` over `into`: tags and hooks append, meta (and meta.weir in itself), column_types, quoting, docs, contract
// and persist_docs update, a grants key with "+" appends, everything else is replaced. Hook keys get one spelling:
// pre-hook, post-hook; each hook becomes
// {"sql", "transaction"}.
void merge_config(Json& into, const Json& more);

// Of grants that were merged: what adds to nothing is what there is.
void settle_grants(Json& config);

// What a tree of dbt_project.yml (`models:` and so on) says for a node, general to special. At each level keys with '+'
// and keys whose value is no mapping are configuration, other mappings are folders or names.
std::vector<Json> tree_levels(const Json& tree, const std::vector<std::string>& fqn);

// Throws Error{bad_config} naming the key. `span` is where the node is defined.
NodeConfig typed_config(Json all, ResourceType type, const Span& span);
// config.meta.weir without `ingest`. Throws Error{unknown_option | bad_option_value | bad_config}.
AssetConfig asset_config(const Json& meta, const Span& span);
std::optional<Ingest> ingest_config(const Json& meta, const Span& span);

// Keys that dbt or weir give a meaning in a node's configuration.
bool is_known_config(std::string_view key);
const std::vector<std::string>& known_configs();

}  // namespace weir::project
