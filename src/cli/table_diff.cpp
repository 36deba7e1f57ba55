#include "cli/table_diff.h"

#include <fmt/format.h>

#include <cstdio>

#include "base/text.h"
#include "checks/compare.h"
#include "cli/exit_code.h"
#include "cli/print.h"
#include "cli/query_output.h"
#include "cli/say.h"
#include "cli/table_text.h"
#include "cli/version_spec.h"
#include "cli/workspace.h"
#include "lake/diff.h"

namespace weir::cli {

namespace {

std::string schema_changes(const lake::TableDiff& diff, const Style& style) {
  std::string text;
  for (const auto& change : diff.columns) {
    if (change.before.empty())
      text += style.green("+ column " + change.column + " " + change.after) + "\n";
    else if (change.after.empty())
      text += style.red("- column " + change.column + " " + change.before) + "\n";
    else
      text +=
          style.yellow(fmt::format("~ column {} {} {} {}", change.column, change.before, style.arrow(), change.after)) +
          "\n";
  }
  for (const auto& change : diff.properties)
    text += style.yellow(fmt::format("~ property {}: {} {} {}", change.key, change.before.value_or("unset"),
                                     style.arrow(), change.after.value_or("unset"))) +
            "\n";
  return text;
}

// Columns that both versions have: rows are compared by those.
std::string shared_columns(const lake::Snapshot& before, const lake::Snapshot& after) {
  std::vector<std::string> names;
  for (const auto& field : after.metadata().schema.fields)
    if (before.metadata().schema.find(field.name)) names.push_back(quote_identifier(field.name));
  return join(names, ", ");
}

}  // namespace

int show_diff(Call& call) {
  Workspace workspace(call);
  const auto name = workspace.existing_table(call.argument(0));
  const auto location = workspace.lake()->location(name);
  const auto open = [&](std::optional<int64_t> version) {
    return lake::Snapshot::open(location, workspace.engine().parquet(), {version, std::nullopt});
  };
  const auto before = open(version_number(call.argument(1)));
  const auto after = open(call.arguments.size() > 2 ? std::optional(version_number(call.argument(2))) : std::nullopt);
  const std::string columns = shared_columns(*before, *after);
  const auto at = [&](const lake::Snapshot& snapshot) {
    return fmt::format("lake.{}.{} AT (VERSION => {})", quote_identifier(name.schema), quote_identifier(name.name),
                       snapshot.version());
  };
  const bool for_people = call.options.text("output") == "table" || call.options.text("output") == "text";
  const lake::TableDiff changes = lake::diff(*before, *after);
  if (for_people) {
    print(call.terminal.out.bold(fmt::format("{}  v{} {} v{}", name.text(), before->version(),
                                             call.terminal.out.arrow(), after->version())) +
          "\n");
    if (changes.replaced) print("another table stands here since: the two have nothing in common\n");
    print(schema_changes(changes, call.terminal.out));
    print(fmt::format("files: {} added, {} removed\n", changes.files_added.size(), changes.files_removed.size()));
  }
  if (columns.empty()) return exit_done;
  auto session = workspace.engine().session(workspace.lake());
  const auto rows_of = [&](const lake::Snapshot& snapshot) { return "SELECT " + columns + " FROM " + at(snapshot); };
  const std::string both = checks::row_changes_sql(rows_of(*before), rows_of(*after));
  const auto counts =
      session->query("SELECT count(*) FILTER (diff = '+'), count(*) FILTER (diff = '-') FROM (" + both + ")");
  const std::string plus = engine::cell_text(counts.rows.at(0).at(0)),
                    minus = engine::cell_text(counts.rows.at(0).at(1));
  if (for_people) print(fmt::format("rows: {} added, {} removed\n", plus, minus));
  if (for_people && plus == "0" && minus == "0") return exit_done;
  const auto limit = call.options.integer("limit");
  const auto writer = table_writer(table_form(call), stdout);
  const auto output =
      write_query(*session, both + " ORDER BY ALL", *writer, limit > 0 ? std::optional(limit) : std::nullopt);
  if (output.cut) say(call, fmt::format("the first {} rows; --limit 0 shows all", output.rows));
  return exit_done;
}

}  // namespace weir::cli
