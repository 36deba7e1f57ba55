// weir clone: what another environment has built, under this one's names and without a copy.
#include <fmt/format.h>

#include <algorithm>

#include "base/ids.h"
#include "base/text.h"
#include "cli/artifacts.h"
#include "cli/deferral.h"
#include "cli/error_text.h"
#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/input_flags.h"
#include "cli/print.h"
#include "cli/run_steps.h"
#include "cli/say.h"
#include "cli/selection.h"
#include "cli/table_clone.h"
#include "cli/trust.h"
#include "cli/workspace.h"
#include "run/database.h"
#include "run/work.h"

namespace weir::cli {

namespace {

using project::Node;
using project::Place;

class Cloning {
 public:
  Cloning(Call& call, Workspace& workspace, const plan::PreviousState& state)
      : call_(call),
        workspace_(workspace),
        project_(workspace.project()),
        state_(state),
        target_(workspace.engine(), workspace.lake(), project_, {}) {}

  // What was done, for people; "" = nothing, and `why` tells why.
  std::string clone(const Node& node, std::string& why) {
    const auto place = place_in(state_, node);
    if (!place) return because(why, "the state does not have it");
    check_reachable(project_, state_, node, *place);
    const auto here = target_.warehouse().relation_type({node.database, node.schema, node.alias});
    if (here && !call_.options.boolean("full-refresh")) return because(why, "it is there already");
    const auto there = target_.warehouse().relation_type({place->database, place->schema, place->alias});
    if (!there)
      throw Error(ErrorCode::sql_unknown_table, place->text() + ", where the state has it, does not exist",
                  "build it there, or leave it out with --exclude " + node.name);
    if (iequals(place->text(), node.relation_text())) return because(why, "it is what the state has");
    if (project_.target.kind == project::TargetKind::database) return view_in_database(node, *place, here);
    if (here == "table")
      throw Error(ErrorCode::sql_exists, node.relation.text() + " is a table in the lake, and stays",
                  "--full-refresh replaces views here; delete the table's folder when nothing reads it any more");
    return there == "view" ? view_in_lake(node, *place) : table_in_lake(node, *place, here);
  }

 private:
  static std::string because(std::string& why, const std::string& text) {
    why = text;
    return {};
  }

  // The engine has no tables that share what they hold.
  std::string view_in_database(const Node& node, const Place& place, const std::optional<std::string>& here) {
    engine::Session& session = target_.session();
    session.execute("CREATE SCHEMA IF NOT EXISTS " + quote_identifier(node.database) + "." +
                    quote_identifier(node.schema));
    run::Transaction transaction(session, "", {});
    transaction.begin();
    if (here == "table") session.execute("DROP TABLE " + node.relation_text());
    session.execute("CREATE OR REPLACE VIEW " + node.relation_text() + " AS (\nselect * from " + place.text() + "\n)");
    transaction.release();
    return "a view of " + place.text();
  }

  std::string view_in_lake(const Node& node, const Place& place) {
    workspace_.lake()->update_catalog([&](lake::CatalogContent& content) {
      content.views[lower(node.relation.text())] = {"SELECT * FROM " + quote_identifier(place.schema) + "." +
                                                    quote_identifier(place.alias)};
    });
    return "a view of " + place.text();
  }

  // With this project as its owner, so that runs go on from what it holds.
  std::string table_in_lake(const Node& node, const Place& place, const std::optional<std::string>& here) {
    const auto lake = workspace_.lake();
    if (here == "view")
      lake->update_catalog([&](lake::CatalogContent& content) { content.views.erase(lower(node.relation.text())); });
    const auto source = lake::Snapshot::open(lake->location(place.table()), workspace_.engine().parquet(), {});
    lake::Clone clone = lake::plan_clone(*source, place.table().text(), lake->uri(), workspace_.clock().now_ms());
    for (const auto& note : commit_clone(workspace_, node.relation, std::move(clone))) say(call_, "note: " + note);
    lake::publish::Publisher::Adoption how;
    how.fork = true;
    const auto outcome = workspace_.publisher().adopt(workspace_.asset(node), how, ulid(workspace_.clock().now_ms()));
    if (const auto* lost = std::get_if<lake::publish::Superseded>(&outcome))
      throw Error(ErrorCode::superseded, node.asset + " was cloned, but not adopted: " + lost->why,
                  "weir adopt " + node.asset);
    return fmt::format("the files of {} v{}", place.table().text(), source->version());
  }

  Call& call_;
  Workspace& workspace_;
  const project::Project& project_;
  const plan::PreviousState& state_;
  run::TargetSession target_;
};

// Each by itself: one that fails keeps no other from being cloned.
int run_clone(Call& call) {
  Workspace workspace(call);
  const project::Project& project = workspace.project();
  const plan::PreviousState state = open_state(call, project, "clone");
  settle_trust(workspace);
  std::vector<const Node*> nodes = selected_nodes(call, project);
  std::erase_if(nodes, [](const Node* node) { return !is_referable(*node); });
  const auto writer = workspace.state_writer(call.verb.name);
  const int64_t begun_ms = workspace.clock().now_ms();
  Cloning cloning(call, workspace, state);
  std::vector<dbt::NodeResult> results;
  bool failed = false;
  for (const Node* node : nodes) {
    dbt::NodeResult result;
    result.unique_id = node->unique_id;
    result.status = "success";
    result.relation_name = node->relation_text();
    result.started_ms = workspace.clock().now_ms();
    try {
      std::string why;
      const std::string done = cloning.clone(*node, why);
      result.message = done.empty() ? "No-op" : "OK";
      say(call, done.empty() ? fmt::format("skipping clone for relation {}: {}", node->relation.text(), why)
                             : fmt::format("{}: {}", node->relation.text(), done));
    } catch (Error& error) {
      failed = true;
      result.status = "error";
      result.message = error.message();
      print(stderr, error_text(error.add_context("cloning " + node->relation.text()), call.terminal.error));
    }
    result.ended_ms = workspace.clock().now_ms();
    results.push_back(std::move(result));
  }
  write_results(call, project, results, begun_ms, workspace.clock().now_ms());
  return failed ? exit_failed : exit_done;
}

}  // namespace

Verb clone_verb() {
  Verb verb;
  verb.name = "clone";
  verb.group = "Run";
  verb.summary = "what another environment has built, under this one's names and without a copy (as dbt's clone)";
  verb.detail =
      "Of the models, seeds and snapshots selected, what the manifest.json in --state has a place for. In a database "
      "each becomes a view of what is there. On the lake a table becomes a table of its own with the files of the "
      "other "
      "one, as by `weir table clone`, which runs go on from; a view becomes a view. What is there already stays, "
      "unless "
      "--full-refresh: it then replaces views, and in a database tables too.";
  verb.flags = together({project_flags(),
                         selection_flags(),
                         defer_flags(),
                         type_flags(),
                         engine_flags(),
                         {switch_flag("full-refresh", 'f', "replace what is there already")}});
  verb.arguments = {selector_argument()};
  verb.in_dbt = true;
  verb.run = run_clone;
  return verb;
}

}  // namespace weir::cli
