#include "cli/dbt_log.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "base/text.h"
#include "base/time.h"
#include "dbt/run_results.h"
#include "project/load.h"

namespace weir::cli {

namespace {

namespace fs = std::filesystem;

std::string option(const Call& call, const char* name) {
  return call.declares(name) && call.options.is_set(name) ? call.options.text(name) : std::string();
}

fs::path log_folder(const Call& call) {
  if (const std::string given = option(call, "log-path"); !given.empty()) return given;
  const std::string project = option(call, "project-dir");
  return fs::path(project.empty() ? "." : project) / "logs";
}

int64_t now_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

std::string json_line(const DbtEvent& event, int64_t at_ms) {
  const Json info = Json::object()
                        .set("name", event.name)
                        .set("level", event.level)
                        .set("msg", event.message)
                        .set("code", "")
                        .set("category", "")
                        .set("extra", Json::object())
                        .set("invocation_id", "")
                        .set("pid", static_cast<int64_t>(getpid()))
                        .set("thread", event.thread)
                        .set("ts", iso_ms(at_ms));
  return Json::object().set("info", info).set("data", event.data).dump();
}

std::string clock_text(int64_t at_ms) { return iso_seconds(at_ms).substr(11, 8); }

// dbt names its deprecations in the text too.
std::string tagged(const DbtEvent& event) {
  const bool named = event.level == "warn" && (event.name.ends_with("Deprecation") || event.name.ends_with("Renamed"));
  return named ? "[WARNING][" + event.name + "]: " + event.message : event.message;
}

bool is_told(const Call& call, const DbtEvent& event) {
  if (call.quiet()) return event.level == "error";
  const std::string level = option(call, "log-level");
  if (level == "none") return false;
  const bool debug = level == "debug" || (call.declares("debug") && call.is_on("debug"));
  return event.level != "debug" || debug;
}

// One call, so that lines of threads stay whole.
void print_line(const std::string& line) { std::fputs((line + "\n").c_str(), stdout); }

void print_text(const DbtEvent& event, int64_t at_ms) {
  print_line(event.message.empty() ? std::string() : clock_text(at_ms) + "  " + event.message);
}

bool lists(const Call& call) { return call.verb.name == "ls"; }

}  // namespace

void DbtLog::write(const DbtEvent& event, int64_t at_ms) {
  const std::string line =
      json_ ? json_line(event, at_ms)
            : fmt::format("{} [{:<5}] [{}]: {}", clock_text(at_ms), event.level, event.thread, tagged(event));
  const std::lock_guard guard(mutex_);
  if (!out_.is_open()) {
    std::error_code ignored;
    std::filesystem::create_directories(folder_, ignored);
    out_.open(folder_ / "dbt.log", std::ios::app);
  }
  out_ << line << std::endl;  // who is killed has told what he did
}

bool is_dbt(const Call& call) { return call.program == "dbt"; }

void log_event(const Call& call, const DbtEvent& event) {
  if (!is_dbt(call)) return;
  const int64_t at_ms = now_ms();
  if (call.log) call.log->write(event, at_ms);
  if (call.json_log() && !lists(call) && is_told(call, event)) print_line(json_line(event, at_ms));
}

void log_event(const Call& call, std::string_view name, std::string_view level, const std::string& message,
               const Json& data) {
  log_event(call, {std::string(name), std::string(level), message, data});
}

void tell_event(const Call& call, const DbtEvent& event) {
  if (!is_dbt(call)) return;
  const int64_t at_ms = now_ms();
  if (call.log) call.log->write(event, at_ms);
  if (!is_told(call, event)) return;
  call.json_log() ? print_line(json_line(event, at_ms)) : print_text(event, at_ms);
}

namespace {

constexpr std::string_view plain_prefix = "DBT_", engine_prefix = "DBT_ENGINE_";

// That dbt knows, without the prefix.
constexpr std::string_view engine_variables[] = {"ARTIFACT_STATE_PATH",
                                                 "CACHE_SELECTED_ONLY",
                                                 "CLEAN_PROJECT_FILES_ONLY",
                                                 "DEBUG",
                                                 "DEFER",
                                                 "DEFER_STATE",
                                                 "DEFER_TO_STATE",
                                                 "DOWNLOAD_DIR",
                                                 "EMPTY",
                                                 "EVENT_TIME_END",
                                                 "EVENT_TIME_START",
                                                 "EXCLUDE_RESOURCE_TYPES",
                                                 "EXPORT_SAVED_QUERIES",
                                                 "FAIL_FAST",
                                                 "FAVOR_STATE",
                                                 "FAVOR_STATE_MODE",
                                                 "FULL_REFRESH",
                                                 "HOST",
                                                 "INCLUDE_SAVED_QUERY",
                                                 "INDIRECT_SELECTION",
                                                 "INTROSPECT",
                                                 "INVOCATION_ENV",
                                                 "LOG_CACHE_EVENTS",
                                                 "LOG_FILE_MAX_BYTES",
                                                 "LOG_FORMAT",
                                                 "LOG_FORMAT_FILE",
                                                 "LOG_LEVEL",
                                                 "LOG_LEVEL_FILE",
                                                 "LOG_PATH",
                                                 "MACRO_DEBUGGING",
                                                 "NO_PRINT",
                                                 "PACKAGE_HUB_URL",
                                                 "PARTIAL_PARSE",
                                                 "PARTIAL_PARSE_FILE_DIFF",
                                                 "PARTIAL_PARSE_FILE_PATH",
                                                 "POPULATE_CACHE",
                                                 "PP_FILE_DIFF_TEST",
                                                 "PP_TEST",
                                                 "PRINT",
                                                 "PRINTER_WIDTH",
                                                 "PROFILE",
                                                 "PROFILES_DIR",
                                                 "PROJECT_DIR",
                                                 "QUIET",
                                                 "RECORDED_FILE_PATH",
                                                 "RESOURCE_TYPES",
                                                 "SAMPLE",
                                                 "SEND_ANONYMOUS_USAGE_STATS",
                                                 "SHOW_RESOURCE_REPORT",
                                                 "SINGLE_THREADED",
                                                 "SQLPARSE",
                                                 "STATE",
                                                 "STATIC_PARSER",
                                                 "STORE_FAILURES",
                                                 "TARGET",
                                                 "TARGET_PATH",
                                                 "TEST_STATE_MODIFIED",
                                                 "UPLOAD_TO_ARTIFACTS_INGEST_API",
                                                 "USE_COLORS",
                                                 "USE_COLORS_FILE",
                                                 "USE_EXPERIMENTAL_PARSER",
                                                 "USE_FAST_TEST_EDGES",
                                                 "VERSION_CHECK",
                                                 "WARN_ERROR",
                                                 "WARN_ERROR_OPTIONS",
                                                 "WRITE_JSON"};

struct Renamed {
  std::string_view old, now;
};
constexpr Renamed renamed_variables[] = {{"DEFER_TO_STATE", "DEFER"},
                                         {"FAVOR_STATE_MODE", "FAVOR_STATE"},
                                         {"NO_PRINT", "PRINT"},
                                         {"ARTIFACT_STATE_PATH", "STATE"}};

std::string with_prefix(std::string_view prefix, std::string_view name) {
  return std::string(prefix) + std::string(name);
}

const char* value_of(std::string_view prefix, std::string_view name) {
  const char* value = std::getenv(with_prefix(prefix, name).c_str());
  return value && *value ? value : nullptr;
}

void warn_of_variables(const Call& call) {
  const auto tell = [&](const DbtEvent& event) { lists(call) ? log_event(call, event) : tell_event(call, event); };
  for (const Renamed& one : renamed_variables)
    if (value_of(plain_prefix, one.old)) {
      const std::string old = with_prefix(plain_prefix, one.old), now = with_prefix(engine_prefix, one.now);
      tell({"EnvironmentVariableRenamed", "warn",
            "The environment variable `" + old + "` has been renamed as `" + now + "`",
            Json::object().set("old_name", old).set("new_name", now)});
    }
  for (const auto& [name, value] : project::process_environment()) {
    const std::string_view rest = std::string_view(name).substr(std::min(name.size(), engine_prefix.size()));
    if (!name.starts_with(engine_prefix) ||
        std::find(std::begin(engine_variables), std::end(engine_variables), rest) != std::end(engine_variables))
      continue;
    tell({"EnvironmentVariableNamespaceDeprecation", "warn",
          name + ": names that begin with DBT_ENGINE_ are dbt's own, and this is none of them",
          Json::object().set("env_var", name).set("reserved_prefix", std::string(engine_prefix))});
  }
}

}  // namespace

void settle_dbt_variables() {
  for (const std::string_view name : engine_variables) {
    if (const char* value = value_of(engine_prefix, name))
      setenv(with_prefix(plain_prefix, name).c_str(), value, 1);
    else if (const char* plain = value_of(plain_prefix, name))
      setenv(with_prefix(engine_prefix, name).c_str(), plain, 1);
  }
  for (const Renamed& one : renamed_variables)  // DBT_NO_PRINT says the contrary of DBT_PRINT, which nothing reads
    if (const char* value = value_of(plain_prefix, one.old); value && one.old != "NO_PRINT")
      setenv(with_prefix(plain_prefix, one.now).c_str(), value, 0);
}

void log_call(Call& call) {
  if (!is_dbt(call)) return;
  const std::string form = option(call, "log-format-file");
  if (option(call, "log-level-file") != "none")
    call.log = std::make_shared<DbtLog>(log_folder(call), form == "json" || (form.empty() && call.json_log()));
  const std::string version(dbt::dbt_version);
  const DbtEvent own{"MainReportVersion", "info", "Running with dbt=" + version,
                     Json::object().set("version", "=" + version)};
  lists(call) ? log_event(call, own) : tell_event(call, own);
  warn_of_variables(call);
  const auto is_model = [](const std::string& word) {
    const std::string name = word.substr(0, word.find('='));
    return name == "-m" || name == "--model" || name == "--models";
  };
  if (std::any_of(call.words.begin(), call.words.end(), is_model))
    log_event(call, "ModelParamUsageDeprecation", "warn", "--models, --model and -m are the old names of --select");
}

std::string dbt_title(const project::Node& node, std::string_view kind) {
  const std::string type(project::resource_type_text(node.type));
  return std::string(kind) + " in " + type + " " + node.name + " (" + node.file + ")";
}

std::string dbt_indented(std::string_view text) {
  std::string out;
  for (const auto& line : split(trim(text), '\n')) out += (out.empty() ? "  " : "\n  ") + line;
  return out;
}

std::string_view dbt_error_kind(const Error& error) {
  const int number = static_cast<int>(error.code());
  switch (error.code()) {
    case ErrorCode::bad_schema_yaml:
    case ErrorCode::missing_env_var:
    case ErrorCode::bad_yaml:
      return "Parsing Error";
    case ErrorCode::column_type:
      return "Compilation Error";
    case ErrorCode::no_project:
    case ErrorCode::bad_project_file:
    case ErrorCode::profile_not_found:
    case ErrorCode::adapter_refused:
    case ErrorCode::dependency_cycle:
    case ErrorCode::bad_selector:
      return "Runtime Error";
    default:
      break;
  }
  const bool of_sql = number >= 310 && number <= 324;
  return number >= 300 && number < 500 && !of_sql ? "Compilation Error" : "Runtime Error";
}

}  // namespace weir::cli
