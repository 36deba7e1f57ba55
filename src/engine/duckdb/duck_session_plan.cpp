#include <duckdb/optimizer/optimizer.hpp>
#include <duckdb/parser/parsed_data/create_type_info.hpp>
#include <duckdb/parser/statement/create_statement.hpp>

#include "base/set_for.h"
#include "base/text.h"
#include "engine/duckdb/column_lineage.h"
#include "engine/duckdb/duck_session.h"
#include "engine/duckdb/plan_outline.h"
#include "engine/duckdb/result_rows.h"
#include "engine/duckdb/volatile_functions.h"

namespace weir::engine::duck {

using namespace duckdb;

namespace {

bool makes_pivot_values(const SQLStatement& statement) {
  if (statement.type != StatementType::CREATE_STATEMENT) return false;
  const auto& info = *statement.Cast<CreateStatement>().info;
  return info.type == CatalogType::TYPE_ENTRY && info.temporary &&
         info.Cast<CreateTypeInfo>().name.starts_with("__pivot_enum_");
}

}  // namespace

void DuckSession::bound(std::string_view sql, const std::function<void(Planner&)>& use,
                        const std::function<void(SQLStatement&)>& before) {
  std::string text(sql);
  auto statements = parse(text);
  if (statements.empty()) throw Error(ErrorCode::sql_syntax, "there is no statement");
  auto& context = *connection().context;
  state_->errors.clear();
  const SetFor records_none(state_->records_reads, false);
  try {
    // A PIVOT that names no values takes them from its rows; the engine keeps them as a type of its own.
    for (size_t i = 0; i + 1 < statements.size(); ++i)
      if (makes_pivot_values(*statements[i])) run(std::move(statements[i]), text, false);
    context.RunFunctionInTransaction([&] {
      if (before) before(*statements.back());
      Planner planner(context);
      planner.CreatePlan(std::move(statements.back()));
      use(planner);
    });
  } catch (const Error&) {
    throw;
  } catch (const std::exception& exception) {
    throw translated(exception, text, &state_->errors);
  }
}

std::vector<ColumnInfo> DuckSession::describe(std::string_view sql) {
  std::vector<ColumnInfo> columns;
  bound(sql, [&](Planner& planner) { columns = columns_of(planner.names, planner.types); });
  return columns;
}

std::vector<lake::TableName> DuckSession::tables_of(std::string_view sql) {
  std::set<lake::TableName> tables;
  connection();
  const SetFor looking(state_->looked_up, &tables);
  bound(sql, [](Planner&) {});
  return {tables.begin(), tables.end()};
}

QueryOutline DuckSession::outline(std::string_view sql) {
  QueryOutline outline;
  bound(sql, [&](Planner& planner) {
    Optimizer optimizer(*planner.binder, *connection().context);
    outline = outline_of(*optimizer.Optimize(std::move(planner.plan)));
  });
  return outline;
}

std::vector<std::string> DuckSession::volatile_functions_of(std::string_view sql) {
  std::set<std::string> names;
  bound(sql, [&](Planner& planner) { names = volatile_functions(*planner.plan); });
  return {names.begin(), names.end()};
}

ColumnLineage DuckSession::column_lineage(std::string_view sql, const StandIns& stand_ins) {
  ColumnLineage lineage;
  StandInTables tables(*connection().context, stand_ins);
  bound(
      sql, [&](Planner& planner) { lineage = lineage_of(planner, tables); },
      [&](SQLStatement& statement) { tables.put_into(statement); });
  return lineage;
}

ScanReport DuckSession::explain_scan(const lake::TableName& table, std::optional<int64_t> version,
                                     const std::string& where) {
  auto sql = "EXPLAIN SELECT * FROM lake." + quote_identifier(table.schema) + "." + quote_identifier(table.name);
  if (version) sql += " AT (VERSION => " + std::to_string(*version) + ")";
  if (!where.empty()) sql += " WHERE (\n" + where + "\n)";
  if (parse(sql).size() != 1)
    throw Error(ErrorCode::sql_syntax, "the condition is more than one: " + where, "Give what may stand after WHERE.");
  ScanReport report;
  const SetFor reporting(state_->scan_report, &report);
  const SetFor reading(state_->files_read, {});
  auto plan = query(sql);
  // A condition that can be decided without the table leaves no scan in the plan.
  report.never_true = !plan.rows.empty() && cell_text(plan.rows.front().back()).find("LAKE_SCAN") == std::string::npos;
  if (!report.never_true && state_->files_read) report.read = state_->files_read();
  return report;
}

}  // namespace weir::engine::duck
