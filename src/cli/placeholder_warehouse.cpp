#include "cli/placeholder_warehouse.h"

#include <set>

#include "base/text.h"

namespace weir::cli {

const project::Node* PlaceholderWarehouse::node_of(const project::RelationName& name) const {
  for (const project::Node& node : project_.nodes)
    if (!node.relation.name.empty() && !node.is_function() && iequals(node.schema, name.schema) &&
        iequals(node.alias, name.identifier))
      return &node;
  return nullptr;
}

std::optional<std::string> PlaceholderWarehouse::relation_type(const project::RelationName& name) {
  asked_ = true;
  const project::Node* node = node_of(name);
  if (!node) return std::nullopt;
  return node->is_view() ? "view" : "table";
}

std::vector<project::RelationColumn> PlaceholderWarehouse::columns(const project::RelationName& name) {
  asked_ = true;
  std::vector<project::RelationColumn> out;
  const project::Node* node = node_of(name);
  if (node)
    for (const project::Column& column : node->columns)
      out.push_back({column.name, column.data_type.empty() ? "VARCHAR" : column.data_type});
  if (node && out.empty()) out.push_back({"placeholder", "VARCHAR"});
  return out;
}

std::vector<project::ListedRelation> PlaceholderWarehouse::relations(const std::string&, const std::string& schema) {
  asked_ = true;
  std::vector<project::ListedRelation> out;
  for (const project::Node& node : project_.nodes)
    if (!node.relation.name.empty() && !node.is_function() && iequals(node.schema, schema))
      out.push_back({node.alias, node.is_view() ? "view" : "table"});
  return out;
}

std::vector<std::string> PlaceholderWarehouse::schemas(const std::string&) {
  asked_ = true;
  std::set<std::string> out;
  for (const project::Node& node : project_.nodes)
    if (!node.relation.name.empty()) out.insert(node.schema);
  return {out.begin(), out.end()};
}

std::vector<std::string> PlaceholderWarehouse::functions(const std::string&, const std::string& schema) {
  asked_ = true;
  std::vector<std::string> out;
  for (const project::Node& node : project_.nodes)
    if (node.is_function() && iequals(node.schema, schema)) out.push_back(node.alias);
  return out;
}

}  // namespace weir::cli
