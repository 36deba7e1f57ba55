#include "cli/workspace.h"

#include <algorithm>
#include <cstdio>
#include <set>
#include <thread>
#include <vector>

#include "base/text.h"
#include "cli/artifacts.h"
#include "cli/dbt_log.h"
#include "cli/error_text.h"
#include "cli/input_flags.h"
#include "cli/project_errors.h"
#include "cli/warning_rule.h"
#include "dbt/only_dbts_warnings.h"
#include "template/value.h"

namespace weir::cli {

namespace {

constexpr size_t errors_shown = 20;
constexpr unsigned most_steps_at_once = 8;

std::string given(const Call& call, std::string_view name) {
  return call.declares(name) && call.options.is_set(name) ? call.options.text(name) : std::string();
}

std::optional<std::string> given_or_none(const Call& call, std::string_view name) {
  std::string value = given(call, name);
  return value.empty() ? std::nullopt : std::optional(std::move(value));
}

bool typed(const Call& call, std::string_view name) {
  return call.declares(name) && call.options.entry(name).origin.rfind("--", 0) == 0;
}

std::string from_here(const std::string& place) {
  return place.find(':') != std::string::npos ? place : std::filesystem::absolute(place).lexically_normal().string();
}

// In dbt's words: its tools look for the place in them.
void tell_keys_as_dbt(std::vector<project::Diagnostic>& warnings) {
  for (project::Diagnostic& warning : warnings)
    if (warning.event == "DuplicateYAMLKeysDeprecation")
      warning.message =
          *warning.data.get_string("duplicate_description") + " in file `" + *warning.data.get_string("file") + "`";
}

// dbt tells of the first name with spaces and how many there are; of all with --debug.
std::vector<project::Diagnostic> told_as_dbt(const Call& call, std::vector<project::Diagnostic> warnings) {
  const auto is_name = [](const project::Diagnostic& warning) {
    return warning.event == "SpacesInResourceNameDeprecation";
  };
  const auto count = std::count_if(warnings.begin(), warnings.end(), is_name);
  if (!is_dbt(call)) return warnings;
  tell_keys_as_dbt(warnings);
  if (count == 0) return warnings;
  const bool all = call.declares("debug") && call.is_on("debug");
  const auto first = std::find_if(warnings.begin(), warnings.end(), is_name);
  if (!all) warnings.erase(std::remove_if(first + 1, warnings.end(), is_name), warnings.end());
  warnings.push_back({"Spaces found in " + std::to_string(count) + " resource name(s)." +
                          (all || count == 1 ? "" : " Run again with `--debug` to see them all."),
                      "",
                      {},
                      "ResourceNamesWithSpacesDeprecation"});
  return warnings;
}

void tell_by_rule(const Call& call, const WarningRule& rule, const project::Diagnostic& warning) {
  if (warning.event == "UnpinnedRefNewVersionAvailable")  // no warning: for information
    return log_event(call, {warning.event, "info", warning.message, warning.data});
  // One that is an error is told as that alone.
  const WarningRule::Action action = rule.of(warning.event);
  if (!warning.event.empty() && action == WarningRule::Action::warn && !warning.event.starts_with("weir:"))
    log_event(call, {warning.event, "warn", warning.message, warning.data});
  if (action == WarningRule::Action::silence && call.log && is_counted_deprecation(warning.event))
    call.log->met(warning.event);
  if (!rule.tells(warning) || call.quiet() || call.json_log()) return;
  const Style& style = call.terminal.error;
  std::string text = style.yellow("warning:") + " " + warning.message + "\n" + span_text(warning.span, style);
  if (!warning.hint.empty()) text += "  hint: " + warning.hint + "\n";
  std::fputs(text.c_str(), stderr);
}

// What templates logged while they were parsed, which dbt tells too.
void tell_logged(const Call& call, const project::LogLines& lines, const Json& project_flags) {
  if (!is_dbt(call)) return;
  const WarningRule rule(call, project_flags);
  for (const project::LogLine& line : lines) {
    const DbtEvent event = jinja_event(line, true);
    if (!line.warns || rule.tells({line.text, "", {}, event.name})) tell_event(call, event);
  }
}

// What is told of the reading itself, as dbt tells it.
void tell_of_reading(const Call& call, const project::Loaded& loaded) {
  if (loaded.reads_anew)
    log_event(call, "PartialParsingNotEnabled", "debug", "partial parsing is turned off: all files are read");
  if (!loaded.anew_because.empty())
    tell_event(call, {"UnableToPartialParse", "info",
                      "All files of the project are read: " + loaded.anew_because + ". Starting full parse.",
                      Json::object().set("reason", loaded.anew_because)});
  const std::string unchanged = "Nothing changed, skipping partial parsing.";
  if (loaded.nothing_changed) tell_event(call, {"Note", "debug", unchanged, Json::object().set("msg", unchanged)});
  for (const std::string& failure : loaded.semantic_failures)
    log_event(call, {"SemanticValidationFailure", "error", failure, Json::object().set("msg", failure)});
}

std::optional<double> lower_bound_of(const std::string& condition) {
  const bool also = condition.starts_with(">=");
  if (!also && !condition.starts_with(">")) return std::nullopt;
  const auto number = parse_double(trim(std::string_view(condition).substr(also ? 2 : 1)));
  return number ? std::optional(also ? *number : *number + 1) : std::nullopt;
}

// Where warnings are errors, a test that would warn fails: of two conditions the one is kept that holds wherever the
// other does.
void fail_where_tests_warn(project::Project& project) {
  for (project::Node& node : project.nodes) {
    if (!node.test) continue;
    project::TestInfo& test = *node.test;
    const auto warns_from = lower_bound_of(test.warn_if), fails_from = lower_bound_of(test.error_if);
    if (test.severity == project::Severity::warn || test.warn_if == "!= 0" ||
        (warns_from && fails_from && *warns_from < *fails_from))
      test.error_if = test.warn_if;
    test.severity = project::Severity::error;
  }
}

// "lake"."main"."orders" or lake.main.orders -> parts, quotes removed. Empty if a quote is not closed.
std::vector<std::string> name_parts(const std::string& text) {
  std::vector<std::string> parts(1);
  bool quoted = false;
  for (size_t i = 0; i < text.size(); i++) {
    const char c = text[i];
    if (c == '"' && quoted && i + 1 < text.size() && text[i + 1] == '"')
      parts.back() += text[++i];
    else if (c == '"')
      quoted = !quoted;
    else if (c == '.' && !quoted)
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return quoted ? std::vector<std::string>{""} : parts;
}

}  // namespace

void tell_warnings(const Call& call, const std::vector<project::Diagnostic>& warnings, const Json& project_flags) {
  const WarningRule rule(call, project_flags);
  if (const auto old = rule.old_names()) tell_by_rule(call, rule, *old);
  if (call.log && rule.of("DeprecationsSummary") == WarningRule::Action::silence) call.log->silence_summary();
  const bool all = call.declares("show-all-deprecations") && call.is_on("show-all-deprecations");
  std::set<std::string> told;
  for (const project::Diagnostic& warning : told_as_dbt(call, warnings)) {
    if (!is_dbt(call) && dbt::is_only_dbts(warning.event)) continue;
    // dbt tells each of these once in a call, unless --show-all-deprecations.
    if (is_counted_deprecation(warning.event) && !told.insert(warning.event).second && call.log && !all)
      call.log->met(warning.event);
    else
      tell_by_rule(call, rule, warning);
  }
}

void tell_warning(const Call& call, const project::Diagnostic& warning, const Json& project_flags) {
  if (!is_dbt(call) && dbt::is_only_dbts(warning.event)) return;
  std::fflush(stdout);
  tell_by_rule(call, WarningRule(call, project_flags), warning);
}

Workspace::Workspace(const Call& call) : call_(call) {}

// A call ends with its process, which frees a project at once: node by node takes as long as reading them.
Workspace::~Workspace() {
  static const project::Project* left = nullptr;
  if (project_) delete std::exchange(left, project_.release());
}

bool Workspace::has_project() {
  if (!root_) {
    const std::string start = given(call_, "project-dir");
    root_ = project::find_root(start.empty() ? "." : start);
  }
  return root_->has_value();
}

const std::string& Workspace::root() {
  if (!has_project()) {
    const std::string start = given(call_, "project-dir");
    throw Error(ErrorCode::no_project,
                "there is no dbt_project.yml in " + (start.empty() ? "this folder" : start) + " or above it",
                "`weir init` makes a project, `weir init --from FILES` makes one for files you have");
  }
  return **root_;
}

project::LoadFlags Workspace::load_flags() {
  project::LoadFlags flags;
  flags.target = given_or_none(call_, "target");
  flags.profile = given_or_none(call_, "profile");
  flags.profiles_dir = given_or_none(call_, "profiles-dir");
  flags.target_path = given_or_none(call_, "target-path");
  flags.vars = given(call_, "vars");
  flags.full_refresh = call_.declares("full-refresh") && call_.options.boolean("full-refresh");
  flags.store_failures = call_.is_on("store-failures");
  flags.which = call_.verb.name;
  if (call_.declares("no-partial-parse") && call_.options.boolean("no-partial-parse"))
    flags.partial_parse = false;
  else if (call_.declares("partial-parse") && call_.options.is_set("partial-parse"))
    flags.partial_parse = call_.options.boolean("partial-parse");
  flags.usually_partial = is_dbt(call_);
  if (is_dbt(call_)) flags.arguments = dbt_arguments(call_);
  flags.inputs = input_options(call_, clock_.now_ms());
  // The settings read their environment variables themselves. A folder typed here is meant from here, not from the
  // project.
  if (typed(call_, "lake")) flags.settings["lake"] = from_here(call_.options.text("lake"));
  if (typed(call_, "state-dir")) flags.settings["state_dir"] = from_here(call_.options.text("state-dir"));
  if (typed(call_, "memory-limit")) flags.settings["memory_limit"] = call_.options.text("memory-limit");
  if (typed(call_, "threads")) flags.settings["threads"] = std::to_string(call_.options.integer("threads"));
  return flags;
}

const project::Project& Workspace::project() {
  if (project_) return *project_;
  const project::LoadFlags flags = load_flags();
  if (is_dbt(call_)) {
    const Json* given = flags.arguments.find("given");
    const Json* vars = given ? given->find("vars") : nullptr;
    log_event(call_, "StateCheckVarsHash", "debug", "variables are part of what an earlier reading is compared by",
              Json::object().set("vars", vars ? tmpl::Value(*vars).str() : "{}"));
  }
  project::Loaded loaded = project::load(root(), flags);
  tell_of_reading(call_, loaded);
  if (!loaded.errors.empty()) {
    if (loaded.errors.size() > errors_shown)
      loaded.errors.erase(loaded.errors.begin() + errors_shown, loaded.errors.end());
    throw ProjectErrors(std::move(loaded.errors));
  }
  tell_logged(call_, loaded.logged, loaded.project->flags);
  tell_warnings(call_, loaded.warnings, loaded.project->flags);
  if (WarningRule(call_, loaded.project->flags).of("LogTestResult") == WarningRule::Action::error)
    fail_where_tests_warn(*loaded.project);
  project_ = std::make_unique<project::Project>(std::move(*loaded.project));
  return *project_;
}

void Workspace::defer(const project::Node& node, project::Place relation, bool deferred) {
  project();
  project_->defer(node, std::move(relation), deferred);
}

void Workspace::set_trust(project::Trust trust) {
  project();
  project_->trust = std::move(trust);
  trust_settled_ = true;
}

const Options& Workspace::settings() {
  if (project_) return project_->settings;
  if (!settings_) settings_ = project::read_settings(root(), load_flags());
  return *settings_;
}

std::shared_ptr<lake::Lake> Workspace::lake() {
  if (lake_) return lake_;
  std::string place;
  if (project_)
    place = project_->lake;
  else if (has_project())
    place = project::lake_uri(root(), settings());
  else
    place = given(call_, "lake");
  if (place.empty()) root();  // says that there is no project
  lake_ = std::make_shared<lake::Lake>(store::open(place));
  return lake_;
}

std::string Workspace::spill_dir() {
  return has_project() ? (state_dir() / "spill").string()
                       : (std::filesystem::temp_directory_path() / "weir-spill").string();
}

engine::EngineOptions Workspace::engine_options() {
  engine::EngineOptions options;
  options.spill_dir = spill_dir();
  if (has_project()) {
    const Options& values = settings();
    if (values.is_set("memory_limit")) options.memory_limit_bytes = values.bytes("memory_limit");
    if (values.is_set("threads")) options.threads = static_cast<int>(values.integer("threads"));
    if (values.is_set("spill_limit")) options.max_spill_bytes = values.bytes("spill_limit");
  } else if (const auto limit = given_or_none(call_, "memory-limit")) {
    options.memory_limit_bytes = call_.options.bytes("memory-limit");
  }
  return options;
}

engine::Engine& Workspace::engine() {
  if (!engine_) engine_ = engine::open_duckdb(engine_options());
  return *engine_;
}

std::unique_ptr<engine::Engine> Workspace::another_engine() { return engine::open_duckdb(engine_options()); }

lake::publish::Publisher Workspace::publisher(EventSink* events) {
  return lake::publish::Publisher(engine().parquet(), clock_, events);
}

std::filesystem::path Workspace::state_dir() { return std::filesystem::path(root()) / settings().text("state_dir"); }

std::unique_ptr<state::StateReader> Workspace::state_reader() { return state::StateReader::open(state_dir()); }

std::unique_ptr<state::StateWriter> Workspace::state_writer(const std::string& verb) {
  return state::StateWriter::open(state_dir(), verb, clock_.now_ms());
}

lake::TableName Workspace::table_name(const std::string& text) {
  std::vector<std::string> parts = name_parts(text);
  if (parts.size() == 3 && iequals(parts[0], "lake")) parts.erase(parts.begin());
  const bool empty = std::any_of(parts.begin(), parts.end(), [](const auto& part) { return part.empty(); });
  if (parts.size() > 2 || empty)
    throw Error(ErrorCode::usage, "\"" + text + "\" is not a table's name",
                "write it as schema.table, e.g. raw.orders");
  if (parts.size() == 1) return {"main", parts[0]};
  return {parts[0], parts[1]};
}

lake::TableName Workspace::existing_table(const std::string& text) {
  lake::TableName name = table_name(text);
  if (lake()->table_exists(name)) return name;
  std::vector<std::string> known;
  for (const auto& schema : lake()->schemas())
    for (const auto& table : lake()->tables(schema)) {
      if (iequals(table, text)) return {schema, table};  // a name without schema that fits elsewhere
      known.push_back(schema + "." + table);
    }
  throw Error(ErrorCode::sql_unknown_table,
              "there is no table " + name.text() + " in " + lake()->uri() + did_you_mean(name.text(), known),
              "`weir table ls` lists the tables");
}

const project::Node& Workspace::asset_node(const std::string& text) {
  const project::Node& node = project().resolve(text);
  if (!node.has_table())
    throw Error(ErrorCode::usage, text + " has no table of its own: it is a " + std::string(node.config->materialized) +
                                      " " + std::string(project::resource_type_text(node.type)));
  return node;
}

lake::publish::Asset Workspace::asset(const project::Node& node) { return project::asset_of(project(), node, *lake()); }

int Workspace::steps_at_once() {
  if (call_.declares("threads") && call_.options.is_set("threads"))
    return static_cast<int>(std::clamp<int64_t>(call_.options.integer("threads"), 1, 256));
  if (project_ && project_->target.threads > 0) return project_->target.threads;
  return static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1u, most_steps_at_once));
}

}  // namespace weir::cli
