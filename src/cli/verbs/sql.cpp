// weir sql: a query, a script from standard input, or a shell over the lake.
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <iterator>

#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/interrupts.h"
#include "cli/sql_runner.h"
#include "cli/sql_shell.h"
#include "cli/statements.h"
#include "cli/workspace.h"

namespace weir::cli {

namespace {

int run_script(SqlRunner& runner, const std::string& text) {
  const Statements statements = split_statements(text);
  for (const auto& statement : statements.complete) runner.run(statement.text);
  if (!statements.rest_is_blank) runner.run(statements.rest);
  return exit_done;
}

int run_sql(Call& call) {
  Workspace workspace(call);
  const bool write = call.options.boolean("write");
  std::optional<int64_t> limit;
  if (call.options.is_set("limit")) limit = call.options.integer("limit");
  const bool shell = call.arguments.empty() && isatty(STDIN_FILENO) == 1;
  if (shell) {
    SqlRunner runner(call, workspace, write, limit);
    return sql_shell(call, workspace, runner);
  }
  CancelToken cancel;
  const Interrupts interrupts(cancel, {});
  SqlRunner runner(call, workspace, write, limit, cancel);
  if (!call.arguments.empty()) return run_script(runner, call.argument(0));
  const std::string text{std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>()};
  return run_script(runner, text);
}

}  // namespace

Verb sql_verb() {
  Verb verb;
  verb.name = "sql";
  verb.group = "Look";
  verb.summary = "query the lake with SQL, or open a shell";
  verb.detail =
      "With a query, runs it; without one, reads statements from standard input, or opens a shell on a terminal. "
      "Tables are "
      "named schema.table; `from raw.orders at (version => 3)` and `at (timestamp => '2026-01-05 09:00')` look back in "
      "time; `from table_changes('raw.orders', 3)` is what changed since (docs/delta-support.md).\n"
      "Only reads, unless --write is given: such commits count as made by another engine.";
  auto limit =
      value_flag("limit", 0, "N", "at most so many rows; 0 = all (a table on the screen shows 1000 unless told)");
  limit.spec.type = OptionType::integer;
  verb.flags = together({project_flags(),
                         engine_flags(),
                         {rows_output_flag(), limit, switch_flag("write", 0, "allow statements that change tables")}});
  verb.arguments = {{"QUERY", "one or several statements", false, false, Completes::nothing}};
  verb.run = run_sql;
  return verb;
}

}  // namespace weir::cli
