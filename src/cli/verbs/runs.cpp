// weir runs: what ran here, newest first.
#include <fmt/format.h>

#include <cstdio>

#include "base/text.h"
#include "base/time.h"
#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/query_output.h"
#include "cli/say.h"
#include "cli/table_text.h"
#include "cli/version_spec.h"
#include "cli/workspace.h"

namespace weir::cli {

namespace {

std::string to_second(int64_t ms) { return replace_all(iso_seconds(ms).substr(0, 19), "T", " "); }

TableRow row_of(const state::RunRow& run, const std::vector<state::StepRow>& steps, bool for_people) {
  size_t published = 0, not_good = 0;
  for (const auto& step : steps) {
    published += step.status == state::StepStatus::published ? 1 : 0;
    not_good += step.status == state::StepStatus::failed || step.status == state::StepStatus::held_back ||
                        step.status == state::StepStatus::died || step.status == state::StepStatus::failed_test
                    ? 1
                    : 0;
  }
  TableCell took;
  if (run.finished_ms)
    took = for_people ? human_duration_ms(*run.finished_ms - run.started_ms)
                      : std::to_string(*run.finished_ms - run.started_ms);
  return {run.id,
          for_people ? to_second(run.started_ms) : iso_ms(run.started_ms),
          run.verb,
          std::string(state::status_text(run.status)),
          run.exit_code ? TableCell(std::to_string(*run.exit_code)) : std::nullopt,
          std::to_string(published),
          std::to_string(not_good),
          took,
          run.message};
}

int run_runs(Call& call) {
  Workspace workspace(call);
  const bool for_people = call.options.text("output") == "table" || call.options.text("output") == "text";
  const std::vector<TableColumn> columns = {
      {"run", "VARCHAR"},    {"started", "VARCHAR"},
      {"verb", "VARCHAR"},   {"status", "VARCHAR"},
      {"exit", "INTEGER"},   {"published", "BIGINT"},
      {"failed", "BIGINT"},  {for_people ? "took" : "ms", for_people ? "VARCHAR" : "BIGINT"},
      {"message", "VARCHAR"}};
  std::vector<TableRow> rows;
  if (const auto reader = workspace.state_reader()) {
    state::RunFilter filter;
    const int64_t limit = call.options.integer("limit");
    filter.limit = limit > 0 && limit < 1'000'000 ? static_cast<int>(limit) : 1'000'000;
    if (!call.arguments.empty()) filter.asset = workspace.project().resolve(call.argument(0)).asset;
    for (const auto& found : reader->runs(filter)) rows.push_back(row_of(found, reader->steps(found.id), for_people));
  }
  if (for_people) {
    if (rows.empty()) {
      say(call, "no runs yet");
      return exit_done;
    }
    std::fputs(list_text(columns, rows, call.terminal.out).c_str(), stdout);
    return exit_done;
  }
  write_rows(table_form(call), stdout, columns, rows);
  return exit_done;
}

}  // namespace

Verb runs_verb() {
  Verb verb;
  verb.name = "runs";
  verb.group = "Operate";
  verb.summary = "what ran here, newest first";
  verb.flags = together({project_flags(), {limit_flag(20), rows_output_flag()}});
  verb.arguments = {{"ASSET", "only runs that had a step of this asset", false, false, Completes::asset}};
  verb.run = run_runs;
  return verb;
}

}  // namespace weir::cli
