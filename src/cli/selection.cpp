#include "cli/selection.h"

#include <cstdio>
#include <utility>

#include "base/text.h"
#include "cli/say.h"
#include "project/node.h"

namespace weir::cli {

namespace {

bool declares(const Call& call, std::string_view name) {
  for (const auto& spec : call.options.specs())
    if (spec.name == name) return true;
  return false;
}

std::vector<project::ResourceType> types_in(const Call& call, std::string_view option) {
  std::vector<project::ResourceType> types;
  if (!declares(call, option)) return types;
  static const std::vector<std::string> known = {"model", "seed",      "source",  "snapshot",
                                                 "test",  "unit_test", "analysis"};
  for (const auto& words : call.options.list(option))
    for (const auto& word : split(words, ' ')) {
      if (word == "all" || word == "default") continue;
      const auto type = project::parse_resource_type(word);
      if (!type)
        throw Error(ErrorCode::bad_option_value, "\"" + word + "\" is not a resource type" + did_you_mean(word, known),
                    "known: " + join(known, ", "));
      types.push_back(*type);
    }
  return types;
}

}  // namespace

plan::Selection selection_of(const Call& call) {
  plan::Selection selection;
  selection.select = call.options.list("select");
  selection.exclude = call.options.list("exclude");
  const bool positional = !call.verb.arguments.empty() && call.verb.arguments.front().name == "SELECTOR";
  if (positional) selection.select.insert(selection.select.end(), call.arguments.begin(), call.arguments.end());
  selection.resource_types = types_in(call, "resource-type");
  selection.exclude_resource_types = types_in(call, "exclude-resource-type");
  return selection;
}

std::vector<const project::Node*> selected_nodes(const Call& call, const project::Project& project) {
  auto selected = plan::select(project, selection_of(call));
  const std::string sign = call.terminal.error.yellow("warning:");
  if (!call.json_log())
    for (const auto& warning : selected.warnings) say(call, sign + " " + warning);
  return std::move(selected.nodes);
}

}  // namespace weir::cli
