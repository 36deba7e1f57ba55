#include "cli/dbt_environment.h"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>

#include "cli/dbt_log.h"
#include "project/load.h"

namespace weir::cli {

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

}  // namespace

void warn_of_dbt_variables(const Call& call) {
  for (const Renamed& one : renamed_variables)
    if (value_of(plain_prefix, one.old)) {
      const std::string old = with_prefix(plain_prefix, one.old), now = with_prefix(engine_prefix, one.now);
      tell_event(call, {"EnvironmentVariableRenamed", "warn",
                        "The environment variable `" + old + "` has been renamed as `" + now + "`",
                        Json::object().set("old_name", old).set("new_name", now)});
    }
  for (const auto& [name, value] : project::process_environment()) {
    const std::string_view rest = std::string_view(name).substr(std::min(name.size(), engine_prefix.size()));
    if (!name.starts_with(engine_prefix) ||
        std::find(std::begin(engine_variables), std::end(engine_variables), rest) != std::end(engine_variables))
      continue;
    tell_event(call, {"EnvironmentVariableNamespaceDeprecation", "warn",
                      name + ": names that begin with DBT_ENGINE_ are dbt's own, and this is none of them",
                      Json::object().set("env_var", name).set("reserved_prefix", std::string(engine_prefix))});
  }
}

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

}  // namespace weir::cli
