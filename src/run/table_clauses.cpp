#include "run/table_clauses.h"

#include "base/text.h"

namespace weir::run {

namespace {

std::string text_literal(const std::string& text) { return "'" + replace_all(text, "'", "''") + "'"; }

}  // namespace

std::string properties_list(const project::NodeConfig& config) {
  std::vector<std::string> properties;
  for (const auto& [name, value] : config.tblproperties)
    properties.push_back(text_literal(name) + " = " + text_literal(value));
  return join(properties, ", ");
}

std::string clustering_clause(const project::NodeConfig& config) {
  std::vector<std::string> columns;
  for (const std::string& name : config.cluster_by) {
    std::vector<std::string> parts;
    for (const std::string& part : split(name, '.')) parts.push_back(quote_identifier(trim(part)));
    columns.push_back(join(parts, "."));
  }
  return columns.empty() ? "" : "SORTED BY (" + join(columns, ", ") + ")";
}

std::string table_clauses(const project::NodeConfig& config) {
  std::vector<std::string> partitions;
  for (const std::string& name : config.partition_by) partitions.push_back(quote_identifier(name));
  std::string clauses = partitions.empty() ? "" : " PARTITIONED BY (" + join(partitions, ", ") + ")";
  if (std::string clustering = clustering_clause(config); !clustering.empty()) clauses += " " + clustering;
  if (!config.tblproperties.empty()) clauses += " WITH (" + properties_list(config) + ")";
  return clauses;
}

}  // namespace weir::run
