#include "engine/duckdb/reject_reasons.h"

#include <vector>

#include "base/text.h"

namespace weir::engine::duck {

std::string declared_types_sql(const FileScan& scan) {
  std::vector<std::string> entries;
  for (const auto& column : scan.columns)
    if (!column.from_path) entries.push_back(quote_literal(lower(column.name)) + ": " + quote_literal(column.type));
  return entries.empty() ? "MAP {'': ''}" : "MAP {" + join(entries, ", ") + "}";
}

std::string reject_reason_sql(const std::string& declared_types) {
  std::string sql =
      "CASE WHEN e.error_type = 'CAST' AND {type} IS NOT NULL AND {value} <> '' THEN '\"' || {value} || '\" is no ' || "
      "upper({type}) || CASE "
      "WHEN regexp_matches(upper({type}), '^U?(TINY|SMALL|BIG|HUGE)?INT') AND TRY_CAST({value} AS DOUBLE) IS "
      "NOT NULL THEN ': it cannot hold that number exactly' "
      "ELSE '' END ELSE e.error_message END";
  sql = replace_all(sql, "{type}", declared_types + "[lower(e.column_name)]");
  return replace_all(sql, "{value}",
                     "regexp_extract(e.error_message, 'Could not convert string \"(.*)\" to ', 1, 's')");
}

}  // namespace weir::engine::duck
