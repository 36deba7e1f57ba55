// The rows of a SQL statement to standard output, in any of the forms of table_text.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/table_text.h"
#include "cli/verb.h"
#include "engine/session.h"

namespace weir::cli {

struct QueryOutput {
  int64_t rows = 0;      // written
  bool cut = false;      // there were more than the limit
  int64_t changed = 0;   // of a statement that changes rows
  bool has_rows = true;  // false: the statement gives none
};

// Questions are streamed, so a result larger than memory can be written as CSV or NDJSON. A limit stops the query.
QueryOutput write_query(engine::Session& session, const std::string& statement, TableWriter& writer,
                        std::optional<int64_t> limit);

// Rows that are there already.
void write_rows(const engine::Rows& rows, TableWriter& writer);

std::vector<TableColumn> columns_of(const std::vector<engine::ColumnInfo>& columns);
TableCell cell_of(const engine::Cell& cell);

// --output of the call, fitted to the terminal.
TableForm table_form(const Call& call);

}  // namespace weir::cli
