#include "engine/duckdb/column_lineage.h"

#include <algorithm>
#include <array>

#include "engine/duckdb/lineage_walk.h"
#include "engine/duckdb/result_rows.h"

namespace weir::engine::duck {

using namespace duckdb;

bool reads_elsewhere(const std::string& table_function) {
  constexpr std::array<std::string_view, 6> families{"read_", "parquet_", "iceberg_", "sniff_", "duckdb_", "pragma_"};
  return table_function == "glob" || std::any_of(families.begin(), families.end(),
                                                 [&](auto& family) { return table_function.starts_with(family); });
}

std::string as_called(const std::string& table_function) {
  if (table_function == "parquet_scan") return "read_parquet";
  return table_function.starts_with("iceberg_scan") ? "iceberg_scan" : table_function;
}

ColumnLineage lineage_of(Planner& planner, const StandInTables& stand_ins) {
  LineageWalk walk(stand_ins);
  ColumnLineage out;
  out.rows = walk.named(walk.rows(*planner.plan));
  const auto unknown = [&](const DerivedColumn& column) {
    return column.type == "VARCHAR" &&
           std::any_of(column.origins.begin(), column.origins.end(), [&](const auto& origin) {
             return origin.second.direct() && stand_ins.is_unknown(origin.first);
           });
  };
  const auto bindings = planner.plan->GetColumnBindings();
  const auto columns = columns_of(planner.names, planner.types);
  for (size_t i = 0; i < columns.size(); ++i) {
    DerivedColumn& column = out.columns.emplace_back();
    column.name = columns[i].name;
    column.type = columns[i].type;
    if (i < bindings.size()) column.origins = walk.named(walk.column(bindings[i]));
    if (unknown(column)) column.type.clear();
  }
  return out;
}

}  // namespace weir::engine::duck
