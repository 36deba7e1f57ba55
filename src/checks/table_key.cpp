#include "checks/table_key.h"

#include <algorithm>
#include <cctype>

#include "base/text.h"

namespace weir::checks {

namespace {

using project::Node;

// A unique_key may be an expression.
bool is_column_name(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](unsigned char c) { return std::isalnum(c) || c == '_' || c >= 0x80; });
}

std::string without_quotes(std::string text) {
  if (text.size() > 2 && text.front() == '"' && text.back() == '"') return text.substr(1, text.size() - 2);
  return text;
}

bool is_key_constraint(const Json& constraint) {
  const auto type = constraint.is_object() ? constraint.get_string("type") : std::nullopt;
  return type == "primary_key" || type == "unique";
}

std::vector<std::string> texts(const Json* list) {
  std::vector<std::string> out;
  if (list && list->is_array())
    for (const Json& item : list->as_array())
      if (item.is_string()) out.push_back(without_quotes(item.as_string()));
  return out;
}

std::vector<std::string> constrained(const Node& node) {
  if (const Json* list = node.described.find("constraints"); list && list->is_array())
    for (const Json& constraint : list->as_array())
      if (is_key_constraint(constraint))
        if (auto columns = texts(constraint.find("columns")); !columns.empty()) return columns;
  for (const project::Column& column : node.columns)
    for (const Json& constraint : column.constraints.as_array())
      if (is_key_constraint(constraint)) return {column.name};
  return {};
}

std::vector<std::string> tested(const project::Project& project, const Node& node) {
  for (const std::string& id : node.tests) {
    const Node& test = project.at(id);
    if (!test.test || test.test->attached_node != node.unique_id || !test.test->where.empty()) continue;
    if (test.test->kind == "unique" && !test.test->column.empty()) {
      const std::string column = without_quotes(test.test->column);
      if (is_column_name(column)) return {column};
    }
    if (test.test->kind == "dbt_utils.unique_combination_of_columns")
      if (auto columns = texts(test.test->args.find("combination_of_columns")); !columns.empty()) return columns;
  }
  return {};
}

}  // namespace

std::vector<std::string> key_of(const project::Project& project, const Node& node) {
  std::vector<std::string> key = node.config->unique_key;
  for (std::string& column : key) column = without_quotes(column);
  if (!std::all_of(key.begin(), key.end(), is_column_name)) key.clear();
  if (!key.empty() && node.type == project::ResourceType::snapshot) {
    const Json* names = node.config->all.find("snapshot_meta_column_names");
    key.push_back(names && names->is_object() ? names->get_string("dbt_valid_from").value_or("dbt_valid_from")
                                              : "dbt_valid_from");
  }
  if (key.empty()) key = constrained(node);
  return key.empty() ? tested(project, node) : key;
}

std::vector<std::string> shared_key(const project::Project& project, const Node& node,
                                    const std::vector<engine::ColumnInfo>& a, const std::vector<engine::ColumnInfo>& b,
                                    const std::vector<std::string>& left_out) {
  const auto has = [](const std::vector<engine::ColumnInfo>& columns, const std::string& name) {
    return std::any_of(columns.begin(), columns.end(), [&](const auto& column) { return iequals(column.name, name); });
  };
  std::vector<std::string> key = key_of(project, node);
  const bool shared = std::all_of(key.begin(), key.end(), [&](const std::string& name) {
    const bool out =
        std::any_of(left_out.begin(), left_out.end(), [&](const auto& other) { return iequals(other, name); });
    return !out && has(a, name) && has(b, name);
  });
  return shared ? key : std::vector<std::string>();
}

}  // namespace weir::checks
