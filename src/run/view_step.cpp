// Views and functions: bound and checked in a transaction that publishes nothing, then one entry of the lake's
// catalogue.
#include "base/error.h"
#include "base/failpoint.h"
#include "base/ids.h"
#include "base/text.h"
#include "run/checking.h"
#include "run/confine.h"
#include "run/function_text.h"
#include "run/lake_warehouse.h"
#include "run/recorded_session.h"
#include "run/step.h"
#include "run/strays.h"
#include "run/work.h"

namespace weir::run {

namespace {

using state::StepStatus;

class ViewStep {
 public:
  ViewStep(RunParts& parts, const plan::Step& step, StepSql& sql)
      : parts_(parts), step_(step), node_(*step.node), sql_(sql) {}

  StepResult run() {
    started_ms_ = parts_.world.clock.now_ms();
    plan::Observed own = parts_.view->observe(node_);
    inputs_ = plan::observe_inputs(step_, *parts_.view);
    plan::PlanRequest request;
    request.force = parts_.options.force;
    plan::Decision decision = plan::decide(step_, request, own, inputs_, *parts_.view);
    if (decision.action == plan::Action::skip) return up_to_date(parts_, step_, decision.why);
    if (!node_.is_function() && parts_.world.lake->table_exists(node_.relation)) {
      throw Error(ErrorCode::sql_exists, node_.relation.text() + " is a table in the lake; a view cannot take its name",
                  "give the model another alias, or delete the table's folder when nothing reads it any more");
    }
    StepResult result = begin(decision.why);
    std::unique_ptr<engine::Session> session = parts_.world.engine.session(parts_.world.lake, parts_.cancel);
    confine(*session, parts_.world.project);
    parts_.shared_reads.give(*session, {&step_});
    Transaction transaction(*session, uuid_v4(), pins());
    transaction.begin();
    lake::ViewEntry entry = stage(*session);
    tell_logged(parts_, result, notes_);
    result.sql = sql_;
    if (parts_.options.checks && !step_.checks.empty()) {
      result.checks = checks::run_checks(*session, checks_of(parts_.world, step_.checks, node_.asset, *session),
                                         nullptr, parts_.cancel);
      announce(parts_.announcer, result.checks);
    }
    if (const checks::CheckResult* held = blocking(result.checks))
      return held_back(std::move(result), *held, own.exists);
    parts_.cancel.check();
    return publish(std::move(result), std::move(entry));
  }

 private:
  StepResult begin(const std::string& why) {
    StepResult result = blank_result(step_);
    parts_.recorder.step_started(step_, node_.asset, 1, "");
    parts_.announcer.emit("asset.started", Json::object()
                                               .set("asset", node_.asset)
                                               .set("kind", result.kind)
                                               .set("attempt", "")
                                               .set("number", 1)
                                               .set("reason", why));
    return result;
  }

  engine::PinnedVersions pins() const {
    engine::PinnedVersions pinned;
    for (const plan::Input& input : inputs_) {
      if (input.version >= 0) pinned[input.node->read_relation()] = input.version;
    }
    return pinned;
  }

  lake::ViewEntry stage(engine::Session& session) {
    LakeWarehouse warehouse(session, *parts_.world.lake);
    project::RenderState state;
    state.full_refresh = step_.full_refresh;
    state.warehouse = &warehouse;
    state.selected = &parts_.selected;
    state.heard = details_for(parts_.world.watcher);
    project::Rendered rendered;
    try {
      rendered = project::render(parts_.world.project, node_, state);
      sql_.compiled = rendered.compiled();
      if (!node_.is_function()) session.describe(rendered.sql);
    } catch (const Error& error) {
      throw in_node(error, node_, &rendered);
    }
    try {
      if (node_.is_function())
        make_function(session, rendered.sql, state);
      else
        make_view(session, rendered.sql, state);
    } catch (const Error& error) {
      throw in_node(error, node_, nullptr);
    }
    const lake::Staged staged = session.staged();
    refuse_strays(staged, {{}, {node_.relation}}, node_);
    for (const lake::StagedView& made : staged.views) {
      const bool same = made.function == node_.is_function() && iequals(made.name.text(), node_.relation.text());
      if (same && made.entry) return *made.entry;
    }
    if (node_.is_function())
      throw Error(ErrorCode::not_built,
                  "the macros of " + node_.unique_id + " made no function " + node_.relation_text())
          .with_span(node_.span);
    throw Error(ErrorCode::internal, "the view " + node_.relation.text() + " was not staged");
  }

  void make_view(engine::Session& session, const std::string& sql, const project::RenderState& state) {
    hooks(session, node_.config->pre_hook, state);
    RecordedSession recorded(session);
    const NotedAtEnd noted{recorded, sql_.executed};
    recorded.execute(make_schema());
    recorded.execute("CREATE OR REPLACE VIEW " + node_.relation_text() + " AS\n" + sql);
    hooks(session, node_.config->post_hook, state);
  }

  std::string make_schema() const {
    return "CREATE SCHEMA IF NOT EXISTS \"lake\"." + quote_identifier(node_.relation.schema);
  }

  // By its materialisation, hooks too.
  void make_function(engine::Session& session, const std::string& sql, project::RenderState& state) {
    session.execute(make_schema());
    std::vector<std::string> statements;
    state.executed = &statements;
    const std::string macro = project::function_materialization(parts_.world.project, node_);
    try {
      const std::string text = function_text(node_, sql);
      notes_ = project::run_materialization(parts_.world.project, node_, macro, text, state).logged;
    } catch (const Error&) {
      sql_.executed = RecordedSession::statements_text(statements);
      throw;
    }
    sql_.executed = RecordedSession::statements_text(statements);
  }

  void hooks(engine::Session& session, const std::vector<project::Hook>& hooks, const project::RenderState& state) {
    for (const project::Hook& hook : hooks) {
      project::Rendered rendered =
          project::render_text(parts_.world.project, &node_, hook.sql, "hook of " + node_.name, state);
      if (!trim(rendered.sql).empty()) session.execute(rendered.sql);
    }
  }

  int64_t elapsed_ms() const { return parts_.world.clock.now_ms() - started_ms_; }

  StepResult held_back(StepResult result, const checks::CheckResult& held, bool exists) {
    result.status = StepStatus::held_back;
    result.message = held.title + ": " + held.message;
    result.error = Error(ErrorCode::checks_failed, result.message, "weir show --failures " + node_.asset);
    result.ms = elapsed_ms();
    Json fields = Json::object().set("asset", node_.asset).set("kind", result.kind).set("check", held.title);
    fields.set("message", held.message + (exists ? "; the former view stays" : "")).set("ms", result.ms);
    parts_.announcer.emit("asset.held_back", std::move(fields));
    parts_.recorder.step_ended(result, 1, "", started_ms_);
    return result;
  }

  StepResult publish(StepResult result, lake::ViewEntry entry) {
    entry.properties = plan::view_properties(step_, inputs_);
    entry.properties.set("run", parts_.announcer.run());
    parts_.world.lake->update_catalog([&](lake::CatalogContent& content) {
      auto& entries = node_.is_function() ? content.functions : content.views;
      entries[lower(node_.relation.text())] = entry;
    });
    result.status = StepStatus::published;
    result.ms = elapsed_ms();
    failpoint("state.before");
    parts_.recorder.step_ended(result, 1, "", started_ms_);
    parts_.announcer.emit("asset.published", Json::object()
                                                 .set("asset", node_.asset)
                                                 .set("kind", result.kind)
                                                 .set("ms", result.ms)
                                                 .set("checks", static_cast<int64_t>(result.checks.size())));
    return result;
  }

  RunParts& parts_;
  const plan::Step& step_;
  const project::Node& node_;
  StepSql& sql_;
  project::LogLines notes_;  // what templates told
  std::vector<plan::Input> inputs_;
  int64_t started_ms_ = 0;
};

}  // namespace

StepResult run_view_step(RunParts& parts, const plan::Step& step, StepSql& sql) {
  return ViewStep(parts, step, sql).run();
}

}  // namespace weir::run
