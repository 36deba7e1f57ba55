#include "cli/dbt_flags.h"

#include <map>

#include "cli/flags.h"

namespace weir::cli {

namespace {

std::vector<Flag> make_flags() {
  std::vector<Flag> flags;
  const auto add = [&](Flag flag) {
    flag.hidden = true;
    flags.push_back(std::move(flag));
  };
  const auto with_environment = [&](Flag flag, const char* variable) {
    flag.environment = variable;
    add(std::move(flag));
  };
  with_environment(switch_flag("warn-error", 0, ""), "DBT_WARN_ERROR");
  add(switch_flag("no-warn-error", 0, ""));
  with_environment(value_flag("warn-error-options", 0, "YAML", ""), "DBT_WARN_ERROR_OPTIONS");
  with_environment(switch_flag("version-check", 0, ""), "DBT_VERSION_CHECK");
  add(switch_flag("no-version-check", 0, ""));
  with_environment(switch_flag("no-write-json", 0, ""), "DBT_NO_WRITE_JSON");
  add(switch_flag("no-clean-project-files-only", 0, ""));
  for (const char* name : {"write-json", "show", "skip-profile-setup", "clean-project-files-only"})
    add(switch_flag(name, 0, ""));
  for (const char* name :
       {"partial-parse", "partial-parse-file-diff", "static-parser", "use-experimental-parser", "populate-cache",
        "cache-selected-only", "use-colors-file", "print", "macro-debugging", "send-anonymous-usage-stats",
        "single-threaded", "introspect", "log-cache-events", "show-all-deprecations", "inject-ephemeral-ctes"}) {
    add(switch_flag(name, 0, ""));
    add(switch_flag(std::string("no-") + name, 0, ""));
  }
  add(switch_flag("debug", 'd', ""));
  for (const char* name : {"no-debug", "no-quiet", "no-full-refresh", "no-fail-fast", "no-store-failures"})
    add(switch_flag(name, 0, ""));
  with_environment(value_flag("log-path", 0, "FOLDER", ""), "DBT_LOG_PATH");
  with_environment(value_flag("log-format-file", 0, "FORM", ""), "DBT_LOG_FORMAT_FILE");
  for (const char* name :
       {"project-dir", "profiles-dir", "profile", "target", "vars"})  // of init, which asks no project
    add(value_flag(name, 0, "VALUE", ""));
  for (const char* name : {"partial-parse-file-path", "log-level", "log-level-file", "log-file-max-bytes",
                           "printer-width", "record-timing-info", "sqlparse"})
    add(value_flag(name, 0, "VALUE", ""));
  return flags;
}

}  // namespace

const std::vector<Flag>& dbt_flags() {
  static const std::vector<Flag> flags = make_flags();
  return flags;
}

std::vector<std::string> in_weirs_spelling(std::vector<std::string> words) {
  static const std::map<std::string, std::string> spellings = {
      {"-m", "--select"},
      {"--model", "--select"},
      {"--models", "--select"},
      {"--resource-types", "--resource-type"},
      {"--exclude-resource-types", "--exclude-resource-type"},
  };
  bool lists = false, models = false, source = false;
  for (std::string& word : words) {
    if (word == "--") break;
    lists = lists || word == "ls" || word == "list";
    models = models || word.starts_with("--model") || word == "-m";
    source = source || word == "source";
    if (source && word == "snapshot-freshness") word = "freshness";
    const size_t equals = word.find('=');
    const auto found = spellings.find(word.substr(0, equals));
    if (found != spellings.end()) word = found->second + (equals == std::string::npos ? "" : word.substr(equals));
  }
  // dbt's ls lists models alone when they are selected so.
  if (lists && models) words.insert(words.end(), {"--resource-type", "model"});
  return words;
}

}  // namespace weir::cli
