// weir inspect: what is in a file.
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>

#include "base/text.h"
#include "cli/exit_code.h"
#include "cli/file_survey.h"
#include "cli/flags.h"
#include "cli/interrupts.h"
#include "cli/parquet_report.h"
#include "cli/print.h"
#include "cli/query_output.h"
#include "cli/workspace.h"

namespace weir::cli {

namespace {

namespace fs = std::filesystem;

bool for_people(const Call& call) {
  return call.options.text("output") == "table" || call.options.text("output") == "text";
}

// By its first bytes, since names lie.
engine::FileFormat format_of(const fs::path& path) {
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (!file) throw Error(ErrorCode::file_unreadable, path.string() + " cannot be opened");
  char magic[4] = {};
  const bool parquet = std::fread(magic, 1, 4, file) == 4 && std::string_view(magic, 4) == "PAR1";
  std::fclose(file);
  return parquet ? engine::FileFormat::parquet : engine::FileFormat::csv;
}

void print_csv(const Call& call, const Survey& survey, const std::string& name) {
  const auto rows = human_count(static_cast<uint64_t>(survey.rows));
  if (for_people(call)) {
    print(call.terminal.out.bold(name) +
          fmt::format("  {}  csv {}\n", human_bytes(survey.bytes), dialect_text(survey.dialect)));
    print(fmt::format("{} rows, {} columns", rows, survey.columns.size()));
    if (survey.key) print("   key candidate: " + survey.columns[*survey.key].name + " (unique)");
    print("\n");
    if (survey.rejected > 0) print(fmt::format("{} rows do not fit the types:\n", survey.rejected));
    for (const auto& reject : survey.rejects)
      print(fmt::format("  line {}: {} {}\n", reject.line, reject.column, reject.reason));
    print("\n");
  }
  const std::vector<TableColumn> columns = {{"column", "VARCHAR"},  {"type", "VARCHAR"}, {"nulls", "BIGINT"},
                                            {"distinct", "BIGINT"}, {"min", "VARCHAR"},  {"max", "VARCHAR"}};
  TableForm form = table_form(call);
  const auto writer = table_writer(form, stdout);
  writer->begin(columns);
  for (const auto& column : survey.columns)
    writer->row({column.name, lower(column.type), std::to_string(column.nulls),
                 std::string(column.unique || !for_people(call) ? "" : "~") + std::to_string(column.distinct),
                 column.least, column.greatest});
  writer->finish();
}

int run_inspect(Call& call) {
  const fs::path path = call.argument(0);
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) {
    const bool table = fs::is_directory(path / "_delta_log", ignored);
    throw Error(
        ErrorCode::usage, path.string() + " is a folder",
        table ? "it is a Delta table: `weir table show` describes tables of a lake" : "name a CSV or Parquet file");
  }
  if (!fs::exists(path, ignored)) throw Error(ErrorCode::usage, "there is no file " + path.string());
  CancelToken cancel;
  const Interrupts interrupts(cancel, {});
  Workspace workspace(call);
  const std::string absolute = fs::absolute(path).string();
  if (format_of(path) == engine::FileFormat::parquet) {
    const auto nowhere = std::make_shared<lake::Lake>(store::open("memory:inspect"));
    const auto session = workspace.engine().session(nowhere, cancel);
    try {
      print_parquet(call, *session, absolute, path.filename().string());
    } catch (const Error& error) {
      if (error.code() == ErrorCode::cancelled) throw;
      throw Error(ErrorCode::bad_parquet, path.string() + " is damaged: " + error.message());
    }
    return exit_done;
  }
  if (call.options.boolean("row-groups")) throw Error(ErrorCode::usage, "only Parquet files have row groups");
  const Survey survey =
      survey_files(workspace.engine(), engine::FileFormat::csv, {{absolute, path.filename().string(), {}}}, cancel);
  print_csv(call, survey, path.filename().string());
  return exit_done;
}

}  // namespace

Verb inspect_verb() {
  Verb verb;
  verb.name = "inspect";
  verb.group = "Look";
  verb.summary = "what is in a Parquet or CSV file: bytes, codecs, row groups, statistics";
  auto lake = project_flags();
  verb.flags =
      together({lake,
                engine_flags(),
                {rows_output_flag(), switch_flag("row-groups", 0, "one line per row group and column (Parquet)")}});
  verb.arguments = {{"FILE", "a file; it need not belong to a project", true, false, Completes::file}};
  verb.run = run_inspect;
  return verb;
}

}  // namespace weir::cli
