// weir adopt: a new beginning for a table whose history cannot be trusted as it is.
#include <fmt/format.h>

#include <cstdio>

#include "base/ids.h"
#include "base/text.h"
#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/say.h"
#include "cli/workspace.h"

namespace weir::cli {

namespace {

std::string what_is_adopted(const lake::publish::Publisher::Adoption& how) {
  if (how.cursor) return "with the given position";
  return how.fork ? "as a copy of its own" : how.moved ? "at its new place" : "as it stands";
}

int run_adopt(Call& call) {
  Workspace workspace(call);
  const project::Node& node = workspace.asset_node(call.argument(0));
  const auto asset = workspace.asset(node);
  lake::publish::Publisher::Adoption how;
  how.fork = call.options.boolean("fork");
  how.moved = call.options.boolean("moved");
  if (how.fork && how.moved) throw Error(ErrorCode::usage, "--fork and --moved exclude each other");
  if (call.options.is_set("cursor")) how.cursor = Json::parse(call.options.text("cursor"), "--cursor");
  if (call.options.boolean("dry-run")) {
    say(call, "would adopt " + asset.id + " " + what_is_adopted(how));
    return exit_done;
  }
  const auto state = workspace.state_writer(call.verb.name);
  const auto outcome = workspace.publisher().adopt(asset, how, ulid(workspace.clock().now_ms()));
  if (const auto* lost = std::get_if<lake::publish::Superseded>(&outcome))
    throw Error(ErrorCode::superseded, asset.id + " was not adopted: " + lost->why,
                "nothing was changed; run it again");
  const auto& published = std::get<lake::publish::Published>(outcome);
  for (size_t i = 0; i < asset.tables.size() && i < published.versions.size(); ++i)
    say(call,
        fmt::format("{} v{}: adopted {}", asset.tables[i].name.text(), published.versions[i], what_is_adopted(how)));
  for (const auto& note : published.notes) say(call, "note: " + note);
  return exit_done;
}

}  // namespace

Verb adopt_verb() {
  Verb verb;
  verb.name = "adopt";
  verb.group = "Operate";
  verb.summary = "take over a table that was copied, moved, restored or has lost its history";
  verb.detail =
      "Writes a commit without data from which publishing goes on. Which rows are in the table is not questioned; the "
      "position "
      "in the source is taken from what is left of its history, or from --cursor. With an empty position every file "
      "counts as "
      "new and is read again.";
  verb.flags =
      together({project_flags(),
                engine_flags(),
                {switch_flag("fork", 0, "this is a copy: it gets this project as its owner"),
                 switch_flag("moved", 0, "the table was moved here"),
                 value_flag("cursor", 0, "JSON", "position in the source to go on from; {} = from the beginning"),
                 switch_flag("dry-run", 0, "only say what would be done")}});
  verb.arguments = {{"ASSET", "the asset, e.g. raw.orders", true, false, Completes::asset}};
  verb.run = run_adopt;
  return verb;
}

}  // namespace weir::cli
