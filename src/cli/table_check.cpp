#include "cli/table_check.h"

#include <fmt/format.h>

#include <cstdio>
#include <set>

#include "base/text.h"
#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/measure_file.h"
#include "cli/print.h"
#include "cli/say.h"
#include "cli/version_spec.h"
#include "cli/workspace.h"
#include "lake/table_check.h"

namespace weir::cli {

namespace {

std::string key_of_file(const lake::Snapshot& snapshot, const lake::Add& add) {
  return lake::is_absolute_path(add.path) ? add.path : snapshot.location().key(lake::decoded_path(add));
}

// What a file that cannot be read is found to be; nullopt for an error that is none of the file's.
std::optional<lake::Finding> unreadable(const std::string& file, const Error& error) {
  const bool of_the_file = error.code() == ErrorCode::bad_parquet || error.code() == ErrorCode::engine_io ||
                           error.code() == ErrorCode::store_not_found || error.code() == ErrorCode::sql_failed ||
                           error.code() == ErrorCode::sql_conversion || error.code() == ErrorCode::sql_types;
  if (!of_the_file) return std::nullopt;
  return lake::Finding{"unreadable", file, "a data file of the table's columns", error.message(),
                       "put it back from a backup, or take its rows out and load them again"};
}

void read_files(Call& call, Workspace& workspace, const lake::Snapshot& snapshot, lake::TableCheck& check) {
  std::set<std::string> damaged;
  for (const auto& finding : check.findings) damaged.insert(finding.file);
  const bool live = !call.quiet() && call.terminal.error_is_terminal;
  size_t read = 0;
  for (const auto& add : snapshot.files()) {
    if (live)
      std::fputs(fmt::format("\rreading {} of {} files\x1b[K", ++read, snapshot.files().size()).c_str(), stderr);
    const std::string file = key_of_file(snapshot, add);
    if (damaged.contains(file)) continue;
    try {
      lake::check_stats(add, file, snapshot, measure_file(workspace.engine(), snapshot, add), check);
    } catch (const Error& error) {
      if (error.code() == ErrorCode::bad_deletion_vector || error.code() == ErrorCode::path_outside)
        continue;  // is told
      auto finding = unreadable(file, error);
      if (!finding) throw;
      check.findings.push_back(std::move(*finding));
    }
  }
  if (live) std::fputs("\r\x1b[K", stderr);
}

Json check_json(const std::string& name, const lake::Snapshot& snapshot, bool deep, const lake::TableCheck& check) {
  Json findings = Json::array();
  for (const auto& finding : check.findings)
    findings.push_back(Json::object()
                           .set("what", finding.what)
                           .set("file", finding.file)
                           .set("log", finding.log)
                           .set("found", finding.found)
                           .set("remedy", finding.remedy));
  Json json = Json::object();
  json.set("table", name).set("version", snapshot.version()).set("deep", deep);
  json.set("files", check.files).set("deletion_vectors", check.deletion_vectors);
  json.set("findings", findings).set("notes", Json::strings(check.notes));
  return json;
}

void print_findings(const Call& call, const lake::TableCheck& check) {
  const Style& style = call.terminal.out;
  for (const auto& finding : check.findings) {
    print(fmt::format("{} {}  {}\n", style.red(style.cross()), style.bold(finding.file), finding.what));
    print(fmt::format("    the log says  {}\n    there is      {}\n    to do         {}\n", finding.log, finding.found,
                      finding.remedy));
  }
  for (const auto& note : check.notes) print("note: " + note + "\n");
}

std::string counted_files(const lake::TableCheck& check) {
  std::string text =
      fmt::format("{} file{}", human_count(static_cast<uint64_t>(check.files)), check.files == 1 ? "" : "s");
  if (check.deletion_vectors > 0)
    text += fmt::format(", {} deletion vector{}", human_count(static_cast<uint64_t>(check.deletion_vectors)),
                        check.deletion_vectors == 1 ? "" : "s");
  return text;
}

int check_table(Call& call) {
  Workspace workspace(call);
  const auto name = workspace.existing_table(call.argument(0));
  auto& parquet = workspace.engine().parquet();
  const auto snapshot = lake::Snapshot::open(workspace.lake()->location(name), parquet, version_spec(call.options));
  const bool deep = call.options.boolean("deep");
  lake::TableCheck check;
  lake::check_files(*snapshot, check);
  if (deep) {
    lake::check_log(*snapshot, parquet, check);
    read_files(call, workspace, *snapshot, check);
  }
  const int exit = check.findings.empty() ? exit_done : exit_failed;
  if (call.options.text("output") == "json") {
    print(check_json(name.text(), *snapshot, deep, check).dump(2) + "\n");
    return exit;
  }
  print_findings(call, check);
  const size_t count = check.findings.size();
  print(fmt::format("{} v{}: {}{}: {}\n", name.text(), snapshot->version(), counted_files(check),
                    deep ? ", read in full" : "",
                    count == 0 ? "as the log says" : fmt::format("{} finding{}", count, count == 1 ? "" : "s")));
  return exit;
}

}  // namespace

Verb check_verb() {
  Verb verb;
  verb.name = "check";
  verb.summary = "whether files and log of a table agree";
  verb.detail =
      "Looks whether every data file that the version needs is there with the size that the log says, and whether its "
      "deletion vectors can be read. With --deep it also reads every file and compares row counts, null counts and "
      "bounds with the log's statistics, the newest checkpoint with the commits, and the checksum with both. Exits "
      "with 1 if anything is found.";
  auto form = value_flag("output", 0, "FORM", "form of the answer");
  form.spec.allowed = {"text", "json"};
  form.spec.default_value = "text";
  verb.flags = together({project_flags(),
                         engine_flags(),
                         version_flags(),
                         {switch_flag("deep", 0, "read every file and the whole log"), form}});
  verb.arguments = {{"TABLE", "schema.table", true, false, Completes::table}};
  verb.run = check_table;
  return verb;
}

}  // namespace weir::cli
