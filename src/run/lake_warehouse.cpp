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

project::QueryResult LakeWarehouse::query(std::string_view sql) {
  engine::Rows rows = session_.query(sql);
  project::QueryResult result;
  for (const engine::ColumnInfo& column : rows.columns) result.columns.push_back({column.name, column.type});
  for (const std::vector<engine::Cell>& row : rows.rows) {
    std::vector<Json> cells;
    for (const engine::Cell& cell : row) cells.push_back(json_of(cell));
    result.rows.push_back(std::move(cells));
  }
  return result;
}

std::optional<std::string> LakeWarehouse::relation_type(const lake::TableName& name) {
  if (lake_.table_exists(name)) return "table";
  if (lake_.catalog().views.contains(lower(name.text()))) return "view";
  return std::nullopt;
}

std::vector<project::RelationColumn> LakeWarehouse::columns(const lake::TableName& name) {
  std::vector<project::RelationColumn> columns;
  if (!relation_type(name)) return columns;
  for (const engine::ColumnInfo& column : session_.describe("SELECT * FROM " + relation_sql(name))) {
    columns.push_back({column.name, column.type});
  }
  return columns;
}

}  // namespace weir::run
