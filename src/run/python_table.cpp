#include "run/python_table.h"

#include <filesystem>

#include "base/error.h"
#include "base/file.h"
#include "base/ids.h"
#include "base/process.h"
#include "base/text.h"
#include "checks/stored_type.h"
#include "project/python_model.h"
#include "run/python_interpreter.h"
#include "run/python_runner.h"

namespace weir::run {

namespace fs = std::filesystem;

namespace {

constexpr int most_lines = 1000;  // of what a model prints

// To the types in which they go through a file, or back to their own: not all that Parquet has are read as they were
// written.
std::string cast_list(const std::vector<engine::ColumnInfo>& columns, bool back) {
  std::vector<std::string> out;
  for (const engine::ColumnInfo& column : columns) {
    const std::string name = quote_identifier(column.name);
    out.push_back("CAST(" + name + " AS " + (back ? column.type : checks::carried_type(column.type)) + ") AS " + name);
  }
  return join(out, ", ");
}

// Below the local state, where no two runs are at once.
fs::path files_folder(const project::Project& project) {
  return fs::path(project.root) / project.settings.text("state_dir") / "python-model-files";
}

bool is_run_folder(const fs::directory_entry& entry) {
  const std::string name = entry.path().filename().string();
  return entry.is_directory() && !entry.is_symlink() && is_uuid(name);
}

std::string new_folder(RunParts& parts) {
  const fs::path folder = files_folder(parts.world.project) / uuid_v4();
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw Error(ErrorCode::state_io, "cannot make the folder " + folder.string() + ": " + error.message());
  return fs::absolute(folder).lexically_normal().string();
}

}  // namespace

PythonTable::PythonTable(RunParts& parts, const project::Node& node, std::string program)
    : parts_(parts),
      node_(node),
      program_(std::move(program)),
      interpreter_(python_interpreter(parts.world.project)),
      folder_(new_folder(parts)) {}

PythonTable::~PythonTable() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
  fs::remove(fs::path(folder_).parent_path(), ignored);  // if it is empty
}

void remove_python_files(const project::Project& project) {
  std::error_code ignored;
  std::vector<fs::path> left;
  for (const fs::directory_entry& entry : fs::directory_iterator(files_folder(project), ignored))
    if (is_run_folder(entry)) left.push_back(entry.path());
  for (const fs::path& folder : left) fs::remove_all(folder, ignored);
  fs::remove(files_folder(project), ignored);  // if it is empty
}

Json PythonTable::write_inputs(engine::Session& session, const project::RenderState& state) const {
  Json out = Json::array();
  for (const project::PythonInput& input : project::python_inputs(parts_.world.project, node_, state)) {
    parts_.cancel.check();
    try {
      out.push_back(write_input(session, input, out.size()));
    } catch (Error& error) {
      error.with_span(node_.span).add_context("input " + input.relation);
      throw;
    }
  }
  return out;
}

// The file of an input, and what it says of it.
Json PythonTable::write_input(engine::Session& session, const project::PythonInput& input, size_t number) const {
  const std::string path = file("input-" + std::to_string(number) + ".parquet");
  const std::vector<engine::ColumnInfo> columns = session.describe(input.query);
  session.query_own("COPY (SELECT " + cast_list(columns, false) + " FROM (\n" + input.query + "\n) AS weir_input) TO " +
                    quote_literal(path) + " (FORMAT parquet)");
  Json described = Json::array();
  for (const engine::ColumnInfo& column : columns) described.push_back(Json(Json::Array{column.name, column.type}));
  return Json::object()
      .set("relation", input.relation)
      .set("place", Json(Json::Array{input.place.database, input.place.schema, input.place.alias}))
      .set("file", path)
      .set("columns", std::move(described));
}

void PythonTable::run(const std::string& request) const {
  WatchedProgram program;
  program.words = {interpreter_, file("runner.py"), request};
  program.environment = {{"PYTHONUNBUFFERED", "1"}};
  program.folder = parts_.world.project.root;
  const int64_t timeout_s = node_.config->all.get_int("timeout").value_or(0);
  program.timeout_ms = timeout_s * 1000;
  int lines = 0;
  program.on_line = [&](std::string_view line) {
    if (++lines > most_lines + 1) return;
    const std::string text = lines <= most_lines ? valid_utf8(line) : "… more is printed than a log should hold";
    parts_.announcer.emit("asset.note", Json::object().set("asset", node_.asset).set("message", text));
  };
  const std::optional<WatchedEnd> end = run_watched(program, parts_.cancel);
  if (!end)
    throw Error(ErrorCode::python_missing, "the interpreter " + interpreter_ + " cannot be started",
                "install Python 3, or name one: `python:` in weir.yml, or WEIR_PYTHON")
        .with_span(node_.span);
  if (end->timed_out)
    throw Error(ErrorCode::python_failed,
                "the model took longer than its timeout of " + std::to_string(timeout_s) + " s",
                "raise `timeout` in its configuration")
        .with_span(node_.span);
  if (!fs::exists(file("answer.json")))
    throw Error(ErrorCode::python_failed,
                "the interpreter " + interpreter_ + " ended in the middle of the model, with exit code " +
                    std::to_string(end->exit_code),
                "its last lines are in the log (weir logs); 137 means that it was killed, mostly for want of memory")
        .with_span(node_.span);
}

void PythonTable::fail(const Json& answer) const {
  const std::string message = answer.get_string("error").value_or("");
  const bool missing = answer.get_bool("missing").value_or(false);
  const int64_t line = answer.get_int("line").value_or(0);
  Span span = node_.span;
  const std::vector<std::string> text = split(node_.raw, '\n');
  if (line > 0 && static_cast<size_t>(line) <= text.size()) {
    span.line = static_cast<int>(line);
    span.line_text = text[static_cast<size_t>(line) - 1];
    span.column = static_cast<int>(span.line_text.find_first_not_of(" \t")) + 1;
  }
  const bool by_model = line > 0;
  const std::string install = interpreter_ + " -m pip install duckdb";
  const std::string other = ", or name another interpreter: `python:` in weir.yml, or WEIR_PYTHON";
  std::string hint;
  if (missing) hint = by_model ? "install it into the environment of " + interpreter_ + other : install + other;
  if (answer.get_bool("unlike_relation").value_or(false))
    hint = "without the module duckdb dbt.ref() gives tables of pyarrow: " + install;
  throw Error(missing && !by_model ? ErrorCode::python_missing : ErrorCode::python_failed, message, hint)
      .with_span(span);
}

std::string PythonTable::query(engine::Session& session, const project::RenderState& state) {
  const project::Target& target = parts_.world.project.target;
  const bool on_lake = target.kind == project::TargetKind::lake;
  Json module_paths = Json::array();
  if (const Json* paths = target.extra.find("module_paths"); paths && paths->is_array()) module_paths = *paths;
  const std::string result = file("result.parquet"), request = file("request.json");
  write_artifact(file("runner.py"), python_runner());
  write_artifact(request, Json::object()
                              .set("model", (fs::path(parts_.world.project.root) / node_.span.file).string())
                              .set("program", program_)
                              .set("inputs", write_inputs(session, state))
                              .set("place", Json(Json::Array{node_.database, node_.schema}))
                              .set("module_paths", module_paths)
                              .set("time_zone", on_lake ? "UTC" : "")
                              .set("result", result)
                              .set("answer", file("answer.json"))
                              .dump());
  run(request);
  const Json answer = Json::parse(read_file(file("answer.json")), "the model's answer");
  if (answer.find("error")) fail(answer);
  std::vector<engine::ColumnInfo> columns;
  if (const Json* list = answer.find("columns"); list && list->is_array())
    for (const Json& column : list->as_array())
      columns.push_back({column.as_array()[0].as_string(), column.as_array()[1].as_string()});
  return "SELECT " + (columns.empty() ? "*" : cast_list(columns, true)) + " FROM read_parquet(" +
         quote_literal(result) + ")";
}

}  // namespace weir::run
