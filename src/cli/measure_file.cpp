#include "cli/measure_file.h"

#include <fmt/format.h>

#include "base/text.h"
#include "cli/one_file_store.h"
#include "lake/stats_columns.h"

namespace weir::cli {

namespace {

using lake::TypeKind;

std::string column_sql(const lake::StatsColumn& column) {
  std::string sql = "t";
  for (const auto& name : column.path) sql += "." + quote_identifier(name);
  return sql;
}

// The value as check_stats wants it: a number where the type is one, days, microseconds, or text. "" = no bounds.
std::string value_sql(TypeKind kind, const std::string& value) {
  switch (kind) {
    case TypeKind::byte:
    case TypeKind::short_:
    case TypeKind::integer:
    case TypeKind::long_:
      return value + "::BIGINT";
    case TypeKind::float_:
    case TypeKind::double_:
      return value + "::DOUBLE";
    case TypeKind::decimal:
      return value + "::VARCHAR";
    case TypeKind::string:
      return value;
    case TypeKind::date:
      return "date_diff('day', DATE '1970-01-01', " + value + ")::BIGINT";
    case TypeKind::timestamp:
    case TypeKind::timestamp_ntz:
      return "epoch_us(" + value + ")::BIGINT";
    default:
      return {};
  }
}

std::string measures_sql(const lake::StatsColumn& column) {
  const std::string name = column_sql(column);
  const TypeKind kind = column.field->type.kind;
  std::string sql = fmt::format(", count(*) - count({})", name);
  const bool floating = kind == TypeKind::float_ || kind == TypeKind::double_;
  const std::string filter = floating ? fmt::format(" FILTER (NOT isnan({}))", name) : std::string();
  for (const char* bound : {"min", "max"}) {
    const std::string value = value_sql(kind, fmt::format("{}({}){}", bound, name, filter));
    sql += ", " + (value.empty() ? "NULL" : value);
  }
  return sql;
}

lake::Scalar scalar_of(const engine::Cell& cell) {
  return std::visit([](const auto& value) -> lake::Scalar { return value; }, cell);
}

int64_t count_of(const engine::Cell& cell) {
  const auto* count = std::get_if<int64_t>(&cell);
  return count ? *count : 0;
}

}  // namespace

lake::MeasuredFile measure_file(engine::Engine& engine, const lake::Snapshot& snapshot, const lake::Add& add) {
  const auto& metadata = snapshot.metadata();
  auto columns =
      lake::stats_columns(metadata.schema, metadata.partition_columns, {{"delta.dataSkippingNumIndexedCols", "-1"}});
  // What counts as a null there differs between engines.
  std::erase_if(columns, [](const auto& column) {
    return column.field->type.kind == TypeKind::variant || column.field->type.kind == TypeKind::void_;
  });
  std::string sql = "SELECT count(*)";
  for (const auto& column : columns) sql += measures_sql(column);
  const auto table = file_table();
  sql += fmt::format(" FROM lake.{}.{} AS t", quote_identifier(table.schema), quote_identifier(table.name));
  const auto session = engine.session(lake_of_file(snapshot, add));
  const auto rows = session->query(sql);
  const auto& row = rows.rows.at(0);
  lake::MeasuredFile measured;
  measured.rows = count_of(row[0]);
  for (size_t i = 0; i < columns.size(); ++i) {
    auto& column = measured.columns[join(columns[i].path, ".")];
    column.nulls = count_of(row[1 + 3 * i]);
    column.min = scalar_of(row[2 + 3 * i]);
    column.max = scalar_of(row[3 + 3 * i]);
    column.nested = columns[i].path.size() > 1 || !columns[i].field->type.is_primitive();
  }
  return measured;
}

}  // namespace weir::cli
