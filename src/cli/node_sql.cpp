#include "cli/node_sql.h"

#include <cstdio>
#include <filesystem>

#include "base/ids.h"
#include "checks/check_sql.h"
#include "checks/project_checks.h"
#include "cli/trust.h"

namespace weir::cli {

namespace {

// Attaching a file makes it, if it is not there.
void replace_missing(std::string& path) {
  std::error_code unreadable;
  const bool is_file = !path.empty() && path.find(':') == std::string::npos;
  if (is_file && !std::filesystem::exists(path, unreadable)) path = ":memory:";
}

project::Target without_missing_files(project::Target target) {
  if (target.kind != project::TargetKind::database) return target;
  replace_missing(target.path);
  for (project::Attachment& other : target.attach)
    if (!other.read_only) replace_missing(other.path);
  return target;
}

}  // namespace

NodeSql::NodeSql(Workspace& workspace, bool full_refresh, CancelToken cancel, Opens opens)
    : workspace_(workspace),
      cancel_(std::move(cancel)),
      opens_(opens),
      warehouse_([this]() -> project::Warehouse& { return target().warehouse(); }),
      full_refresh_(full_refresh) {
  if (opens == Opens::at_once) target();
}

run::TargetSession& NodeSql::target() {
  if (!target_) {
    settle_trust(workspace_);
    const project::Project& project = workspace_.project();
    target_ = std::make_unique<run::TargetSession>(
        workspace_.engine(), workspace_.lake(),
        opens_ == Opens::at_once ? project.target : without_missing_files(project.target), project, cancel_);
    target_->session().begin(uuid_v4());  // never committed
  }
  return *target_;
}

bool NodeSql::has_sql(const project::Node& node) const {
  if (!node.unsupported.empty()) return false;
  return node.sql || node.python || node.is_test();
}

project::RenderState NodeSql::state_for(const project::Node* node) {
  project::RenderState state;
  const Call& call = workspace_.call();
  const auto is_off = [&](const char* option) { return call.declares(option) && call.options.boolean(option); };
  if (!is_off("no-introspect")) state.warehouse = &warehouse_;
  // Nothing else is built otherwise because of it.
  state.table_exists = node && node->config->materialized == "incremental" && state.warehouse &&
                       state.warehouse->relation_type({node->database, node->schema, node->alias}) == "table";
  state.full_refresh = full_refresh_;
  state.inject_ctes = !is_off("no-inject-ephemeral-ctes");
  return state;
}

void NodeSql::tell(const project::LogLines& logged) const {
  for (const auto& line : logged) std::fputs((line.text + "\n").c_str(), stderr);
}

project::Rendered NodeSql::quietly(const project::Node& node) {
  const auto state = state_for(&node);
  if (!node.is_test()) return project::render(workspace_.project(), node, state);
  project::Rendered rendered;
  checks::Check check = checks::check_of(workspace_.project(), node, node.asset, state);
  rendered.sql = checks::failing_rows_sql(check);
  rendered.injected = std::move(check.injected);
  return rendered;
}

project::Rendered NodeSql::of(const project::Node& node) {
  project::Rendered rendered = quietly(node);
  tell(rendered.logged);
  return rendered;
}

project::Rendered NodeSql::of_text(const std::string& text) {
  try {
    auto rendered = project::render_text(workspace_.project(), nullptr, text, "--inline", state_for(nullptr));
    tell(rendered.logged);
    return rendered;
  } catch (const Error& error) {
    if (workspace_.call().program != "dbt") throw;
    Error told(error.code(), "Error parsing inline query: " + error.message(), error.hint());
    if (error.span()) told.with_span(*error.span());
    throw told;
  }
}

std::string NodeSql::of_source(const project::Node& node, const std::string& text) {
  return project::render_source(workspace_.project(), node, text, state_for(&node));
}

}  // namespace weir::cli
