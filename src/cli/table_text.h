// Rows as text: a box for people; CSV, JSON, NDJSON and Markdown for programs and documents.
#pragma once

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "cli/terminal.h"

namespace weir::cli {

struct TableColumn {
  std::string name;
  std::string type;  // SQL type; numbers are aligned right and stay numbers in JSON
};
bool is_number(const TableColumn& column);

// nullopt = NULL.
using TableCell = std::optional<std::string>;
using TableRow = std::vector<TableCell>;

struct TableForm {
  std::string output = "table";  // table (text), csv, json, ndjson, markdown
  bool types = false;            // table: a line with the types below the names
  size_t columns = 0;            // table: width to fit into; 0 = as wide as need be
  Style style;
};

// Rows come one by one; csv and ndjson are written at once, the others when finish() is called.
class TableWriter {
 public:
  virtual ~TableWriter() = default;
  virtual void begin(const std::vector<TableColumn>& columns) = 0;
  virtual void row(const TableRow& row) = 0;
  virtual void finish() = 0;
};
// Writes to `out`, which must outlive it.
std::unique_ptr<TableWriter> table_writer(const TableForm& form, std::FILE* out);

// All rows at once.
void write_rows(const TableForm& form, std::FILE* out, const std::vector<TableColumn>& columns,
                const std::vector<TableRow>& rows);

// The box alone, as a text with line ends.
std::string box_text(const std::vector<TableColumn>& columns, const std::vector<TableRow>& rows, const TableForm& form);

// Names and values in aligned columns without lines, for lists such as `weir runs`. Columns named in `right` are
// numbers.
std::string list_text(const std::vector<TableColumn>& columns, const std::vector<TableRow>& rows, const Style& style);

// The value of a cell in JSON: numbers and booleans as such, others as text.
Json cell_json(const TableColumn& column, const TableCell& cell);

}  // namespace weir::cli
