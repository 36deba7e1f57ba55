#include "engine/duckdb/scan_steps.h"

#include <duckdb/planner/expression/bound_cast_expression.hpp>
#include <duckdb/planner/expression/bound_columnref_expression.hpp>
#include <duckdb/planner/expression/bound_function_expression.hpp>
#include <duckdb/planner/expression_iterator.hpp>

#include "base/text.h"
#include "engine/duckdb/kept_out.h"
#include "engine/duckdb/row_ids.h"

namespace weir::engine::duck {

using namespace duckdb;

FilterFacts facts_of(const TableState& table, const MultiFilePushdownInfo& info, const Expression& filter) {
  FilterFacts facts{&filter, {}};
  bool others = false;
  ExpressionIterator::VisitExpression<BoundColumnRefExpression>(filter, [&](const BoundColumnRefExpression& ref) {
    auto column = info.column_indexes[ref.binding.column_index].GetPrimaryIndex();
    facts.kept_out = facts.kept_out || is_kept_out(table, column);
    others = others || column >= table.columns.size() || !table.columns[column].partition;
    bool known = std::find(facts.columns.begin(), facts.columns.end(), column) != facts.columns.end();
    if (column < table.columns.size() && !known) facts.columns.push_back(column);
  });
  facts.partition_only = !facts.columns.empty() && !others;
  return facts;
}

namespace {

// What stands around a column: a cast, a function, nothing.
std::string around_column(const Expression& expression) {
  std::string found;
  ExpressionIterator::EnumerateChildren(expression, [&](const Expression& child) {
    if (!found.empty()) return;
    found = around_column(child);
    if (!found.empty() || child.GetExpressionClass() != ExpressionClass::BOUND_COLUMN_REF) return;
    if (expression.GetExpressionClass() == ExpressionClass::BOUND_CAST)
      found = "a cast to " + expression.return_type.ToString();
    else if (expression.GetExpressionClass() == ExpressionClass::BOUND_FUNCTION)
      found = "the function " + expression.Cast<BoundFunctionExpression>().function.name;
  });
  return found;
}

std::string why_not_asked(const TableState& table, const FilterFacts& facts) {
  auto name = [&](size_t i) { return table.columns[facts.columns[i]].name; };
  if (facts.filter->IsVolatile()) return "it may give another answer for each row";
  if (facts.columns.empty()) return "it names no column that statistics are kept of";
  if (facts.kept_out)
    return "the type of column " + name(0) + " was widened: its values are compared row by row, in the wide type";
  if (facts.columns.size() > 1)
    return "it is about several columns (" + name(0) + ", " + name(1) + (facts.columns.size() > 2 ? ", …" : "") +
           ") at once, and statistics are kept of each alone";
  if (!table.columns[facts.columns[0]].statistics)
    return "no least and greatest value is kept of column " + name(0) + ", whose type is " +
           lake::type_name(table.metadata.schema.fields[facts.columns[0]].type);
  if (auto around = around_column(*facts.filter); !around.empty())
    return "column " + name(0) + " stands inside " + around +
           ": statistics are kept of the column itself. Compare the bare column with a constant";
  return "this form of condition cannot be decided by the least and the greatest value of column " + name(0);
}

}  // namespace

ScanStep step_of(const TableState& table, const FilterFacts& facts, const std::vector<lake::SkipStep>& steps,
                 size_t asked, size_t skipped) {
  ScanStep step;
  step.condition = facts.filter->ToString();
  for (auto column : facts.columns) step.columns.push_back(table.columns[column].name);
  step.asked = asked;
  step.skipped = skipped;
  for (auto& part : steps) step.without_statistics = std::max(step.without_statistics, part.without_statistics);
  if (facts.partition_only)
    step.by = ScanStep::By::partition_values;
  else if (!steps.empty())
    step.by = ScanStep::By::statistics;
  if (skipped > 0 || asked == 0) return step;
  if (step.by == ScanStep::By::nothing)
    step.why = why_not_asked(table, facts);
  else if (step.by == ScanStep::By::partition_values)
    step.why = "every partition can hold such rows";
  else if (step.without_statistics == asked)
    step.why = "no file has statistics of " + join(step.columns, ", ") +
               (asked == 1 ? "" : ": see delta.dataSkippingNumIndexedCols and delta.dataSkippingStatsColumns");
  else
    step.why = "the values of every file span what is asked for: rows of one range lie in many files";
  return step;
}

std::vector<ScanReport::File> read_of(const TableState& table, const std::vector<size_t>& numbers) {
  std::vector<ScanReport::File> files;
  auto& live = table.files();
  for (auto number : numbers) {
    auto deleted = live.has_deletion_vector(number) ? live[number]->entry().deletion_vector->cardinality : 0;
    files.push_back({live.path(number), live.size_bytes(number), deleted});
  }
  return files;
}

void begin_report(const TableState& table, ScanReport& report) {
  report.version = table.base ? table.snapshot()->version() : -1;
  report.files = table.files().size();
  report.bytes = table.files().total_bytes();
}

}  // namespace weir::engine::duck
