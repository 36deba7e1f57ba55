#include "cli/dbt_log.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>

#include "base/time.h"

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

}  // namespace

void log_event(const Call& call, std::string_view name, std::string_view level, const std::string& message,
               const Json& data) {
  if (call.program != "dbt" || option(call, "log-format-file") != "json") return;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const int64_t now_ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  const Json info = Json::object()
                        .set("name", std::string(name))
                        .set("level", std::string(level))
                        .set("msg", message)
                        .set("code", "")
                        .set("category", "")
                        .set("extra", Json::object())
                        .set("pid", static_cast<int64_t>(getpid()))
                        .set("thread", "MainThread")
                        .set("ts", iso_ms(now_ms));
  const fs::path folder = log_folder(call);
  std::error_code ignored;
  fs::create_directories(folder, ignored);
  std::ofstream out(folder / "dbt.log", std::ios::app);
  out << Json::object().set("info", info).set("data", data).dump() << "\n";
}

void log_call(const Call& call) {
  const auto is_model = [](const std::string& word) {
    const std::string name = word.substr(0, word.find('='));
    return name == "-m" || name == "--model" || name == "--models";
  };
  if (std::any_of(call.words.begin(), call.words.end(), is_model))
    log_event(call, "ModelParamUsageDeprecation", "warn", "--models, --model and -m are the old names of --select");
}

}  // namespace weir::cli
