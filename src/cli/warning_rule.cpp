#include "cli/warning_rule.h"

#include <algorithm>
#include <iterator>

#include "base/error.h"
#include "base/text.h"
#include "base/yaml.h"
#include "cli/dbt_log.h"
#include "project/project_file.h"

namespace weir::cli {

namespace {

constexpr std::string_view all_deprecations = "Deprecations";

bool has(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Those that dbt tells past its rule for warnings, unless the project wants all to come under it.
bool is_past_the_rule(std::string_view event) {
  constexpr std::string_view events[] = {"FreshnessConfigProblem",    "MicrobatchModelNoEventTimeInputs",
                                         "RunResultWarning",          "RunResultWarningMessage",
                                         "SemanticValidationFailure", "WarnStateTargetEqual"};
  return std::find(std::begin(events), std::end(events), event) != std::end(events);
}

Error wrong(const std::string& what) {
  return Error(ErrorCode::bad_option_value, "warn-error-options: " + what)
      .with_hint("a mapping of error (all, or a list of names), warn and silence (lists of names)");
}

// The value of one of two keys: `now`, or its old name.
const Json* either(const Json& options, const char* now, const char* old) {
  const Json *one = options.find(now), *other = options.find(old);
  if (one && other) throw wrong(std::string("Only `") + old + "` or `" + now + "` can be specified: they say the same");
  return one ? one : other;
}

std::vector<std::string> names_of(const Json* list, const char* key) {
  std::vector<std::string> out;
  if (!list || list->is_null()) return out;
  if (!list->is_array()) throw wrong(std::string(key) + " takes a list of names");
  for (const Json& name : list->as_array()) {
    if (!name.is_string()) throw wrong(std::string(key) + " takes a list of names");
    out.push_back(name.as_string());
  }
  return out;
}

Json options_of(const Call& call, const Json& project_flags) {
  if (call.declares("warn-error-options") && call.options.is_set("warn-error-options"))
    return Yaml::parse(call.options.text("warn-error-options"), "--warn-error-options").to_json();
  const Json* found = project_flags.find("warn_error_options");
  return found ? *found : Json();
}

bool flag_of(const Call& call, const Json& project_flags, const char* name, const char* key, bool otherwise) {
  if (call.declares(std::string("no-") + name) && call.options.boolean(std::string("no-") + name)) return false;
  if (call.declares(name) && call.options.is_set(name)) return call.options.boolean(name);
  const Json* found = project_flags.find(key);
  return found && found->is_bool() ? found->as_bool() : otherwise;
}

}  // namespace

WarningRule::WarningRule(const Call& call, const Json& project_flags) {
  all_ = flag_of(call, project_flags, "warn-error", "warn_error", false);
  is_dbt_ = is_dbt(call);
  const Json* all_ruled = project_flags.find("require_all_warnings_handled_by_warn_error");
  rules_all_ = !is_dbt_ || (all_ruled && *all_ruled == Json(true));
  version_is_checked_ = is_dbt(call) && flag_of(call, project_flags, "version-check", "version_check", true);
  const Json options = options_of(call, project_flags);
  if (options.is_null()) return;
  if (!options.is_object()) throw wrong("it is no mapping");
  include_ = options.find("include") != nullptr;
  exclude_ = options.find("exclude") != nullptr;
  const Json* error = either(options, "error", "include");
  const Json* warn = either(options, "warn", "exclude");
  if (error && error->is_string() && (error->as_string() == "all" || error->as_string() == "*"))
    all_ = true;
  else
    error_ = names_of(error, "error");
  warn_ = names_of(warn, "warn");
  silence_ = names_of(options.find("silence"), "silence");
  if (!warn_.empty() && !all_ && !has(error_, all_deprecations) && !has(silence_, all_deprecations))
    throw wrong("warn leaves out some of many: it goes with error: all, or with Deprecations in error or silence");
}

WarningRule::Action WarningRule::of(std::string_view event) const {
  if (event.empty()) return Action::warn;  // weir's own: dbt goes on without a word
  if (!rules_all_ && is_past_the_rule(event)) return Action::warn;
  // What is named by itself goes before what is named as one of the deprecations, and this before all.
  const bool deprecated = is_deprecation(event), is_error = has(error_, event), is_warning = has(warn_, event);
  const auto in = [&](const std::vector<std::string>& names) { return deprecated && has(names, all_deprecations); };
  if (has(silence_, event) || (in(silence_) && !is_error && !is_warning)) return Action::silence;
  if (event == project::unknown_project_key) return is_dbt_ ? Action::error : Action::warn;
  if (event == "RequiredVersion") return version_is_checked_ ? Action::error : Action::warn;
  if (is_warning) return Action::warn;
  if (is_error) return Action::error;
  if (in(warn_)) return Action::warn;
  return all_ || in(error_) ? Action::error : Action::warn;
}

std::optional<project::Diagnostic> WarningRule::old_names() const {
  if (!include_ && !exclude_) return std::nullopt;
  project::Diagnostic out;
  out.event = "WEOIncludeExcludeDeprecation";
  out.message = "warn_error_options: ";
  if (include_) out.message += "`include` is called error by now";
  if (include_ && exclude_) out.message += ", and ";
  if (exclude_) out.message += "`exclude` is called warn";
  out.data = Json::object().set("found_include", include_).set("found_exclude", exclude_);
  return out;
}

bool WarningRule::tells(const project::Diagnostic& warning) const {
  const Action action = of(warning.event);
  if (action == Action::error && warning.event == project::unknown_project_key)
    throw Error(ErrorCode::bad_project_file, "Additional properties are not allowed: " + warning.message)
        .with_span(warning.span)
        .with_hint("what is the project's own stands in vars, or in meta");
  if (action == Action::error)
    throw Error(ErrorCode::bad_config, warning.message)
        .with_span(warning.span)
        .with_hint(warning.event == "RequiredVersion" ? "--no-version-check goes on all the same"
                                                      : "it is a warning; --warn-error makes errors of them");
  return action == Action::warn;
}

}  // namespace weir::cli
