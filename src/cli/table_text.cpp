#include "cli/table_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "cli/text_width.h"

namespace weir::cli {

namespace {

constexpr size_t narrowest = 8;  // a cut column keeps at least this many columns
constexpr size_t widest = 60;    // of one column while others want room too

std::string shown(const TableCell& cell, const Style& style) { return cell ? visible(*cell) : style.dim("NULL"); }

struct Lines {
  std::string_view top_left, top, top_mid, top_right, side, cross_left, cross, cross_right, low_left, low_mid,
      low_right;
};
constexpr Lines unicode_lines = {"┌", "─", "┬", "┐", "│", "├", "┼", "┤", "└", "┴", "┘"};
constexpr Lines ascii_lines = {"+", "-", "+", "+", "|", "+", "+", "+", "+", "+", "+"};

std::string repeat(std::string_view piece, size_t times) {
  std::string text;
  for (size_t i = 0; i < times; ++i) text += piece;
  return text;
}

std::string rule(const std::vector<size_t>& widths, std::string_view left, std::string_view line, std::string_view mid,
                 std::string_view right) {
  std::string text(left);
  for (size_t i = 0; i < widths.size(); ++i) text += std::string(i ? mid : "") + repeat(line, widths[i] + 2);
  return text + std::string(right) + "\n";
}

size_t total(const std::vector<size_t>& widths) {
  size_t sum = 1;
  for (size_t width : widths) sum += width + 3;
  return sum;
}

// Narrows the widest columns first; drops columns from the right only when even the narrowest do not fit.
size_t fit(std::vector<size_t>& widths, size_t room) {
  if (room == 0 || total(widths) <= room) return 0;
  for (auto& width : widths) width = std::min(width, widest);
  while (total(widths) > room) {
    auto most = std::max_element(widths.begin(), widths.end());
    if (*most <= narrowest) break;
    const size_t excess = total(widths) - room;
    *most = std::max(narrowest, *most - std::min(excess, std::max<size_t>(1, *most / 8)));
  }
  size_t dropped = 0;
  while (total(widths) > room && widths.size() > 1) {
    widths.pop_back();
    ++dropped;
  }
  return dropped;
}

std::string csv_field(const TableCell& cell) {
  if (!cell) return {};
  const bool quote = cell->empty() || cell->find_first_of(",\"\r\n") != std::string::npos;
  return quote ? '"' + replace_all(*cell, "\"", "\"\"") + '"' : *cell;
}

void put(std::FILE* out, const std::string& text) { std::fwrite(text.data(), 1, text.size(), out); }

class CsvWriter final : public TableWriter {
 public:
  explicit CsvWriter(std::FILE* out) : out_(out) {}
  void begin(const std::vector<TableColumn>& columns) override {
    TableRow names;
    for (const auto& column : columns) names.emplace_back(column.name);
    row(names);
  }
  void row(const TableRow& row) override {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) line += (i ? "," : "") + csv_field(row[i]);
    put(out_, line + "\n");
  }
  void finish() override {}

 private:
  std::FILE* out_;
};

// One object per line, or one array of them.
class JsonWriter final : public TableWriter {
 public:
  JsonWriter(std::FILE* out, bool array) : out_(out), array_(array) {}
  void begin(const std::vector<TableColumn>& columns) override { columns_ = columns; }
  void row(const TableRow& row) override {
    Json::Object object;
    for (size_t i = 0; i < row.size(); ++i) object.emplace_back(columns_[i].name, cell_json(columns_[i], row[i]));
    const std::string text = Json(std::move(object)).dump();
    put(out_, array_ ? (count_ == 0 ? "[" : ",\n ") + text : text + "\n");
    ++count_;
  }
  void finish() override {
    if (array_) put(out_, count_ == 0 ? "[]\n" : "]\n");
  }

 private:
  std::FILE* out_;
  bool array_;
  std::vector<TableColumn> columns_;
  size_t count_ = 0;
};

class BufferedWriter final : public TableWriter {
 public:
  BufferedWriter(TableForm form, std::FILE* out) : form_(std::move(form)), out_(out) {}
  void begin(const std::vector<TableColumn>& columns) override { columns_ = columns; }
  void row(const TableRow& row) override { rows_.push_back(row); }
  void finish() override { put(out_, form_.output == "markdown" ? markdown() : box_text(columns_, rows_, form_)); }

 private:
  std::string markdown() const {
    std::string text = "|", below = "\n|";
    for (const auto& column : columns_) {
      text += " " + escaped(column.name) + " |";
      below += is_number(column) ? "---:|" : "---|";
    }
    text += below + "\n";
    for (const auto& row : rows_) {
      text += "|";
      for (const auto& cell : row) text += " " + (cell ? escaped(*cell) : std::string("NULL")) + " |";
      text += "\n";
    }
    return text;
  }
  static std::string escaped(std::string_view text) { return replace_all(visible(text), "|", "\\|"); }

  TableForm form_;
  std::FILE* out_;
  std::vector<TableColumn> columns_;
  std::vector<TableRow> rows_;
};

std::vector<size_t> natural_widths(const std::vector<TableColumn>& columns, const std::vector<TableRow>& rows,
                                   bool types, const Style& style) {
  std::vector<size_t> widths;
  for (size_t i = 0; i < columns.size(); ++i) {
    size_t width = text_width(visible(columns[i].name));
    if (types) width = std::max(width, text_width(columns[i].type));
    for (const auto& row : rows) width = std::max(width, text_width(shown(row[i], style)));
    widths.push_back(width);
  }
  return widths;
}

}  // namespace

bool is_number(const TableColumn& column) {
  static const std::vector<std::string> starts = {"TINYINT",  "SMALLINT",  "INTEGER",  "BIGINT",  "HUGEINT",
                                                  "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT",
                                                  "FLOAT",    "DOUBLE",    "DECIMAL"};
  const std::string type = upper(column.type);
  if (type.find('[') != std::string::npos) return false;
  return std::any_of(starts.begin(), starts.end(), [&](const auto& start) { return type.rfind(start, 0) == 0; });
}

Json cell_json(const TableColumn& column, const TableCell& cell) {
  if (!cell) return nullptr;
  if (upper(column.type) == "BOOLEAN") return *cell == "true";
  if (!is_number(column)) return valid_utf8(*cell);
  if (const auto value = parse_int(*cell)) return *value;
  const auto value = parse_double(*cell);
  // JSON has no infinity and no NaN: they stay texts. Decimals keep their digits.
  return value && std::isfinite(*value) ? Json(Json::Real{*value, *cell}) : Json(*cell);
}

void write_rows(const TableForm& form, std::FILE* out, const std::vector<TableColumn>& columns,
                const std::vector<TableRow>& rows) {
  const auto writer = table_writer(form, out);
  writer->begin(columns);
  for (const auto& row : rows) writer->row(row);
  writer->finish();
}

std::string box_text(const std::vector<TableColumn>& columns, const std::vector<TableRow>& rows,
                     const TableForm& form) {
  if (columns.empty()) return {};
  const Lines& lines = form.style.unicode ? unicode_lines : ascii_lines;
  std::vector<size_t> widths = natural_widths(columns, rows, form.types, form.style);
  const size_t dropped = fit(widths, form.columns);
  const auto line_of = [&](const auto& text_at) {
    std::string text;
    for (size_t i = 0; i < widths.size(); ++i) {
      const std::string cell = cut(text_at(i), widths[i], form.style.ellipsis());
      const bool right = is_number(columns[i]);
      text += std::string(lines.side) + " " + (right ? pad_left(cell, widths[i]) : pad_right(cell, widths[i])) + " ";
    }
    return text + std::string(lines.side) + "\n";
  };
  std::string text = rule(widths, lines.top_left, lines.top, lines.top_mid, lines.top_right);
  text += line_of([&](size_t i) { return form.style.bold(visible(columns[i].name)); });
  if (form.types) text += line_of([&](size_t i) { return form.style.dim(lower(columns[i].type)); });
  text += rule(widths, lines.cross_left, lines.top, lines.cross, lines.cross_right);
  for (const auto& row : rows) text += line_of([&](size_t i) { return shown(row[i], form.style); });
  text += rule(widths, lines.low_left, lines.top, lines.low_mid, lines.low_right);
  if (dropped > 0)
    text += form.style.dim(fmt::format("{} more column{} not shown: widen the terminal or name the columns", dropped,
                                       dropped == 1 ? "" : "s")) +
            "\n";
  return text;
}

std::string list_text(const std::vector<TableColumn>& columns, const std::vector<TableRow>& rows, const Style& style) {
  std::vector<size_t> widths;
  for (size_t i = 0; i < columns.size(); ++i) {
    size_t width = text_width(columns[i].name);
    for (const auto& row : rows) width = std::max(width, text_width(visible(row[i].value_or(""))));
    widths.push_back(width);
  }
  const auto line_of = [&](const auto& text_at) {
    std::string line;
    for (size_t i = 0; i < columns.size(); ++i) {
      const std::string cell = text_at(i);
      line += "  " + (is_number(columns[i]) ? pad_left(cell, widths[i]) : pad_right(cell, widths[i]));
    }
    return line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  };
  std::string text = line_of([&](size_t i) { return style.dim(columns[i].name); });
  for (const auto& row : rows) text += line_of([&](size_t i) { return visible(row[i].value_or("")); });
  return text;
}

std::unique_ptr<TableWriter> table_writer(const TableForm& form, std::FILE* out) {
  if (form.output == "csv") return std::make_unique<CsvWriter>(out);
  if (form.output == "json") return std::make_unique<JsonWriter>(out, true);
  if (form.output == "ndjson") return std::make_unique<JsonWriter>(out, false);
  return std::make_unique<BufferedWriter>(form, out);
}

}  // namespace weir::cli
