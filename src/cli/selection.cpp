#include "cli/selection.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <utility>

#include "base/text.h"
#include "cli/dbt_log.h"
#include "cli/say.h"
#include "plan/state_comparison.h"
#include "project/node.h"

namespace weir::cli {

namespace {

// What nothing is built of.
const std::vector<std::string>& declared_kinds() {
  static const std::vector<std::string> kinds = {"exposure", "metric", "semantic_model", "saved_query"};
  return kinds;
}

void read_types(const Call& call, std::string_view option, std::vector<project::ResourceType>& types,
                std::vector<std::string>& kinds) {
  if (!call.declares(option)) return;
  static const std::vector<std::string> known = {"model",  "seed",           "source",      "snapshot",
                                                 "test",   "unit_test",      "analysis",    "exposure",
                                                 "metric", "semantic_model", "saved_query", "function"};
  for (const auto& words : call.options.list(option))
    for (const auto& word : split(words, ' ')) {
      if (word == "all" || word == "default") continue;
      if (std::find(declared_kinds().begin(), declared_kinds().end(), word) != declared_kinds().end()) {
        kinds.push_back(word);
        continue;
      }
      const auto type = project::parse_resource_type(word);
      if (!type)
        throw Error(ErrorCode::bad_option_value, "\"" + word + "\" is not a resource type" + did_you_mean(word, known),
                    "known: " + join(known, ", "));
      types.push_back(*type);
    }
}

// As in dbt, where contracts are looked at: what selects by what is modified, or leaves that out.
bool compares_contracts(const plan::Selection& selection, const project::Project& project) {
  std::vector<std::string> texts = selection.select;
  texts.insert(texts.end(), selection.exclude.begin(), selection.exclude.end());
  const bool named = !selection.selector.empty() || texts.empty();  // there may be a default selector
  if (named && project.selectors) texts.push_back(project.selectors->to_json().dump());
  return std::any_of(texts.begin(), texts.end(), [&](const std::string& text) {
    for (const char* word : {"modified", "unmodified", "modified.contract"})
      for (const std::string& part : split(replace_all(text, ",", " "), ' '))
        if (part.ends_with(std::string("state:") + word) || part.ends_with(std::string("state:") + word + "+"))
          return true;
    return named && text.find("modified") != std::string::npos;
  });
}

// Who reads a version of a model holds to it: a broken promise is an error. Of other models it is a warning.
void tell_contract_breaks(const Call& call, const project::Project& project, const plan::PreviousState& state) {
  for (const plan::ContractBreak& broken : plan::contract_breaks(project, state)) {
    const std::string what = (broken.versioned ? "breaking change to the enforced contract of model "
                                               : "breaking change to the contract of unversioned model ") +
                             broken.name + " (" + broken.file + ") since the state: " + join(broken.changes, "; ");
    if (broken.versioned)
      throw Error(ErrorCode::bad_config, what)
          .with_hint("add to the contract instead of taking from it, or make a new version of the model");
    tell_warning(
        call,
        {what, "give the model versions, so that readers can stay with the old one", {}, "UnversionedBreakingChange"},
        project.flags);
  }
}

}  // namespace

std::filesystem::path state_folder(const Call& call, const project::Project& project, const char* option) {
  const std::filesystem::path folder(call.options.text(option));
  const std::filesystem::path base =
      is_dbt(call) ? std::filesystem::path(project.root) : std::filesystem::current_path();
  return (base / folder).lexically_normal();
}

// As in dbt the names count as they are written, not where they lead.
void warn_of_own_target(const Call& call, const project::Project& project, const char* option) {
  const auto plain = [](const std::string& name) {
    const std::string path = std::filesystem::path(name).lexically_normal().string();
    return path.size() > 1 && path.ends_with("/") ? path.substr(0, path.size() - 1) : path;
  };
  const std::string named = plain(call.options.text(option));
  if (!is_dbt(call) || named != plain(project.target_path)) return;
  tell_warning(call,
               {"--" + std::string(option) + " names the target's own folder: '" + named + "'",
                "keep a copy of an earlier target/ elsewhere, and name that",
                {},
                "WarnStateTargetEqual",
                Json::object().set("state_path", named)},
               project.flags);
}

plan::PreviousState previous_state(const Call& call, const project::Project& project, const char* option) {
  const std::filesystem::path target = std::filesystem::path(project.root) / project.target_path;
  return {state_folder(call, project, option).string(), target.string()};
}

namespace {

std::shared_ptr<const plan::PreviousState> state_of(const Call& call, const project::Project& project) {
  if (!call.declares("state") || !call.options.is_set("state")) return nullptr;
  warn_of_own_target(call, project, "state");
  return std::make_shared<plan::PreviousState>(previous_state(call, project, "state"));
}

}  // namespace

plan::Selection selection_of(const Call& call, const project::Project& project) {
  plan::Selection selection;
  if (!call.declares("select")) return selection;
  selection.select = call.options.list("select");
  selection.exclude = call.options.list("exclude");
  const bool positional = !call.verb.arguments.empty() && call.verb.arguments.front().name == "SELECTOR";
  if (positional) selection.select.insert(selection.select.end(), call.arguments.begin(), call.arguments.end());
  if (call.options.is_set("selector")) selection.selector = call.options.text("selector");
  if (!selection.selector.empty() && (!selection.select.empty() || !selection.exclude.empty()))
    throw Error(ErrorCode::usage, "--selector does not go together with --select and --exclude",
                "write what is to be left out into selectors.yml");
  selection.indirect =
      plan::parse_indirect_selection(call.options.text("indirect-selection")).value_or(selection.indirect);
  selection.state = state_of(call, project);
  if (selection.state && compares_contracts(selection, project)) tell_contract_breaks(call, project, *selection.state);
  read_types(call, "resource-type", selection.resource_types, selection.declared_kinds);
  read_types(call, "exclude-resource-type", selection.exclude_resource_types, selection.exclude_declared_kinds);
  // As in dbt, analyses are listed only when they are asked for.
  if (call.declares("resource-type") && !call.options.is_set("resource-type"))
    selection.exclude_resource_types.push_back(project::ResourceType::analysis);
  return selection;
}

plan::Selected selected(const Call& call, const project::Project& project) {
  auto selected = plan::select(project, selection_of(call, project));
  const std::string sign = call.terminal.error.yellow("warning:");
  for (const auto& warning : selected.warnings) {
    log_event(call, "NoNodesForSelectionCriteria", "warn", warning);
    if (!call.json_log()) say(call, sign + " " + warning);
  }
  return selected;
}

std::vector<const project::Node*> selected_nodes(const Call& call, const project::Project& project) {
  auto taken = selected(call, project);
  return std::move(taken.nodes);
}

}  // namespace weir::cli
