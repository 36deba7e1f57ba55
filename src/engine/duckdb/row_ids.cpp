#include "engine/duckdb/row_ids.h"

#include <duckdb/catalog/catalog.hpp>
#include <duckdb/function/function_binder.hpp>
#include <duckdb/planner/expression/bound_cast_expression.hpp>
#include <duckdb/planner/expression/bound_constant_expression.hpp>
#include <duckdb/planner/expression/bound_operator_expression.hpp>
#include <duckdb/planner/expression/bound_reference_expression.hpp>

#include "base/text.h"
#include "engine/duckdb/errors.h"
#include "lake/row_tracking.h"

namespace weir::engine::duck {

using namespace duckdb;

bool is_row_tracking(column_t column) { return column == stable_row_id || column == row_commit_version; }

void add_row_tracking(const TableState& table, virtual_column_map_t& columns) {
  if (!lake::keeps_row_ids(table.protocol, table.metadata)) return;
  columns.insert({stable_row_id, TableColumn("_row_id", LogicalType::BIGINT)});
  columns.insert({row_commit_version, TableColumn("_row_commit_version", LogicalType::BIGINT)});
}

duckdb::unique_ptr<Expression> row_number_from(ClientContext& context, int64_t base, column_t& column,
                                               MultiFileLocalIndex index) {
  column = MultiFileReader::COLUMN_IDENTIFIER_FILE_ROW_NUMBER;
  duckdb::vector<duckdb::unique_ptr<Expression>> arguments;
  arguments.push_back(make_uniq<BoundConstantExpression>(Value::BIGINT(base)));
  arguments.push_back(make_uniq<BoundReferenceExpression>(LogicalType::BIGINT, index.GetIndex()));
  ErrorData error;
  auto sum =
      FunctionBinder(context).BindScalarFunction(DEFAULT_SCHEMA, "+", std::move(arguments), error, true, nullptr);
  if (error.HasError()) error.Throw();
  return sum;
}

duckdb::unique_ptr<Expression> default_row_tracking(ClientContext& context, const TableState& table,
                                                    const DataFile& file, column_t& column, MultiFileLocalIndex index) {
  auto& add = file.entry();
  bool id = column == stable_row_id;
  auto& number = id ? add.base_row_id : add.default_row_commit_version;
  if (!number && file.staged()) return make_uniq<BoundConstantExpression>(Value(LogicalType::BIGINT));
  if (!number)
    throw Error(ErrorCode::bad_log, "table " + table.name.text() + ": row tracking is on, but its log gives the file " +
                                        valid_utf8(add.path) + " no " + (id ? "baseRowId" : "defaultRowCommitVersion"));
  if (id) return row_number_from(context, *number, column, index);
  return make_uniq<BoundConstantExpression>(Value::BIGINT(*number));
}

namespace {

void check_hidden(const TableState& table, const std::string& name) {
  for (auto& column : table.columns)
    if (iequals(column.physical_name, name))
      throw Error(ErrorCode::bad_log, "table " + table.name.text() + ": its log keeps row ids in \"" +
                                          valid_utf8(name) + "\", which is a column of the table");
}

// The place of a column of the file in what is read of it; nullopt if the file does not have the column.
std::optional<idx_t> read_column(BaseFileReader& reader, const std::string& name) {
  auto& columns = reader.GetColumns();
  auto found = std::find_if(columns.begin(), columns.end(), [&](auto& column) { return iequals(column.name, name); });
  if (found == columns.end()) return std::nullopt;
  MultiFileLocalColumnId id(static_cast<idx_t>(found - columns.begin()));
  // Read once, however often it is asked for: the reader would give the second one other rows.
  for (idx_t i = 0; i < reader.column_ids.size(); ++i)
    if (reader.column_ids[MultiFileLocalIndex(i)].GetId() == id.GetId()) return i;
  reader.column_ids.push_back(id);
  reader.column_indexes.emplace_back(id.GetId());
  return reader.column_ids.size() - 1;
}

}  // namespace

void prefer_stored_row_tracking(ClientContext& context, const TableState& table, MultiFileReaderData& data,
                                const duckdb::vector<ColumnIndex>& ids) {
  auto hidden = lake::row_id_columns(table.metadata.configuration);
  if (!hidden) return;
  for (idx_t i = 0; i < ids.size(); ++i) {
    auto column = ids[i].GetPrimaryIndex();
    if (!is_row_tracking(column)) continue;
    auto& name = column == stable_row_id ? hidden->row_id : hidden->commit_version;
    check_hidden(table, name);
    auto stored = read_column(*data.reader, name);
    if (!stored) continue;
    auto& type = data.reader->GetColumns()[data.reader->column_ids[MultiFileLocalIndex(*stored)].GetId()].type;
    auto either = make_uniq<BoundOperatorExpression>(ExpressionType::OPERATOR_COALESCE, LogicalType::BIGINT);
    either->children.push_back(BoundCastExpression::AddCastToType(
        context, make_uniq<BoundReferenceExpression>(type, *stored), LogicalType::BIGINT));
    either->children.push_back(std::move(data.expressions[i]));
    data.expressions[i] = std::move(either);
  }
}

}  // namespace weir::engine::duck
