// weir config: every setting with its value and where it comes from.
#include <cstdio>

#include "base/text.h"
#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/help.h"
#include "cli/query_output.h"
#include "cli/table_text.h"
#include "cli/workspace.h"
#include "connectors/files/ingest_spec.h"
#include "project/load.h"

namespace weir::cli {

namespace {

std::string value_text(const OptionSpec& spec, const OptionValue& value) {
  if (value.value.is_null()) return "";
  if (spec.secret) return "***";
  return value.value.is_string() ? value.value.as_string() : value.value.dump();
}

int show_markdown() {
  std::string text = reference_markdown(verbs());
  text += "\n# weir.yml\n\nAlso from the environment as `WEIR_<NAME>`.\n\n" +
          Options(project::weir_settings()).reference_markdown();
  text +=
      "\n# config.meta.weir of a source, seed or model\n\n" + Options(project::asset_options()).reference_markdown();
  text += "\n# config.meta.weir.ingest of a source table\n\n" + Options(files::ingest_options()).reference_markdown();
  std::fputs(text.c_str(), stdout);
  return exit_done;
}

int show(Call& call) {
  if (call.options.boolean("markdown")) return show_markdown();
  Workspace workspace(call);
  const Options& settings = workspace.settings();
  const bool for_people = call.options.text("output") == "table" || call.options.text("output") == "text";
  std::vector<TableRow> rows;
  for (const auto& spec : settings.specs()) {
    const OptionValue& value = settings.entry(spec.name);
    rows.push_back({spec.name, value_text(spec, value), value.value.is_null() ? "" : value.origin});
  }
  for (const auto& spec : call.options.specs()) {
    const OptionValue& value = call.options.entry(spec.name);
    if (value.origin.rfind("env ", 0) == 0) rows.push_back({"--" + spec.name, value_text(spec, value), value.origin});
  }
  const std::vector<TableColumn> columns = {{"option", "VARCHAR"}, {"value", "VARCHAR"}, {"from", "VARCHAR"}};
  if (for_people) {
    std::fputs(list_text(columns, rows, call.terminal.out).c_str(), stdout);
    return exit_done;
  }
  write_rows(table_form(call), stdout, columns, rows);
  return exit_done;
}

}  // namespace

Verb config_verb() {
  Verb shown;
  shown.name = "show";
  shown.summary = "every setting with its value and where it comes from";
  auto markdown = switch_flag("markdown", 0, "print the reference of commands and options instead");
  shown.flags = together({project_flags(), engine_flags(), {rows_output_flag(), markdown}});
  shown.run = show;
  Verb verb;
  verb.name = "config";
  verb.group = "Help";
  verb.summary = "settings with their values and origins: show";
  verb.verbs = {shown};
  verb.default_verb = "show";
  return verb;
}

}  // namespace weir::cli
