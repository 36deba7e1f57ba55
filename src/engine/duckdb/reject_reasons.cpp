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
  std::string sql = R"(CASE WHEN e.error_type = 'CAST' AND {type} IS NOT NULL AND {value} <> ''
      THEN '"' || {value} || '" is no ' || {type} || CASE
        WHEN regexp_matches({type}, '^(DEC|NUM|U?(TINY|SMALL|BIG|HUGE)?INT)') AND TRY_CAST({value} AS DOUBLE) IS NOT NULL
          THEN ': it cannot hold that number exactly'
        WHEN {type} LIKE 'TIMESTAMP%' AND {type} NOT LIKE '%Z%' AND TRY_CAST({value} AS TIMESTAMPTZ) IS NOT NULL
            AND regexp_matches({value}, '[0-9] *[+-][0-9]{2}(:?[0-9]{2})?$')
          THEN ': its offset from UTC would be lost'
        WHEN {type} LIKE 'TIMESTAMP%' AND TRY_CAST({value} AS TIMESTAMPTZ) IS NOT NULL
          THEN ': it cannot hold that time exactly'
        WHEN {type} = 'DATE' AND TRY_CAST({value} AS TIMESTAMP) IS NOT NULL THEN ': its time of day would be lost'
        ELSE '' END
      ELSE e.error_message END)";
  sql = replace_all(sql, "{type}", "upper(" + declared_types + "[lower(e.column_name)])");
  return replace_all(sql, "{value}",
                     "regexp_extract(e.error_message, 'Could not convert string \"(.*)\" to ', 1, 's')");
}

}  // namespace weir::engine::duck
