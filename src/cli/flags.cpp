#include "cli/flags.h"

#include <utility>

namespace weir::cli {

Flag switch_flag(std::string name, char letter, std::string doc) {
  Flag flag;
  flag.spec.name = std::move(name);
  flag.spec.type = OptionType::boolean;
  flag.spec.default_value = false;
  flag.spec.doc = std::move(doc);
  flag.letter = letter;
  return flag;
}

Flag value_flag(std::string name, char letter, std::string value_name, std::string doc) {
  Flag flag;
  flag.spec.name = std::move(name);
  flag.spec.doc = std::move(doc);
  flag.letter = letter;
  flag.value_name = std::move(value_name);
  return flag;
}

std::vector<Flag> project_flags() {
  auto project =
      value_flag("project-dir", 0, "FOLDER", "folder with dbt_project.yml (default: this one or one above it)");
  project.environment = "DBT_PROJECT_DIR";
  project.completes = Completes::folder;
  auto profiles = value_flag("profiles-dir", 0, "FOLDER", "folder with profiles.yml");
  profiles.environment = "DBT_PROFILES_DIR";
  profiles.completes = Completes::folder;
  auto profile =
      value_flag("profile", 0, "NAME", "profile of profiles.yml, instead of the one that dbt_project.yml names");
  auto artefacts = value_flag("target-path", 0, "FOLDER",
                              "where artefacts go (default: dbt_project.yml target-path:, else target/)");
  artefacts.environment = "DBT_TARGET_PATH";
  artefacts.completes = Completes::folder;
  auto target = value_flag("target", 't', "NAME", "target to use (weir.yml target:, profiles.yml, else \"lake\")");
  auto lake =
      value_flag("lake", 0, "PLACE", "folder or URI of the lake (default: weir.yml lake:, else lake/ in the project)");
  lake.environment = "WEIR_LAKE";
  lake.completes = Completes::folder;
  auto vars = value_flag("vars", 0, "YAML", "values for var(), as a YAML mapping");
  auto state =
      value_flag("state-dir", 0, "FOLDER", "where runs and leases are remembered (default .weir in the project)");
  state.environment = "WEIR_STATE_DIR";
  state.completes = Completes::folder;
  auto partial = switch_flag("partial-parse", 0,
                             "take what earlier readings of the project's files found (default: from 200 files on)");
  partial.environment = "DBT_PARTIAL_PARSE";
  auto whole = switch_flag("no-partial-parse", 0, "read all files of the project anew, and remember nothing");
  return {project, profiles, profile, target, lake, vars, state, artefacts, partial, whole};
}

std::vector<Flag> selection_flags() {
  auto select =
      value_flag("select", 's', "SELECTOR…", "assets to take, by dbt's selectors: name, +name, name+, tag:, path:");
  select.spec.type = OptionType::text_list;
  select.completes = Completes::asset;
  auto exclude = value_flag("exclude", 0, "SELECTOR…", "assets to leave out");
  exclude.spec.type = OptionType::text_list;
  exclude.completes = Completes::asset;
  auto selector = value_flag("selector", 0, "NAME", "a selection of selectors.yml, instead of --select and --exclude");
  auto indirect = value_flag("indirect-selection", 0, "HOW", "which tests come along with what is selected");
  indirect.spec.allowed = {"eager", "cautious", "buildable", "empty"};
  indirect.spec.default_value = "eager";
  indirect.environment = "DBT_INDIRECT_SELECTION";
  auto state = value_flag("state", 0, "FOLDER", "artefacts of an earlier run, for state:, result: and source_status:");
  state.environment = "DBT_STATE";
  state.completes = Completes::folder;
  return {select, exclude, selector, indirect, state};
}

std::vector<Flag> type_flags() {
  auto types = value_flag("resource-type", 0, "TYPE…",
                          "only these: model, seed, source, snapshot, test, unit_test, analysis, exposure, metric, …");
  types.spec.type = OptionType::text_list;
  types.environment = "DBT_RESOURCE_TYPES";
  auto without = value_flag("exclude-resource-type", 0, "TYPE…", "all but these");
  without.spec.type = OptionType::text_list;
  without.environment = "DBT_EXCLUDE_RESOURCE_TYPES";
  return {types, without};
}

std::vector<Flag> engine_flags() {
  auto threads = value_flag("threads", 0, "N", "threads to use (default: one per processor)");
  threads.spec.type = OptionType::integer;
  auto memory =
      value_flag("memory-limit", 0, "SIZE", "memory the engine may use, e.g. 2GB (default: 70 % of the machine's)");
  memory.spec.type = OptionType::bytes;
  memory.environment = "WEIR_MEMORY_LIMIT";
  return {threads, memory};
}

Flag rows_output_flag() {
  auto output = value_flag("output", 0, "FORM", "form of the rows");
  output.spec.allowed = {"table", "csv", "json", "ndjson", "markdown", "text"};
  output.spec.default_value = "table";
  return output;
}

std::vector<Flag> together(std::initializer_list<std::vector<Flag>> lists) {
  std::vector<Flag> all;
  for (const auto& list : lists) all.insert(all.end(), list.begin(), list.end());
  return all;
}

const std::vector<Flag>& common_flags() {
  static const std::vector<Flag> flags = [] {
    auto color = value_flag("color", 0, "WHEN", "colour in the output; NO_COLOR in the environment means never");
    color.spec.allowed = {"auto", "always", "never"};
    color.spec.default_value = "auto";
    auto log = value_flag("log-format", 0, "FORM", "form of progress and errors on standard error");
    log.spec.allowed = {"text", "json", "default"};
    log.spec.default_value = "text";
    auto use_colors = switch_flag("use-colors", 0, "as --color always");
    use_colors.hidden = true;
    auto no_colors = switch_flag("no-use-colors", 0, "as --color never");
    no_colors.hidden = true;
    return std::vector<Flag>{color,
                             log,
                             switch_flag("quiet", 'q', "only errors and results"),
                             switch_flag("help", 'h', "this text"),
                             use_colors,
                             no_colors};
  }();
  return flags;
}

}  // namespace weir::cli
