#include "engine/duckdb/overwrite.h"

#include <duckdb/catalog/catalog.hpp>
#include <duckdb/parser/expression/star_expression.hpp>
#include <duckdb/parser/parsed_data/create_table_info.hpp>
#include <duckdb/parser/query_node/select_node.hpp>
#include <duckdb/parser/statement/create_statement.hpp>
#include <duckdb/parser/statement/select_statement.hpp>
#include <duckdb/parser/tableref/basetableref.hpp>
#include <duckdb/parser/tableref/subqueryref.hpp>
#include <duckdb/planner/binder.hpp>

#include "base/error.h"
#include "base/text.h"
#include "engine/duckdb/lake_catalog.h"

namespace weir::engine::duck {

using namespace duckdb;

namespace {

const char* const apart_table = "weir_overwrite";

std::string table_sql(const TableState& table) {
  return "lake." + quote_identifier(table.name.schema) + "." + quote_identifier(table.name.name);
}

const LakeColumn* partition_column(const TableState& table, const std::string& name) {
  for (auto& column : table.columns) {
    if (column.partition && iequals(column.name, name)) return &column;
  }
  return nullptr;
}

duckdb::unique_ptr<SelectStatement> all_of(duckdb::unique_ptr<TableRef> from) {
  auto node = make_uniq<SelectNode>();
  node->select_list.push_back(make_uniq<StarExpression>());
  node->from_table = std::move(from);
  auto select = make_uniq<SelectStatement>();
  select->node = std::move(node);
  return select;
}

}  // namespace

const char* const drop_apart = "DROP TABLE temp.main.weir_overwrite";

StatePtr overwritten_table(ClientContext& context, const InsertStatement& insert, const OverwriteSql& sql) {
  auto catalog = insert.catalog, schema = insert.schema;
  Binder::BindSchemaOrCatalog(context, catalog, schema);
  auto& entry = Catalog::GetEntry<TableCatalogEntry>(context, catalog, schema, insert.table);
  auto* table = dynamic_cast<LakeTable*>(&entry);
  if (!table)
    throw Error(ErrorCode::sql_unsupported,
                insert.table + " is no table of the lake: its rows are not replaced by INSERT",
                "DELETE them, then INSERT");
  for (auto& name : sql.partitions) {
    if (partition_column(*table->state, name)) continue;
    throw Error(ErrorCode::sql_binder, "\"" + name + "\" is no partition column of " + table->state->name.text(),
                table->state->metadata.partition_columns.empty()
                    ? "it has none; say which rows are replaced: INSERT INTO t REPLACE WHERE condition SELECT …"
                    : "its partition columns: " + join(table->state->metadata.partition_columns, ", "));
  }
  return table->state;
}

duckdb::unique_ptr<SQLStatement> keep_apart(const TableState& table, const InsertStatement& insert,
                                            duckdb::unique_ptr<SQLStatement> query) {
  if (query->type != StatementType::SELECT_STATEMENT)
    throw Error(ErrorCode::sql_syntax, "only a query gives rows to an INSERT");
  auto from = make_uniq<SubqueryRef>(unique_ptr_cast<SQLStatement, SelectStatement>(std::move(query)), "weir_rows");
  if (insert.column_order == InsertColumnOrder::INSERT_BY_POSITION) {
    from->column_name_alias = insert.columns;
    for (size_t i = 0; i < table.columns.size() && insert.columns.empty(); ++i)
      from->column_name_alias.push_back(table.columns[i].name);
  }
  auto info = make_uniq<CreateTableInfo>(TEMP_CATALOG, DEFAULT_SCHEMA, apart_table);
  info->temporary = true;
  info->on_conflict = OnCreateConflict::REPLACE_ON_CONFLICT;
  info->query = all_of(std::move(from));
  auto create = make_uniq<CreateStatement>();
  create->info = std::move(info);
  return create;
}

void take_from_apart(InsertStatement& insert) {
  auto from = make_uniq<BaseTableRef>();
  from->catalog_name = TEMP_CATALOG;
  from->schema_name = DEFAULT_SCHEMA;
  from->table_name = apart_table;
  insert.select_statement = all_of(std::move(from));
}

std::string values_of_partition(const TableState& table, const std::string& column) {
  auto* found = partition_column(table, column);
  auto name = quote_identifier(found->name);
  return "SELECT DISTINCT CAST(" + name + " AS " + found->type.ToString() + ") AS value FROM temp.main." + apart_table +
         " ORDER BY value";
}

std::string remove_partitions(const TableState& table, const std::vector<std::string>& columns,
                              const std::vector<duckdb::unique_ptr<QueryResult>>& values) {
  std::vector<std::string> conditions, same;
  for (size_t i = 0; i < columns.size(); ++i) {
    auto name = quote_identifier(columns[i]);
    std::vector<std::string> list;
    bool null = false;
    while (auto rows = values[i]->Fetch()) {
      if (rows->size() == 0) break;
      for (idx_t row = 0; row < rows->size(); ++row) {
        auto value = rows->GetValue(0, row);
        null = null || value.IsNull();
        if (!value.IsNull()) list.push_back(value.ToSQLString());
      }
    }
    std::string any = list.empty() ? "false" : "weir_old." + name + " IN (" + join(list, ", ") + ")";
    if (null) any = list.empty() ? "weir_old." + name + " IS NULL" : "(" + any + " OR weir_old." + name + " IS NULL)";
    conditions.push_back(std::move(any));
    same.push_back("weir_new." + name + " IS NOT DISTINCT FROM weir_old." + name);
  }
  // Of several columns not every combination of values need be there.
  if (columns.size() > 1)
    conditions.push_back(std::string("EXISTS (SELECT 1 FROM temp.main.") + apart_table + " AS weir_new WHERE " +
                         join(same, " AND ") + ")");
  return "DELETE FROM " + table_sql(table) + " AS weir_old WHERE " + join(conditions, " AND ");
}

Json overwrite_parameters(const OverwriteSql& sql) {
  Json parameters = Json::object();
  parameters.set("mode", "Overwrite").set("partitionBy", Json::strings(sql.partitions).dump());
  if (!sql.condition.empty()) parameters.set("predicate", sql.condition);
  return parameters;
}

}  // namespace weir::engine::duck
