// weir table: tables of the lake, whoever wrote them.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "base/text.h"
#include "base/time.h"
#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/print.h"
#include "cli/query_output.h"
#include "cli/say.h"
#include "cli/table_check.h"
#include "cli/table_clone.h"
#include "cli/table_convert.h"
#include "cli/table_diff.h"
#include "cli/table_history.h"
#include "cli/table_optimize.h"
#include "cli/table_restore.h"
#include "cli/table_scan.h"
#include "cli/table_text.h"
#include "cli/table_vacuum.h"
#include "cli/version_spec.h"
#include "cli/workspace.h"
#include "lake/clustering.h"
#include "lake/diff.h"
#include "lake/snapshot.h"

namespace weir::cli {

namespace {

int64_t bytes_of(const lake::Snapshot& snapshot) { return snapshot.totals().bytes; }

std::string to_minute(int64_t ms) { return replace_all(iso_seconds(ms).substr(0, 16), "T", " "); }

int list_tables(Call& call) {
  Workspace workspace(call);
  const auto lake = workspace.lake();
  const std::vector<TableColumn> columns = {{"table", "VARCHAR"},  {"kind", "VARCHAR"}, {"version", "BIGINT"},
                                            {"rows", "BIGINT"},    {"files", "BIGINT"}, {"bytes", "BIGINT"},
                                            {"changed", "VARCHAR"}};
  const bool for_people = call.options.text("output") == "table" || call.options.text("output") == "text";
  const auto number = [&](std::optional<int64_t> value) -> TableCell {
    if (!value) return std::nullopt;
    return for_people ? human_count(static_cast<uint64_t>(*value)) : std::to_string(*value);
  };
  std::vector<TableRow> rows;
  for (const auto& schema : lake->schemas())
    for (const auto& name : lake->tables(schema)) {
      const auto snapshot = lake::Snapshot::open(lake->location({schema, name}), workspace.engine().parquet());
      const int64_t bytes = bytes_of(*snapshot);
      rows.push_back({schema + "." + name, "table", std::to_string(snapshot->version()),
                      number(lake::row_count(*snapshot)), number(snapshot->totals().files),
                      for_people ? human_bytes(static_cast<uint64_t>(bytes)) : std::to_string(bytes),
                      for_people ? to_minute(snapshot->timestamp_ms()) : iso_ms(snapshot->timestamp_ms())});
    }
  for (const auto& [name, view] : lake->catalog().views)
    rows.push_back({name, "view", std::nullopt, std::nullopt, std::nullopt, std::nullopt, std::nullopt});
  std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a[0] < b[0]; });
  if (for_people) {
    if (rows.empty()) say(call, "no tables in " + lake->uri());
    if (!rows.empty()) print(list_text(columns, rows, call.terminal.out));
    return exit_done;
  }
  write_rows(table_form(call), stdout, columns, rows);
  return exit_done;
}

std::vector<std::string> clustering_of(const lake::Snapshot& snapshot) {
  std::vector<std::string> names;
  for (const auto& column : lake::clustering_columns(snapshot.metadata(), snapshot.domains()))
    names.push_back(lake::text_of_column(column));
  return names;
}

Json snapshot_json(const std::string& name, const lake::Snapshot& snapshot) {
  const auto& metadata = snapshot.metadata();
  Json columns = Json::array();
  for (const auto& field : metadata.schema.fields)
    columns.push_back(Json::object()
                          .set("name", field.name)
                          .set("type", lake::type_name(field.type))
                          .set("nullable", field.nullable));
  Json json = Json::object();
  json.set("table", name)
      .set("uri", snapshot.location().uri())
      .set("id", metadata.id)
      .set("version", snapshot.version());
  json.set("changed", iso_ms(snapshot.timestamp_ms()));
  if (const auto rows = lake::row_count(snapshot)) json.set("rows", *rows);
  json.set("files", snapshot.totals().files).set("bytes", bytes_of(snapshot));
  json.set("columns", columns).set("partition_columns", Json::strings(metadata.partition_columns));
  json.set("clustering_columns", Json::strings(clustering_of(snapshot)));
  json.set("properties", Json::strings(metadata.configuration));
  json.set("min_reader_version", snapshot.protocol().min_reader_version);
  json.set("min_writer_version", snapshot.protocol().min_writer_version);
  return json;
}

int show_table(Call& call) {
  Workspace workspace(call);
  const auto name = workspace.existing_table(call.argument(0));
  const auto snapshot =
      lake::Snapshot::open(workspace.lake()->location(name), workspace.engine().parquet(), version_spec(call.options));
  if (call.options.text("output") == "json") {
    print(snapshot_json(name.text(), *snapshot).dump(2) + "\n");
    return exit_done;
  }
  const auto& metadata = snapshot->metadata();
  const auto rows = lake::row_count(*snapshot);
  print(call.terminal.out.bold(name.text()) +
        fmt::format("  v{}  {}\n", snapshot->version(), to_minute(snapshot->timestamp_ms())));
  print(fmt::format("{} rows in {} file{}, {}\n", rows ? human_count(static_cast<uint64_t>(*rows)) : "unknown",
                    snapshot->totals().files, snapshot->totals().files == 1 ? "" : "s",
                    human_bytes(static_cast<uint64_t>(bytes_of(*snapshot)))));
  print(snapshot->location().uri() + "\n");
  const auto& protocol = snapshot->protocol();
  std::string features;
  if (protocol.writer_features) features = " (" + join(*protocol.writer_features, ", ") + ")";
  print(fmt::format("protocol: reader {}, writer {}{}\n", protocol.min_reader_version, protocol.min_writer_version,
                    features));
  if (!metadata.partition_columns.empty()) print("partitioned by " + join(metadata.partition_columns, ", ") + "\n");
  if (const auto columns = clustering_of(*snapshot); !columns.empty())
    print("clustered by " + join(columns, ", ") + "\n");
  for (const auto& [key, value] : metadata.configuration) print(key + " = " + value + "\n");
  std::vector<TableRow> fields;
  for (const auto& field : metadata.schema.fields)
    fields.push_back({field.name, lake::type_name(field.type), field.nullable ? "" : "not null"});
  print("\n" + list_text({{"column", "VARCHAR"}, {"type", "VARCHAR"}, {"", "VARCHAR"}}, fields, call.terminal.out));
  return exit_done;
}

std::vector<Flag> place_flags() { return together({project_flags(), engine_flags()}); }

Verb below(std::string name, std::string summary, std::vector<Flag> flags, std::vector<Argument> arguments,
           int (*run)(Call&)) {
  Verb verb;
  verb.name = std::move(name);
  verb.summary = std::move(summary);
  verb.flags = std::move(flags);
  verb.arguments = std::move(arguments);
  verb.run = run;
  return verb;
}

}  // namespace

Verb table_verb() {
  const Argument table = {"TABLE", "schema.table", true, false, Completes::table};
  auto form = value_flag("output", 0, "FORM", "form of the answer");
  form.spec.allowed = {"text", "json"};
  form.spec.default_value = "text";
  Verb verb;
  verb.name = "table";
  verb.group = "Look";
  verb.summary =
      "tables of the lake: list, show, history, diff, scan, restore, check, optimize, vacuum, convert, clone";
  verb.verbs = {
      below("ls", "list tables and views", together({place_flags(), {rows_output_flag()}}), {}, list_tables),
      below("show", "schema, size and properties of a table", together({place_flags(), version_flags(), {form}}),
            {table}, show_table),
      below("history", "what happened to a table, newest first",
            together({place_flags(), {limit_flag(20), rows_output_flag()}}), {table}, show_history),
      below("diff", "what is different between two versions: schema, files, rows",
            together({place_flags(), {limit_flag(20), rows_output_flag()}}),
            {table,
             {"V1", "a version", true, false, Completes::nothing},
             {"V2", "a version (default: the newest)", false, false, Completes::nothing}},
            show_diff),
      scan_verb(),
      restore_verb(),
      check_verb(),
      optimize_verb(),
      vacuum_verb(),
      convert_verb(),
      table_clone_verb(),
  };
  verb.default_verb = "ls";
  return verb;
}

}  // namespace weir::cli
