#include "cli/node_sql.h"

#include <cstdio>

#include "base/ids.h"
#include "checks/check_sql.h"
#include "checks/project_checks.h"
#include "cli/trust.h"

namespace weir::cli {

namespace {

Workspace& with_trust_settled(Workspace& workspace) {
  settle_trust(workspace);
  return workspace;
}

}  // namespace

NodeSql::NodeSql(Workspace& workspace, bool full_refresh, CancelToken cancel)
    : workspace_(with_trust_settled(workspace)),
      target_(workspace.engine(), workspace.lake(), workspace.project(), std::move(cancel)),
      full_refresh_(full_refresh) {
  session().begin(uuid_v4());  // never committed
}

bool NodeSql::has_sql(const project::Node& node) const {
  if (!node.unsupported.empty()) return false;
  return node.sql || node.python || node.is_test();
}

project::RenderState NodeSql::state_for(const project::Node* node) {
  project::RenderState state;
  state.warehouse = &target_.warehouse();
  state.table_exists = node && node->has_table() &&
                       state.warehouse->relation_type({node->database, node->schema, node->alias}) == "table";
  state.full_refresh = full_refresh_;
  return state;
}

void NodeSql::tell(const project::Rendered& rendered) const {
  for (const auto& line : rendered.logged) std::fputs((line + "\n").c_str(), stderr);
}

project::Rendered NodeSql::of(const project::Node& node) {
  const auto state = state_for(&node);
  project::Rendered rendered;
  if (node.is_test())
    rendered.sql = checks::failing_rows_sql(checks::check_of(workspace_.project(), node, node.asset, state));
  else
    rendered = project::render(workspace_.project(), node, state);
  tell(rendered);
  return rendered;
}

project::Rendered NodeSql::of_text(const std::string& text) {
  auto rendered = project::render_text(workspace_.project(), nullptr, text, "--inline", state_for(nullptr));
  tell(rendered);
  return rendered;
}

}  // namespace weir::cli
