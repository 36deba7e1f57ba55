#include "cli/deferral.h"

#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "base/text.h"
#include "cli/selection.h"
#include "cli/trust.h"
#include "plan/previous_state.h"
#include "run/database.h"

namespace weir::cli {

namespace {

using project::Node;
using project::ResourceType;

// Names of what is there, asked once for each schema.
class Existing {
 public:
  explicit Existing(project::Warehouse& warehouse) : warehouse_(warehouse) {}
  bool has(const Node& node) {
    const auto key = std::make_tuple(node.is_function(), lower(node.database), lower(node.schema));
    const auto [known, fresh] = names_.try_emplace(key);
    if (fresh) known->second = ask(node);
    return known->second.contains(lower(node.alias));
  }

 private:
  std::set<std::string> ask(const Node& node) {
    std::set<std::string> out;
    if (node.is_function()) {
      for (const std::string& name : warehouse_.functions(node.database, node.schema)) out.insert(lower(name));
      return out;
    }
    for (const auto& relation : warehouse_.relations(node.database, node.schema))
      out.insert(lower(relation.identifier));
    return out;
  }

  project::Warehouse& warehouse_;
  std::map<std::tuple<bool, std::string, std::string>, std::set<std::string>> names_;
};

}  // namespace

bool is_referable(const Node& node) {
  const bool kind =
      node.type == ResourceType::model || node.type == ResourceType::seed || node.type == ResourceType::snapshot;
  return kind && !node.is_ephemeral();
}

plan::PreviousState open_state(const Call& call, const project::Project& project, const std::string& wish) {
  const char* option = call.options.is_set("defer-state") ? "defer-state" : "state";
  if (!call.declares(option) || !call.options.is_set(option))
    throw Error(ErrorCode::usage, wish + " needs to know from where",
                "--state FOLDER or --defer-state FOLDER, with the manifest.json of the environment to read from");
  if (std::string_view(option) == "defer-state") warn_of_own_target(call, project, option);
  return previous_state(call, project, option);
}

// "lake" names the lake at hand, whichever it is.
void check_reachable(const project::Project& project, const plan::PreviousState& state, const Node& node,
                     const project::Place& place) {
  if (project.target.kind != project::TargetKind::lake) return;
  const std::string lake = state.lake();
  const bool here = place.database == project.target.database && (lake.empty() || lake == project.lake);
  if (here) return;
  throw Error(ErrorCode::bad_option_value,
              node.unique_id + " lies in " +
                  (place.database == project.target.database ? "the lake " + lake : "database " + place.database) +
                  ", which this lake's runs do not read",
              "defer to a state of the same lake, where the environments are schemas of their own");
}

std::optional<project::Place> place_in(const plan::PreviousState& state, const Node& node) {
  const Json* then = state.node(node.unique_id);
  if (!then) return std::nullopt;
  const Json* config = then->find("config");
  if (config && config->is_object() && config->get_string("materialized") == "ephemeral") return std::nullopt;
  return project::Place{then->get_string("database").value_or(node.database),
                        then->get_string("schema").value_or(node.schema),
                        then->get_string("alias").value_or(node.alias), node.quoting};
}

void defer_inputs(const Call& call, Workspace& workspace, const std::vector<const Node*>& selected, bool builds) {
  if (!call.is_on("defer")) return;
  settle_trust(workspace);
  const project::Project& project = workspace.project();
  const plan::PreviousState state = open_state(call, project, "--defer");
  const std::set<const Node*> chosen(selected.begin(), selected.end());
  run::TargetSession target(workspace.engine(), workspace.lake(), project, {});
  Existing existing(target.warehouse());
  for (const Node& node : project.nodes) {
    if (!is_referable(node) && !node.is_function()) continue;
    const auto place = place_in(state, node);
    if (!place) continue;
    const bool own = chosen.contains(&node);
    const bool deferred = !(own && builds) && ((!own && call.is_on("favor-state")) || !existing.has(node));
    if (deferred) check_reachable(project, state, node, *place);
    workspace.defer(node, *place, deferred);
  }
}

}  // namespace weir::cli
