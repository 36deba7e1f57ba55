#include "project/primary_key.h"

#include <algorithm>
#include <optional>
#include <set>

namespace weir::project {

namespace {

using Columns = std::set<std::string>;

// The columns of a primary key among constraints; nullopt if there is none. `column`: whose constraints they are.
std::optional<std::vector<std::string>> declared_key(const Json* constraints, const std::string& column) {
  if (!constraints || !constraints->is_array()) return std::nullopt;
  for (const Json& constraint : constraints->as_array()) {
    if (constraint.get_string("type") != "primary_key") continue;
    if (!column.empty()) return std::vector<std::string>{column};
    std::vector<std::string> out;
    if (const Json* columns = constraint.find("columns"); columns && columns->is_array())
      for (const Json& name : columns->as_array())
        if (name.is_string()) out.push_back(name.as_string());
    return out;
  }
  return std::nullopt;
}

Columns tested_columns(const TestInfo& test) {
  const Json* column = test.written.find("column_name");
  if (!test.column.empty()) return {test.column};
  if (column && column->is_string()) return {column->as_string()};
  Columns out;
  if (const Json* list = test.written.find("combination_of_columns"); list && list->is_array())
    for (const Json& name : list->as_array())
      if (name.is_string()) out.insert(name.as_string());
  return out;
}

std::vector<std::string> tested_key(const std::vector<const Node*>& tests) {
  Columns unique, unique_if_enabled, not_null;
  for (const Node* test : tests) {
    const std::string kind = test->test->kind.substr(test->test->kind.rfind('.') + 1);
    const bool is_unique = kind == "unique" || kind == "unique_combination_of_columns";
    if (is_unique || kind == "not_null")
      (kind == "not_null"      ? not_null
       : test->config->enabled ? unique
                               : unique_if_enabled)
          .merge(tested_columns(*test->test));
  }
  std::vector<std::string> both;
  for (const std::string& column : not_null)
    if (unique.contains(column) || unique_if_enabled.contains(column)) both.push_back(column);
  if (!both.empty()) return both;
  const Columns& rest = unique.empty() ? unique_if_enabled : unique;
  return {rest.begin(), rest.end()};
}

}  // namespace

std::vector<std::string> primary_key_of(const Node& model, const std::vector<const Node*>& tests) {
  auto key = declared_key(model.described.find("constraints"), "");
  for (size_t i = 0; !key && i < model.columns.size(); i++)
    key = declared_key(&model.columns[i].constraints, model.columns[i].name);
  if (!key) key = tested_key(tests);
  std::sort(key->begin(), key->end());
  return *key;
}

}  // namespace weir::project
