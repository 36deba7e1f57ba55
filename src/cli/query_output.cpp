#include "cli/query_output.h"

#include <unistd.h>

#include "cli/statements.h"
#include "format/arrow_view.h"

namespace weir::cli {

namespace {

// Every value as the engine prints it: one reader serves all types, and what a person sees is what a file gets.
std::string as_text(const std::string& query) { return "SELECT COLUMNS(*)::VARCHAR FROM (\n" + query + "\n)"; }

void stream_rows(format::BatchStream& stream, TableWriter& writer, std::optional<int64_t> limit, QueryOutput& output) {
  const ArrowSchema& schema = stream.schema().c_schema();
  while (auto batch = stream.next()) {
    std::vector<format::ArrowView> columns;
    for (int64_t i = 0; i < schema.n_children; ++i)
      columns.emplace_back(*schema.children[i], *batch->c_array().children[i]);
    for (int64_t row = 0; row < batch->row_count(); ++row) {
      if (limit && output.rows >= *limit) {
        output.cut = true;
        return;
      }
      TableRow cells;
      for (const auto& column : columns)
        cells.push_back(column.is_null(row) ? std::nullopt : TableCell(std::string(column.text(row))));
      writer.row(cells);
      ++output.rows;
    }
  }
}

}  // namespace

std::vector<TableColumn> columns_of(const std::vector<engine::ColumnInfo>& columns) {
  std::vector<TableColumn> result;
  for (const auto& column : columns) result.push_back({column.name, column.type});
  return result;
}

TableCell cell_of(const engine::Cell& cell) {
  if (std::holds_alternative<std::monostate>(cell)) return std::nullopt;
  return engine::cell_text(cell);
}

void write_rows(const engine::Rows& rows, TableWriter& writer) {
  writer.begin(columns_of(rows.columns));
  for (const auto& row : rows.rows) {
    TableRow cells;
    for (const auto& cell : row) cells.push_back(cell_of(cell));
    writer.row(cells);
  }
  writer.finish();
}

QueryOutput write_query(engine::Session& session, const std::string& statement, TableWriter& writer,
                        std::optional<int64_t> limit) {
  QueryOutput output;
  if (kind_of(statement) == StatementKind::query) {
    // Described first: mistakes then carry the places of the text as it was typed.
    const auto columns = session.describe(statement);
    const auto stream = session.stream(as_text(statement));
    writer.begin(columns_of(columns));
    stream_rows(*stream, writer, limit, output);
    writer.finish();
    return output;
  }
  const engine::Rows rows = session.query(statement);
  output.changed = rows.changed;
  output.has_rows = !rows.columns.empty() && kind_of(statement) == StatementKind::look;
  if (!output.has_rows) return output;
  write_rows(rows, writer);
  output.rows = static_cast<int64_t>(rows.rows.size());
  return output;
}

TableForm table_form(const Call& call) {
  TableForm form;
  form.output = call.options.text("output");
  if (form.output == "text") form.output = "table";
  form.style = call.terminal.out;
  if (call.terminal.out_is_terminal) form.columns = static_cast<size_t>(screen_of(STDOUT_FILENO).columns);
  return form;
}

}  // namespace weir::cli
