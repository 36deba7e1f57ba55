// From files on disk to a Project: dbt_project.yml, weir.yml, profiles.yml, schema YAML, models, seeds, macros, tests,
// analyses and packages that lie in packages-install-path.
//
// All mistakes are collected, with file, line and column, ordered by place; nothing is thrown for a user's mistake but
// from the _or_throw form. Files are read and templates rendered by several threads. No network, no lake, no engine.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/options.h"
#include "project/event_time.h"
#include "project/log_line.h"
#include "project/project.h"

namespace weir::project {

using EnvironmentVariables = std::map<std::string, std::string>;
EnvironmentVariables process_environment();
// What DBT_ENV_CUSTOM_ENV_<name> hold, by name, in the environment's own order: dbt hands these on to tools that read
// its logs and artefacts, and to templates.
Json custom_environment();

// What the command line says. Empty = not given.
struct LoadFlags {
  std::optional<std::string> target, profile, profiles_dir, target_path;
  std::string vars;             // --vars: a YAML mapping
  bool full_refresh = false;    // flags.FULL_REFRESH
  bool store_failures = false;  // of tests whose configuration does not say
  InputOptions inputs;
  std::map<std::string, std::string> settings;  // --lake, --threads, ...: names of weir_settings()
  EnvironmentVariables env = process_environment();
  std::string which = "parse";      // flags.WHICH: the verb
  Json arguments = Json::object();  // invocation_args_dict: what the command line gives, by dbt's names
  std::string invocation_id;        // a UUID; "" = a new one
  int64_t started_at_ms = 0;        // run_started_at; 0 = now
  int threads = 0;                  // for loading; 0 = number of processors
  // Whether what earlier readings found is read and written (<target-path>/partial_parse.weir). nullopt: for projects
  // of `partial_parse_files` and more, since smaller ones are read as quickly without.
  std::optional<bool> partial_parse;
  bool usually_partial = false;  // where neither this nor the project's flags say so: for small projects too
  bool keep_partial = false;     // Loaded::project is given in spite of errors, as far as it could be read
  // Texts of the project's files that count instead of those on disk, by absolute path: an editor's.
  std::map<std::string, std::string> unsaved = {};
};

inline constexpr size_t partial_parse_files = 200;

struct Diagnostic {
  std::string message, hint;
  Span span;
  std::string event = {};      // the name that dbt gives it, for --warn-error-options; "" = none
  Json data = Json::object();  // what dbt's event says besides its message
};

struct Loaded {
  std::optional<Project> project;  // present if and only if `errors` is empty (but see keep_partial)
  std::vector<Error> errors;
  std::vector<Diagnostic> warnings;
  LogLines logged;  // log(..., info=true) and exceptions.warn of templates while they were parsed
  int files_read = 0;
  bool reads_anew = false;  // a flag says that earlier readings are not looked at
  // Where they are: why all files are read all the same, "" = what they found holds; and whether nothing is another
  // than then.
  std::string anew_because;
  bool nothing_changed = false;
  std::vector<std::string> semantic_failures;  // errors that dbt's own check of semantic models finds, their messages
};

// The nearest folder at or above `start` that holds dbt_project.yml; nullopt if there is none.
std::optional<std::string> find_root(const std::string& start);

Loaded load(const std::string& root, const LoadFlags& flags = {});
// Throws the first error, with the hint "N more errors" if there are others.
Project load_or_throw(const std::string& root, const LoadFlags& flags = {});

// weir.yml's table: id, lake, target, memory_limit, threads, spill_limit, state_dir. Environment WEIR_<NAME> and flags
// override it.
std::vector<OptionSpec> weir_settings();
// The table of config.meta.weir (asset, rollback.keep, on_*; `ingest` is the connector's): for the reference page.
std::vector<OptionSpec> asset_options();
// weir.yml, environment and flags alone, without loading the project: for commands that only need the lake.
Options read_settings(const std::string& root, const LoadFlags& flags = {});
std::string lake_uri(const std::string& root, const Options& settings);

}  // namespace weir::project
