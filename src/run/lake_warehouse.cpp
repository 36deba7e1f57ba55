#include "run/lake_warehouse.h"

#include "base/text.h"

namespace weir::run {

std::string relation_sql(const lake::TableName& name) {
  return quote_identifier("lake") + "." + quote_identifier(name.schema) + "." + quote_identifier(name.name);
}

Json json_of(const engine::Cell& cell) {
  return std::visit(
      [](const auto& value) -> Json {
        if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::monostate>) {
          return {};
        } else {
          return value;
        }
      },
      cell);
}

project::QueryResult query_result(const engine::Rows& rows) {
  project::QueryResult result;
  result.columns = relation_columns(rows.columns);
  for (const std::vector<engine::Cell>& row : rows.rows) {
    std::vector<Json> cells;
    cells.reserve(row.size());
    for (const engine::Cell& cell : row) cells.push_back(json_of(cell));
    result.rows.push_back(std::move(cells));
  }
  return result;
}

std::vector<project::RelationColumn> relation_columns(const std::vector<engine::ColumnInfo>& columns) {
  std::vector<project::RelationColumn> out;
  out.reserve(columns.size());
  for (const engine::ColumnInfo& column : columns) out.push_back({column.name, column.type});
  return out;
}

project::QueryResult LakeWarehouse::query(std::string_view sql) { return query_result(session_.query(sql)); }

std::optional<std::string> LakeWarehouse::relation_type(const project::RelationName& name) {
  const lake::TableName table{name.schema, name.identifier};
  if (session_.in_transaction()) {  // a test that is rendered over what is staged looks for it
    const lake::Staged staged = session_.staged();
    for (const lake::StagedTable& made : staged.tables)
      if (iequals(made.name.text(), table.text())) return "table";
    for (const lake::StagedView& made : staged.views)
      if (!made.function && iequals(made.name.text(), table.text()))
        return made.entry ? std::optional<std::string>("view") : std::nullopt;
  }
  if (lake_.table_exists(table)) return "table";
  if (lake_.catalog().views.contains(lower(table.text()))) return "view";
  return std::nullopt;
}

std::vector<project::RelationColumn> LakeWarehouse::columns(const project::RelationName& name) {
  if (!relation_type(name)) return {};
  return columns_of_query("SELECT * FROM " + relation_sql({name.schema, name.identifier}));
}

std::vector<project::RelationColumn> LakeWarehouse::columns_of_query(std::string_view sql) {
  return relation_columns(session_.describe(sql));
}

std::vector<project::ListedRelation> LakeWarehouse::relations(const std::string&, const std::string& schema) {
  std::vector<project::ListedRelation> found;
  for (const std::string& name : lake_.tables(schema)) found.push_back({name, "table"});
  const std::string prefix = lower(schema) + ".";
  const lake::CatalogContent content = lake_.catalog();
  for (const auto& [name, view] : content.views)
    if (name.starts_with(prefix)) found.push_back({name.substr(prefix.size()), "view"});
  return found;
}

std::vector<std::string> LakeWarehouse::schemas(const std::string&) { return lake_.schemas(); }

std::vector<std::string> LakeWarehouse::functions(const std::string&, const std::string& schema) {
  std::vector<std::string> found;
  const std::string prefix = lower(schema) + ".";
  const lake::CatalogContent content = lake_.catalog();
  for (const auto& [name, function] : content.functions)
    if (name.starts_with(prefix)) found.push_back(name.substr(prefix.size()));
  return found;
}

}  // namespace weir::run
