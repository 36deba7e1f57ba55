#include "cli/diff_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/text.h"
#include "cli/query_output.h"
#include "cli/table_text.h"

namespace weir::cli {

namespace {

using checks::SampleRow;
using checks::SchemaDifference;
using checks::TableComparison;
using Kind = SchemaDifference::Kind;

std::string count(int64_t value) { return human_count(static_cast<uint64_t>(value)); }

std::string rows_text(int64_t value) { return count(value) + (value == 1 ? " row" : " rows"); }

std::string share(int64_t part, int64_t whole) {
  if (whole == 0) return "0 %";
  const double percent = 100 * static_cast<double>(part) / static_cast<double>(whole);
  return percent > 0 && percent < 0.01 ? "< 0.01 %" : fmt::format("{:.4g} %", percent);
}

std::string schema_text(const TableComparison& comparison, const Style& style) {
  std::string out;
  for (const SchemaDifference& change : comparison.schema) switch (change.kind) {
      case Kind::added:
        out += "  " + style.green("+ column " + change.column + " " + change.after) + "\n";
        break;
      case Kind::removed:
        out += "  " + style.red("- column " + change.column + " " + change.before) + "\n";
        break;
      case Kind::type:
        out += "  " +
               style.yellow(
                   fmt::format("~ column {} {} {} {}", change.column, change.before, style.arrow(), change.after)) +
               "\n";
        break;
      case Kind::position:
        out += "  " +
               style.yellow(fmt::format("~ column {} at place {} {} {}", change.column, change.before, style.arrow(),
                                        change.after)) +
               "\n";
        break;
    }
  return out;
}

std::string duplicates_text(const char* side, const checks::KeyCounts& counts) {
  if (counts.duplicate_keys == 0) return {};
  return fmt::format("  key is not unique in {}: {} of {} {}\n", side, rows_text(counts.duplicate_rows),
                     count(counts.duplicate_keys), counts.duplicate_keys == 1 ? "key" : "keys");
}

std::string nulls_text(const char* side, const checks::KeyCounts& counts) {
  return counts.null_rows == 0 ? std::string()
                               : fmt::format("  key is NULL in {} of {}\n", rows_text(counts.null_rows), side);
}

std::string keyed_text(const TableComparison& comparison) {
  std::string out = fmt::format("  key {}: {} only in A, {} only in B, {} in both", join(comparison.key, ", "),
                                count(comparison.only_a), count(comparison.only_b), count(comparison.both));
  out += comparison.changed == 0 ? ", none of them different\n"
                                 : fmt::format(", {} of them different ({})\n", count(comparison.changed),
                                               share(comparison.changed, comparison.both));
  out += duplicates_text("A", comparison.a) + duplicates_text("B", comparison.b);
  if (comparison.a.duplicate_keys + comparison.b.duplicate_keys > 0)
    out += fmt::format("  among rows of such keys: {} only in A, {} only in B\n", count(comparison.duplicates_only_a),
                       count(comparison.duplicates_only_b));
  out += nulls_text("A", comparison.a) + nulls_text("B", comparison.b);
  if (comparison.mismatches.empty()) return out;
  size_t width = 0, digits = 0;
  for (const auto& mismatch : comparison.mismatches) {
    width = std::max(width, mismatch.column.size());
    digits = std::max(digits, count(mismatch.rows).size());
  }
  for (const auto& mismatch : comparison.mismatches)
    out += fmt::format("    {:<{}}  {:>{}} different ({})\n", mismatch.column, width, count(mismatch.rows), digits,
                       share(mismatch.rows, comparison.both));
  return out;
}

std::string multiset_text(const TableComparison& comparison) {
  if (comparison.columns.empty()) return {};
  std::string out =
      fmt::format("  without a key: {} only in A, {} only in B\n", count(comparison.only_a), count(comparison.only_b));
  std::vector<std::string> names;
  for (const auto& mismatch : comparison.mismatches) names.push_back(mismatch.column);
  if (!names.empty())
    out += "  columns with other values: " + join(names, ", ") + "\n";
  else if (comparison.only_a + comparison.only_b > 0)
    out += "  each column has the same values, in other combinations\n";
  return out;
}

std::string box(const std::string& title, const std::vector<TableColumn>& columns, const std::vector<TableRow>& rows,
                const Style& style, size_t width) {
  if (rows.empty()) return {};
  return "  " + title + "\n" + box_text(columns, rows, {"table", false, width, style});
}

TableRow cells(const std::string& first, const SampleRow& sample, const std::vector<engine::Cell>& values) {
  TableRow row{first};
  for (const auto& cell : sample.key) row.push_back(cell_of(cell));
  for (const auto& cell : values) row.push_back(cell_of(cell));
  return row;
}

std::string samples_text(const TableComparison& comparison, const Style& style, size_t width) {
  std::vector<TableColumn> whole{{"", "VARCHAR"}}, keys{{"", "VARCHAR"}};
  for (const auto& name : comparison.key) {
    whole.push_back({name, "VARCHAR"});
    keys.push_back({name, "VARCHAR"});
  }
  for (const auto& name : comparison.columns) whole.push_back({name, "VARCHAR"});
  std::vector<TableRow> one_sided, changed, duplicates;
  for (const SampleRow& sample : comparison.samples) switch (sample.kind) {
      case SampleRow::Kind::only_a:
        one_sided.push_back(cells("A", sample, sample.a));
        break;
      case SampleRow::Kind::only_b:
        one_sided.push_back(cells("B", sample, sample.b));
        break;
      case SampleRow::Kind::duplicate: {
        TableRow row = cells("", sample, sample.a);
        row.push_back(cell_of(sample.b.at(0)));
        duplicates.emplace_back(row.begin() + 1, row.end());
        break;
      }
      case SampleRow::Kind::changed:
        for (size_t i = 0; i < sample.differs.size(); i++) {
          if (!sample.differs[i]) continue;
          TableRow row = cells("", sample, {});
          row.push_back(comparison.columns[i]);
          row.push_back(cell_of(sample.a[i]));
          row.push_back(cell_of(sample.b[i]));
          changed.emplace_back(row.begin() + 1, row.end());
        }
        break;
    }
  const std::vector<TableColumn> only_keys(keys.begin() + 1, keys.end());
  std::vector<TableColumn> long_form = only_keys, counted = only_keys;
  for (const char* name : {"column", "A", "B"}) long_form.push_back({name, "VARCHAR"});
  for (const char* name : {"rows in A", "rows in B"}) counted.push_back({name, "BIGINT"});
  return box("only in one of them:", whole, one_sided, style, width) +
         box("different:", long_form, changed, style, width) +
         box("keys with several rows:", counted, duplicates, style, width);
}

Json cell_value(const engine::Cell& cell) {
  return std::visit(
      [](const auto& value) -> Json {
        if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::monostate>)
          return {};
        else
          return value;
      },
      cell);
}

Json named(const std::vector<std::string>& names, const std::vector<engine::Cell>& values) {
  Json out = Json::object();
  for (size_t i = 0; i < names.size() && i < values.size(); i++) out.set(names[i], cell_value(values[i]));
  return out;
}

Json schema_json(const SchemaDifference& change) {
  constexpr const char* kinds[] = {"added", "removed", "type", "position"};
  return Json::object()
      .set("column", change.column)
      .set("change", kinds[static_cast<size_t>(change.kind)])
      .set("a", change.before.empty() ? Json() : Json(change.before))
      .set("b", change.after.empty() ? Json() : Json(change.after));
}

Json counts_json(const checks::KeyCounts& counts, bool keyed) {
  Json out = Json::object().set("rows", counts.rows);
  if (keyed)
    out.set("duplicate_keys", counts.duplicate_keys)
        .set("duplicate_rows", counts.duplicate_rows)
        .set("null_key_rows", counts.null_rows);
  return out;
}

Json samples_json(const TableComparison& comparison) {
  Json only_a = Json::array(), only_b = Json::array(), changed = Json::array(), duplicates = Json::array();
  const auto whole = [&](const SampleRow& sample, const std::vector<engine::Cell>& values) {
    Json row = named(comparison.key, sample.key);
    const Json others = named(comparison.columns, values);
    for (const auto& [name, value] : others.as_object()) row.set(name, value);
    return row;
  };
  for (const SampleRow& sample : comparison.samples) switch (sample.kind) {
      case SampleRow::Kind::only_a:
        only_a.push_back(whole(sample, sample.a));
        break;
      case SampleRow::Kind::only_b:
        only_b.push_back(whole(sample, sample.b));
        break;
      case SampleRow::Kind::duplicate:
        duplicates.push_back(Json::object()
                                 .set("key", named(comparison.key, sample.key))
                                 .set("a", cell_value(sample.a.at(0)))
                                 .set("b", cell_value(sample.b.at(0))));
        break;
      case SampleRow::Kind::changed: {
        Json columns = Json::object();
        for (size_t i = 0; i < sample.differs.size(); i++)
          if (sample.differs[i])
            columns.set(comparison.columns[i],
                        Json::object().set("a", cell_value(sample.a[i])).set("b", cell_value(sample.b[i])));
        changed.push_back(
            Json::object().set("key", named(comparison.key, sample.key)).set("columns", std::move(columns)));
        break;
      }
    }
  return Json::object()
      .set("only_in_a", std::move(only_a))
      .set("only_in_b", std::move(only_b))
      .set("different", std::move(changed))
      .set("duplicate_keys", std::move(duplicates));
}

}  // namespace

std::string comparison_text(const TableComparison& comparison, const Style& style, size_t width) {
  const bool keyed = !comparison.key.empty();
  return schema_text(comparison, style) +
         fmt::format("  rows: {} {} {}\n", count(comparison.a.rows), style.arrow(), count(comparison.b.rows)) +
         (keyed ? keyed_text(comparison) : multiset_text(comparison)) + samples_text(comparison, style, width);
}

std::string comparison_summary(const TableComparison& comparison) {
  if (comparison.equal()) return "equal, " + rows_text(comparison.b.rows);
  std::vector<std::string> parts;
  if (!comparison.schema.empty()) parts.emplace_back("columns");
  if (comparison.only_a + comparison.duplicates_only_a > 0)
    parts.push_back(rows_text(comparison.only_a + comparison.duplicates_only_a) + " only in A");
  if (comparison.only_b + comparison.duplicates_only_b > 0)
    parts.push_back(rows_text(comparison.only_b + comparison.duplicates_only_b) + " only in B");
  if (comparison.changed > 0) parts.push_back(rows_text(comparison.changed) + " with other values");
  if (parts.empty()) parts.emplace_back("number of rows");
  return "different: " + join(parts, ", ");
}

Json comparison_json(const TableComparison& comparison) {
  const bool keyed = !comparison.key.empty();
  Json schema = Json::array(), columns = Json::array();
  for (const SchemaDifference& change : comparison.schema) schema.push_back(schema_json(change));
  for (const std::string& name : comparison.columns) {
    const auto found = std::find_if(comparison.mismatches.begin(), comparison.mismatches.end(),
                                    [&](const auto& mismatch) { return mismatch.column == name; });
    const int64_t rows = found == comparison.mismatches.end() ? 0 : found->rows;
    Json column = Json::object().set("column", name).set("equal", rows == 0);
    if (keyed)
      column.set("different", rows)
          .set("share", comparison.both == 0 ? 0.0 : static_cast<double>(rows) / static_cast<double>(comparison.both));
    columns.push_back(std::move(column));
  }
  Json rows = Json::object().set("only_in_a", comparison.only_a).set("only_in_b", comparison.only_b);
  if (keyed)
    rows.set("in_both", comparison.both)
        .set("different", comparison.changed)
        .set("duplicates_only_in_a", comparison.duplicates_only_a)
        .set("duplicates_only_in_b", comparison.duplicates_only_b);
  return Json::object()
      .set("equal", comparison.equal())
      .set("key", keyed ? Json::strings(comparison.key) : Json())
      .set("schema", std::move(schema))
      .set("a", counts_json(comparison.a, keyed))
      .set("b", counts_json(comparison.b, keyed))
      .set("rows", std::move(rows))
      .set("columns", std::move(columns))
      .set("samples", samples_json(comparison));
}

}  // namespace weir::cli
