#include "cli/failures.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "base/text.h"
#include "cli/exit_code.h"
#include "cli/query_output.h"
#include "cli/say.h"
#include "cli/table_text.h"

namespace weir::cli {

namespace {

bool tells_of_failure(const Event& event) {
  return event.name == "check.failed" || event.name == "check.warned" || event.name == "check.error";
}

// Cells are kept as texts.
bool all_numbers(const Json& rows, size_t column) {
  const auto& list = rows.as_array();
  return std::all_of(list.begin(), list.end(), [&](const Json& row) {
    const Json& cell = row.as_array()[column];
    return cell.is_null() || (cell.is_string() && parse_double(cell.as_string()));
  });
}

// The sample as the event keeps it: {"columns":[…],"rows":[[…]]}.
void print_sample(const Json& sample, const TableForm& form) {
  const Json *names = sample.find("columns"), *rows = sample.find("rows");
  if (!names || !rows || rows->size() == 0) return;
  std::vector<TableColumn> columns;
  for (size_t i = 0; i < names->size(); ++i)
    columns.push_back({names->as_array()[i].as_string(), all_numbers(*rows, i) ? "DOUBLE" : "VARCHAR"});
  const auto writer = table_writer(form, stdout);
  writer->begin(columns);
  for (const auto& row : rows->as_array()) {
    TableRow cells;
    for (const auto& cell : row.as_array())
      cells.push_back(cell.is_null() ? std::nullopt : TableCell(cell.is_string() ? cell.as_string() : cell.dump()));
    writer->row(cells);
  }
  writer->finish();
}

}  // namespace

int show_failures(Call& call, Workspace& workspace, const std::string& asset) {
  const auto reader = workspace.state_reader();
  const auto steps = reader ? reader->steps_of_asset(asset, 1) : std::vector<state::StepRow>();
  if (steps.empty()) throw Error(ErrorCode::no_such_run, "no run had a step of " + asset, "`weir runs` lists the runs");
  const TableForm form = table_form(call);
  const bool for_people = form.output == "table";
  size_t found = 0;
  for (const auto& row : reader->events(steps.front().run)) {
    if (!tells_of_failure(row.event) || row.event.text("asset") != asset) continue;
    ++found;
    const std::string title = row.event.text("title"), name = row.event.text("check");
    if (for_people)
      std::fputs(
          (call.terminal.out.bold(title.empty() ? name : title) + "  " + row.event.text("message") + "\n").c_str(),
          stdout);
    if (const Json* sample = row.event.fields.find("sample")) print_sample(*sample, form);
    const std::string sql = row.event.text("failures_sql");
    if (for_people && !sql.empty())
      std::fputs(
          (call.terminal.out.dim("the same on what is published: " + replace_all(sql, "\n", " ")) + "\n").c_str(),
          stdout);
  }
  if (found == 0) say(call, fmt::format("all checks of {} passed in run {}", asset, steps.front().run));
  return exit_done;
}

}  // namespace weir::cli
