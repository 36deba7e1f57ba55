// weir quarantine: rows and files that did not fit.
#include <fmt/format.h>

#include <cstdio>

#include "base/text.h"
#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/query_output.h"
#include "cli/say.h"
#include "cli/version_spec.h"
#include "cli/workspace.h"

namespace weir::cli {

namespace {

std::string relation_of(const lake::TableName& name) {
  return "lake." + quote_identifier(name.schema) + "." + quote_identifier(name.name);
}

std::vector<const project::Node*> sources_with_quarantine(Workspace& workspace) {
  std::vector<const project::Node*> sources;
  for (const auto& node : workspace.project().nodes)
    if (node.ingest && workspace.lake()->table_exists(project::quarantine_of(node))) sources.push_back(&node);
  return sources;
}

int list(Call& call) {
  Workspace workspace(call);
  const auto sources = sources_with_quarantine(workspace);
  const bool for_people = call.options.text("output") == "table" || call.options.text("output") == "text";
  std::string sql;
  for (const auto* source : sources)
    sql += fmt::format(
        "{}SELECT {} AS asset, _file AS file, count(*) AS rows, arg_max(_reason, _at) AS last_reason, "
        "max(_at)::VARCHAR AS last FROM {} GROUP BY ALL",
        sql.empty() ? "" : " UNION ALL ", quote_literal(source->asset), relation_of(project::quarantine_of(*source)));
  if (sql.empty()) {
    say(call, "nothing is in quarantine");
    return exit_done;
  }
  const auto session = workspace.engine().session(workspace.lake());
  const auto rows = session->query(sql + " ORDER BY ALL");
  if (rows.rows.empty() && for_people) {
    say(call, "nothing is in quarantine");
    return exit_done;
  }
  if (!for_people) {
    write_rows(rows, *table_writer(table_form(call), stdout));
    return exit_done;
  }
  std::vector<TableRow> lines;
  for (const auto& row : rows.rows) {
    TableRow cells;
    for (const auto& cell : row) cells.push_back(cell_of(cell));
    lines.push_back(std::move(cells));
  }
  std::fputs(list_text(columns_of(rows.columns), lines, call.terminal.out).c_str(), stdout);
  return exit_done;
}

int show(Call& call) {
  Workspace workspace(call);
  const project::Node& source = workspace.asset_node(call.argument(0));
  if (!source.ingest) throw Error(ErrorCode::usage, source.asset + " has no quarantine: only sources with `ingest` do");
  const auto table = project::quarantine_of(source);
  if (!workspace.lake()->table_exists(table)) {
    say(call, source.asset + " was not loaded yet");
    return exit_done;
  }
  const auto limit = call.options.integer("limit");
  const auto session = workspace.engine().session(workspace.lake());
  const bool for_people = call.options.text("output") == "table" || call.options.text("output") == "text";
  const auto count = session->query("SELECT count(*) FROM " + relation_of(table));
  if (for_people && engine::cell_text(count.rows.at(0).at(0)) == "0") {
    say(call, "nothing of " + source.asset + " is in quarantine");
    return exit_done;
  }
  const auto writer = table_writer(table_form(call), stdout);
  const auto output = write_query(*session,
                                  "SELECT _file, _line, _column, _reason, _raw, _run, _at FROM " + relation_of(table) +
                                      " ORDER BY _at DESC, _file, _line",
                                  *writer, limit > 0 ? std::optional(limit) : std::nullopt);
  if (output.cut) say(call, fmt::format("the first {} rows; --limit 0 shows all", output.rows));
  return exit_done;
}

}  // namespace

Verb quarantine_verb() {
  Verb listed;
  listed.name = "list";
  listed.summary = "how many rows of which files were rejected, and why";
  listed.flags = together({project_flags(), engine_flags(), {rows_output_flag()}});
  listed.run = list;
  Verb shown;
  shown.name = "show";
  shown.summary = "the rejected rows of a source, newest first";
  shown.flags = together({project_flags(), engine_flags(), {limit_flag(20), rows_output_flag()}});
  shown.arguments = {{"ASSET", "the source, e.g. raw.orders", true, false, Completes::asset}};
  shown.run = show;
  Verb verb;
  verb.name = "quarantine";
  verb.group = "Look";
  verb.summary = "rows that did not fit their table: list, show";
  verb.detail =
      "They lie in the table <name>__quarantine beside their table, with file, line, column, raw text and reason.";
  verb.verbs = {listed, shown};
  verb.default_verb = "list";
  return verb;
}

}  // namespace weir::cli
