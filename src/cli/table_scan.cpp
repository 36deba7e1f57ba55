#include "cli/table_scan.h"

#include <fmt/format.h>

#include "base/text.h"
#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/print.h"
#include "cli/query_output.h"
#include "cli/table_text.h"
#include "cli/version_spec.h"
#include "cli/workspace.h"
#include "engine/scan_report.h"

namespace weir::cli {

namespace {

using engine::ScanReport;
using engine::ScanStep;

std::string_view by_text(ScanStep::By by) {
  switch (by) {
    case ScanStep::By::partition_values:
      return "partition values";
    case ScanStep::By::statistics:
      return "min/max statistics";
    case ScanStep::By::nothing:
      break;
  }
  return "nothing";
}

struct Totals {
  int64_t bytes = 0, deleted_rows = 0;
  size_t with_vector = 0;
};

Totals totals_of(const ScanReport& report) {
  Totals totals;
  for (const auto& file : report.read) {
    totals.bytes += file.bytes;
    totals.deleted_rows += file.deleted_rows;
    totals.with_vector += file.deleted_rows > 0 ? 1 : 0;
  }
  return totals;
}

Json explained_json(const std::string& table, const ScanReport& report) {
  const Totals totals = totals_of(report);
  Json steps = Json::array();
  for (const auto& step : report.steps) {
    Json json = Json::object();
    json.set("condition", step.condition).set("columns", Json::strings(step.columns));
    json.set("decided_by", by_text(step.by)).set("files_asked", static_cast<int64_t>(step.asked));
    json.set("files_left_out", static_cast<int64_t>(step.skipped));
    json.set("files_without_statistics", static_cast<int64_t>(step.without_statistics));
    if (!step.why.empty()) json.set("why", step.why);
    steps.push_back(std::move(json));
  }
  Json json = Json::object();
  json.set("table", table).set("version", report.version);
  json.set("files", static_cast<int64_t>(report.files)).set("bytes", report.bytes);
  json.set("files_read", static_cast<int64_t>(report.read.size())).set("bytes_read", totals.bytes);
  json.set("files_with_deletion_vector", static_cast<int64_t>(totals.with_vector));
  json.set("deleted_rows", totals.deleted_rows).set("never_true", report.never_true);
  return json.set("conditions", std::move(steps));
}

std::string explained_text(const std::string& table, const ScanReport& report, bool filtered, const Style& style) {
  const Totals totals = totals_of(report);
  std::string text =
      fmt::format("{} v{}: {} of {} file{} read, {} of {}\n", table, report.version, report.read.size(), report.files,
                  report.files == 1 ? "" : "s", human_bytes(static_cast<uint64_t>(totals.bytes)),
                  human_bytes(static_cast<uint64_t>(report.bytes)));
  if (report.never_true) return text + "no row can pass the condition: nothing is read\n";
  if (totals.with_vector > 0)
    text += fmt::format("{} of them with a deletion vector, {} row{} deleted\n", totals.with_vector,
                        human_count(static_cast<uint64_t>(totals.deleted_rows)), totals.deleted_rows == 1 ? "" : "s");
  if (!filtered) return text + "no condition: every file is read\n";
  if (report.steps.empty()) return text + "nothing of the condition reaches the scan (a subquery?)\n";
  std::vector<TableRow> rows;
  for (const auto& step : report.steps)
    rows.push_back({step.condition, std::string(by_text(step.by)), fmt::format("{} of {}", step.skipped, step.asked),
                    std::to_string(step.without_statistics)});
  text += "\n" + list_text({{"condition", "VARCHAR"},
                            {"decided by", "VARCHAR"},
                            {"files left out", "VARCHAR"},
                            {"without statistics", "BIGINT"}},
                           rows, style);
  for (const auto& step : report.steps)
    if (!step.why.empty()) text += fmt::format("\n{}: {}\n", step.condition, step.why);
  return text;
}

void list_files(Call& call, const ScanReport& report) {
  std::vector<TableRow> rows;
  for (const auto& file : report.read)
    rows.push_back({file.path, std::to_string(file.bytes), std::to_string(file.deleted_rows)});
  write_rows(table_form(call), stdout, {{"path", "VARCHAR"}, {"bytes", "BIGINT"}, {"deleted_rows", "BIGINT"}}, rows);
}

int scan(Call& call) {
  Workspace workspace(call);
  const auto name = workspace.existing_table(call.argument(0));
  std::optional<int64_t> version;
  if (const auto spec = version_spec(call.options); spec.version || spec.at_ms)
    version = lake::Snapshot::open(workspace.lake()->location(name), workspace.engine().parquet(), spec)->version();
  const std::string where = call.options.text("where");
  const auto report = workspace.engine().session(workspace.lake())->explain_scan(name, version, where);
  if (!call.options.boolean("explain")) {
    list_files(call, report);
  } else if (call.options.text("output") == "json") {
    print(explained_json(name.text(), report).dump(2) + "\n");
  } else {
    print(explained_text(name.text(), report, !where.empty(), call.terminal.out));
  }
  return exit_done;
}

}  // namespace

Verb scan_verb() {
  Verb verb;
  verb.name = "scan";
  verb.summary = "the files that reading a table with a condition would read, and why";
  verb.detail =
      "Nothing is read but the log. With --explain each part of the condition tells how many files it left out, by "
      "partition values or by the least and greatest values in the log, and why it left none out.";
  verb.flags =
      together({project_flags(),
                engine_flags(),
                version_flags(),
                {value_flag("where", 0, "SQL", "a condition as it may stand after WHERE"),
                 switch_flag("explain", 0, "tell what the condition leaves out and why"), rows_output_flag()}});
  verb.arguments = {{"TABLE", "schema.table", true, false, Completes::table}};
  verb.run = scan;
  return verb;
}

}  // namespace weir::cli
