#include "cli/dbt_log.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>

#include "base/text.h"
#include "base/time.h"
#include "cli/dbt_environment.h"
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
                        .set("extra", project::custom_environment())
                        .set("invocation_id", "")
                        .set("pid", static_cast<int64_t>(getpid()))
                        .set("thread", event.thread)
                        .set("ts", iso_ms(at_ms));
  return Json::object().set("info", info).set("data", event.data).dump();
}

std::string clock_text(int64_t at_ms) { return iso_seconds(at_ms).substr(11, 8); }

// dbt names its deprecations in the text too.
std::string tagged(const DbtEvent& event) {
  const bool named =
      event.level == "warn" && (is_counted_deprecation(event.name) || event.name == "DeprecationsSummary");
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

void note(const Call& call, const DbtEvent& event, int64_t at_ms) {
  if (!call.log) return;
  if (event.level == "warn" && is_counted_deprecation(event.name)) call.log->met(event.name);
  call.log->write(event, at_ms);
}

}  // namespace

bool is_deprecation(std::string_view event) {
  if (event.ends_with("Deprecation")) return event != "UpcomingReferenceDeprecation";
  return event == "DeprecationsSummary" || event == "EnvironmentVariableRenamed" ||
         event == "SourceFreshnessProjectHooksNotRun" || event == "CollectFreshnessReturnSignature";
}

bool is_counted_deprecation(std::string_view event) {
  return is_deprecation(event) && event != "DeprecationsSummary" && event != "SpacesInResourceNameDeprecation" &&
         event != "CollectFreshnessReturnSignature";
}

void DbtLog::met(const std::string& deprecation) {
  const std::lock_guard guard(mutex_);
  deprecations_[deprecation]++;
}

std::map<std::string, int64_t> DbtLog::deprecations() {
  const std::lock_guard guard(mutex_);
  return deprecations_;
}

void DbtLog::write(const DbtEvent& event, int64_t at_ms) {
  if (!to_file_) return;
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

bool keeps_to_the_log(const Call& call) { return call.verb.name == "ls"; }

bool is_dbt(const Call& call) { return call.program == "dbt"; }

DbtEvent jinja_event(const project::LogLine& line, bool told) {
  Json data = Json::object().set("msg", line.text);
  if (line.warns) return {"JinjaLogWarning", "warn", line.text, std::move(data)};
  return {told ? "JinjaLogInfo" : "JinjaLogDebug", told ? "info" : "debug", line.text, std::move(data)};
}

void log_event(const Call& call, const DbtEvent& event) {
  if (!is_dbt(call)) return;
  const int64_t at_ms = now_ms();
  note(call, event, at_ms);
  if (call.json_log() && !keeps_to_the_log(call) && is_told(call, event)) print_line(json_line(event, at_ms));
}

void log_event(const Call& call, std::string_view name, std::string_view level, const std::string& message,
               const Json& data) {
  log_event(call, {std::string(name), std::string(level), message, data});
}

void tell_event(const Call& call, const DbtEvent& event) {
  if (keeps_to_the_log(call) && event.level != "error") return log_event(call, event);
  if (!is_dbt(call)) return;
  const int64_t at_ms = now_ms();
  note(call, event, at_ms);
  if (!is_told(call, event)) return;
  call.json_log() ? print_line(json_line(event, at_ms)) : print_text(event, at_ms);
}

void log_call(Call& call) {
  if (!is_dbt(call)) return;
  const std::string form = option(call, "log-format-file");
  call.log = std::make_shared<DbtLog>(log_folder(call), form == "json" || (form.empty() && call.json_log()),
                                      option(call, "log-level-file") != "none");
  const std::string version(dbt::dbt_version);
  const DbtEvent own{"MainReportVersion", "info", "Running with dbt=" + version,
                     Json::object().set("version", "=" + version)};
  tell_event(call, own);
  warn_of_dbt_variables(call);
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
