#include "cli/dbt_end.h"

#include <sys/resource.h>

#include <cstdlib>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "base/time.h"
#include "cli/dbt_log.h"

namespace weir::cli {

namespace {

// dbt's codes of the deprecations that weir knows.
std::string_view code_of(const std::string& event) {
  static const std::map<std::string, std::string_view> codes = {
      {"PackageRedirectDeprecation", "D001"},
      {"PackageInstallPathDeprecation", "D002"},
      {"ConfigSourcePathDeprecation", "D003"},
      {"ConfigDataPathDeprecation", "D004"},
      {"ExposureNameDeprecation", "D007"},
      {"EnvironmentVariableRenamed", "D009"},
      {"ConfigLogPathDeprecation", "D010"},
      {"ConfigTargetPathDeprecation", "D011"},
      {"ProjectFlagsMovedDeprecation", "D013"},
      {"ResourceNamesWithSpacesDeprecation", "D015"},
      {"PackageMaterializationOverrideDeprecation", "D016"},
      {"SourceFreshnessProjectHooksNotRun", "D017"},
      {"DuplicateYAMLKeysDeprecation", "D024"},
      {"CustomOutputPathInSourceFreshnessDeprecation", "D029"},
      {"PropertyMovedToConfigDeprecation", "D030"},
      {"WEOIncludeExcludeDeprecation", "D031"},
      {"ModelParamUsageDeprecation", "D032"},
      {"ModulesItertoolsUsageDeprecation", "D034"},
      {"SourceOverrideDeprecation", "D035"},
      {"EnvironmentVariableNamespaceDeprecation", "D036"},
      {"ArgumentsPropertyInGenericTestDeprecation", "D038"},
      {"MissingArgumentsPropertyInGenericTestDeprecation", "D039"},
      {"DuplicateNameDistinctNodeTypesDeprecation", "D040"},
  };
  const auto found = codes.find(event);
  return found == codes.end() ? std::string_view() : found->second;
}

void tell_deprecations(const Call& call) {
  const std::map<std::string, int64_t> met = call.log->deprecations();
  if (met.empty() || call.log->summary_silenced()) return;
  const bool all = call.declares("show-all-deprecations") && call.is_on("show-all-deprecations");
  Json summaries = Json::array();
  std::string text = "What is deprecated here, by event:";
  for (const auto& [event, count] : met) {
    summaries.push_back(Json::object()
                            .set("event_name", event)
                            .set("event_code", std::string(code_of(event)))
                            .set("occurrences", count));
    text += "\n- " + event + ": " + std::to_string(count) + (count == 1 ? " occurrence" : " occurrences");
  }
  if (!all) text += "\n--show-all-deprecations tells each, and --no-partial-parse those of all files";
  tell_event(call, {"DeprecationsSummary", "warn", text,
                    Json::object().set("summaries", std::move(summaries)).set("show_all_hint", !all)});
}

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

void tell_resources(const Call& call, bool success, double seconds) {
  rusage used = {};
  if (getrusage(RUSAGE_SELF, &used) != 0) return;
  const char* shown = std::getenv("DBT_SHOW_RESOURCE_REPORT");
  const bool told = shown && (iequals(shown, "1") || iequals(shown, "true"));
  tell_event(call, {"ResourceReport", told ? "info" : "debug",
                    "Resources of " + call.verb.name + ": " + std::to_string(seconds_of(used.ru_utime)) +
                        " s of computing, " + std::to_string(used.ru_maxrss) + " kB at most",
                    Json::object()
                        .set("command_name", call.verb.name)
                        .set("command_success", success)
                        .set("command_wall_clock_time", seconds)
                        .set("process_user_time", seconds_of(used.ru_utime))
                        .set("process_kernel_time", seconds_of(used.ru_stime))
                        .set("process_mem_max_rss", std::to_string(used.ru_maxrss))
                        .set("process_in_blocks", std::to_string(used.ru_inblock))
                        .set("process_out_blocks", std::to_string(used.ru_oublock))});
}

}  // namespace

void tell_end(const Call& call, bool success, std::chrono::steady_clock::duration taken) {
  if (!call.log) return;
  const double seconds = std::chrono::duration<double>(taken).count();
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const int64_t at_ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  tell_deprecations(call);
  tell_resources(call, success, seconds);
  log_event(call,
            {"CommandCompleted", "debug", "Command `dbt " + call.verb.name + "` " + (success ? "succeeded" : "failed"),
             Json::object()
                 .set("command", "dbt " + call.verb.name)
                 .set("success", success)
                 .set("completed_at", iso_ms(at_ms))
                 .set("elapsed", seconds)});
}

}  // namespace weir::cli
