#include "run/function_text.h"

#include <vector>

#include "base/error.h"
#include "engine/cast_names.h"

namespace weir::run {

std::string function_text(const project::Node& node, const std::string& sql) {
  const Json* arguments = node.described.find("arguments");
  if (node.python || !arguments || !arguments->is_array() || arguments->size() == 0) return sql;
  std::vector<engine::ColumnInfo> types;
  for (const Json& argument : arguments->as_array())
    types.push_back({argument.get_string("name").value_or(""), argument.get_string("data_type").value_or("")});
  try {
    return engine::cast_names(sql, types);
  } catch (Error& error) {
    throw error.add_context("arguments of " + node.unique_id);
  }
}

}  // namespace weir::run
