#include "cli/table_optimize.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "base/cancel.h"
#include "base/text.h"
#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/interrupts.h"
#include "cli/partition_filter.h"
#include "cli/print.h"
#include "cli/say.h"
#include "cli/workspace.h"
#include "lake/optimize.h"
#include "run/optimize_table.h"

namespace weir::cli {

namespace {

std::string amount(size_t count, std::string_view one) {
  return fmt::format("{} {}{}", human_count(count), one, count == 1 ? "" : "s");
}

// "a, b.c" -> {{"a"}, {"b", "c"}}
std::vector<lake::ColumnPath> z_order_columns(const std::string& text) {
  std::vector<lake::ColumnPath> columns;
  for (const auto& name : split(text, ',')) {
    lake::ColumnPath path;
    for (const auto& part : split(trim(name), '.')) path.emplace_back(trim(part));
    if (std::any_of(path.begin(), path.end(), [](const auto& part) { return part.empty(); }))
      throw Error(ErrorCode::usage, "--zorder names no column: \"" + text + "\"", "--zorder customer_id,day");
    columns.push_back(std::move(path));
  }
  return columns;
}

run::OptimizeRequest request_of(Call& call, Workspace& workspace, const lake::TableName& name) {
  run::OptimizeRequest request;
  if (call.options.is_set("target-size"))
    request.plan.target_bytes = static_cast<uint64_t>(call.options.bytes("target-size"));
  request.plan.purge_all = call.options.boolean("purge");
  request.plan.full = call.options.boolean("full");
  if (call.options.is_set("zorder")) request.plan.z_order = z_order_columns(call.options.text("zorder"));
  if (call.options.is_set("where")) {
    request.where = call.options.text("where");
    request.plan.wanted = partitions_where(workspace, name, request.where);
  }
  request.progress = [&call](size_t files_left) {
    if (call.quiet() || !call.terminal.error_is_terminal) return;
    std::fputs(fmt::format("\r{} left to write anew\x1b[K", amount(files_left, "file")).c_str(), stderr);
  };
  return request;
}

int only_tell(Call& call, const std::string& name, const std::vector<lake::RewriteGroup>& groups) {
  size_t files = 0;
  int64_t bytes = 0;
  for (const auto& group : groups) {
    files += group.paths.size();
    bytes += group.bytes;
  }
  const bool ordered = !groups.empty() && groups.front().order;
  const std::string as = ordered ? "with their rows in order" : "as " + amount(groups.size(), "file");
  say(call, fmt::format("would write {} of {} anew ({}), {}", amount(files, "file"), name,
                        human_bytes(static_cast<uint64_t>(bytes)), as));
  return exit_done;
}

int optimize(Call& call) {
  const CancelToken cancel;
  const Interrupts interrupts(cancel, [&] { say(call, "stopping: what is committed stays (again to kill)"); });
  Workspace workspace(call);
  const auto name = workspace.existing_table(call.argument(0));
  auto request = request_of(call, workspace, name);
  if (call.options.boolean("dry-run")) {
    const auto snapshot = lake::Snapshot::open(workspace.lake()->location(name), workspace.engine().parquet());
    return only_tell(call, name.text(), lake::plan_optimize(*snapshot, request.plan));
  }
  const auto done = run::optimize_table(workspace.engine(), workspace.lake(), name, request, cancel);
  if (done.files_rewritten > 0 && call.terminal.error_is_terminal && !call.quiet()) std::fputs("\r\x1b[K", stderr);
  if (done.files_rewritten == 0)
    say(call, fmt::format("nothing to do: the files of {} are as they should be", name.text()));
  else
    say(call, fmt::format("{}: {} {} {} now; v{}", name.text(), amount(done.files_before, "file"),
                          done.files_before == 1 ? "is" : "are", done.files_after, done.version));
  return exit_done;
}

}  // namespace

Verb optimize_verb() {
  Verb verb;
  verb.name = "optimize";
  verb.summary = "write small files together, files with many deleted rows anew, and rows in order";
  verb.detail =
      "No row changes: readers and other writers are not disturbed, and nothing is loaded or computed again. The old "
      "files stay until `weir table vacuum` removes them. A clustered table is clustered on: files that came in since "
      "are put in order.";
  auto target = value_flag("target-size", 0, "SIZE",
                           "size of the new files, e.g. 256mb (default: the table's delta.targetFileSize, 128 MiB "
                           "unless set)");
  target.spec.type = OptionType::bytes;
  verb.flags = together(
      {project_flags(),
       engine_flags(),
       {target, switch_flag("purge", 0, "write every file anew that has a deletion vector"),
        value_flag(
            "zorder", 0, "COLUMNS",
            "write every file anew, rows in an order that serves filters on each of these columns, e.g. customer,day"),
        value_flag("where", 0, "CONDITION", "only partitions for which it holds, e.g. \"day >= '2026-01-01'\""),
        switch_flag("full", 0, "of a clustered table: also files that are clustered by other columns"),
        switch_flag("dry-run", 0, "tell what would be done, do nothing")}});
  verb.arguments = {{"TABLE", "schema.table", true, false, Completes::table}};
  verb.run = optimize;
  return verb;
}

}  // namespace weir::cli
