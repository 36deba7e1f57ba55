#include "engine/duckdb/row_rule.h"

#include <duckdb/parser/expression/constant_expression.hpp>
#include <duckdb/parser/parsed_data/alter_table_info.hpp>
#include <duckdb/parser/statement/alter_statement.hpp>

#include "base/error.h"
#include "base/text.h"
#include "engine/duckdb/spark_sql.h"
#include "engine/duckdb/table_rules.h"
#include "lake/table_properties.h"

namespace weir::engine::duck {

using namespace duckdb;

namespace {

const AlterTableInfo& altering(const SQLStatement& statement) {
  return statement.Cast<AlterStatement>().info->Cast<AlterTableInfo>();
}

std::string breaking_rows(const TableState& table, const std::string& condition) {
  return "SELECT * FROM lake." + quote_identifier(table.name.schema) + "." + quote_identifier(table.name.name) +
         " WHERE (" + condition + ") IS DISTINCT FROM true LIMIT 1";
}

std::vector<RowRule> constraints_made(const TableState& table, const SetTableOptionsInfo& info) {
  std::vector<string> columns;
  for (auto& column : table.columns) columns.push_back(column.name);
  std::vector<RowRule> rules;
  for (auto& [option, value] : info.table_options) {
    if (!lake::is_constraint(option) || value->GetExpressionType() != ExpressionType::VALUE_CONSTANT) continue;
    auto name = lake::property_name(option);
    auto condition = value->Cast<ConstantExpression>().value.ToString();
    auto present = table.metadata.configuration.find(name);
    if (present != table.metadata.configuration.end() && present->second == condition) continue;
    rules.push_back({"constraint " + name.substr(lake::constraint_prefix.size()) + " (" + condition + ")",
                     breaking_rows(table, from_spark(condition, columns)->ToString())});
  }
  return rules;
}

}  // namespace

bool may_make_rules(const SQLStatement& statement) {
  if (statement.type != StatementType::ALTER_STATEMENT ||
      statement.Cast<AlterStatement>().info->type != AlterType::ALTER_TABLE)
    return false;
  auto& info = altering(statement);
  return (info.catalog.empty() || info.catalog == "lake") &&
         (info.alter_table_type == AlterTableType::SET_NOT_NULL ||
          info.alter_table_type == AlterTableType::SET_TABLE_OPTIONS);
}

std::vector<RowRule> rules_made(const SQLStatement& statement, LakeTransaction& transaction) {
  auto& info = altering(statement);
  auto table = transaction.table({info.schema.empty() ? DEFAULT_SCHEMA : info.schema, info.name});
  if (!table) return {};
  if (info.alter_table_type == AlterTableType::SET_TABLE_OPTIONS)
    return constraints_made(*table, info.Cast<SetTableOptionsInfo>());
  auto& column = info.Cast<SetNotNullInfo>().column_name;
  auto* field = table->metadata.schema.find(column);
  if (!field || !field->nullable) return {};
  return {{"NOT NULL of column \"" + field->name + "\"",
           breaking_rows(*table, quote_identifier(field->name) + " IS NOT NULL")}};
}

void judge_row(const RowRule& rule, QueryResult& breaking) {
  auto rows = breaking.Fetch();
  if (!rows || rows->size() == 0) return;
  throw Error(ErrorCode::sql_constraint,
              rule.text + " does not hold for the row with " + row_text(*rows, 0, breaking.names),
              "Change or delete the rows that break it first.");
}

}  // namespace weir::engine::duck
