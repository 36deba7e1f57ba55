#include "engine/duckdb/result_rows.h"

#include "base/text.h"

namespace weir::engine::duck {

using namespace duckdb;

namespace {

Cell cell_of(const Value& value) {
  if (value.IsNull()) return std::monostate();
  switch (value.type().id()) {
    case LogicalTypeId::BOOLEAN:
      return value.GetValue<bool>();
    case LogicalTypeId::TINYINT:
    case LogicalTypeId::SMALLINT:
    case LogicalTypeId::INTEGER:
    case LogicalTypeId::BIGINT:
    case LogicalTypeId::UTINYINT:
    case LogicalTypeId::USMALLINT:
    case LogicalTypeId::UINTEGER:
      return value.GetValue<int64_t>();
    case LogicalTypeId::UBIGINT:
    case LogicalTypeId::HUGEINT:
    case LogicalTypeId::UHUGEINT:
      if (auto whole = parse_int(value.ToString())) return *whole;
      return value.ToString();
    case LogicalTypeId::FLOAT:
    case LogicalTypeId::DOUBLE:
      return value.GetValue<double>();
    default:
      return value.ToString();
  }
}

}  // namespace

std::vector<ColumnInfo> columns_of(const duckdb::vector<string>& names, const duckdb::vector<LogicalType>& types) {
  std::vector<ColumnInfo> columns;
  for (idx_t i = 0; i < names.size(); ++i) columns.push_back({names[i], types[i].ToString()});
  return columns;
}

Rows rows_of(QueryResult& result) {
  Rows rows;
  if (result.properties.return_type == StatementReturnType::QUERY_RESULT)
    rows.columns = columns_of(result.names, result.types);
  while (auto chunk = result.Fetch()) {
    if (chunk->size() == 0) break;
    bool counts = result.properties.return_type == StatementReturnType::CHANGED_ROWS ||
                  result.statement_type == StatementType::CREATE_STATEMENT;  // CREATE TABLE AS
    if (counts) {
      rows.changed += chunk->GetValue(0, 0).GetValue<int64_t>();
      continue;
    }
    if (result.properties.return_type == StatementReturnType::NOTHING) continue;
    for (idx_t row = 0; row < chunk->size(); ++row) {
      auto& cells = rows.rows.emplace_back();
      for (idx_t column = 0; column < chunk->ColumnCount(); ++column)
        cells.push_back(cell_of(chunk->GetValue(column, row)));
    }
  }
  return rows;
}

}  // namespace weir::engine::duck
