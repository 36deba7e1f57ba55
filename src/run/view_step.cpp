// Views: bound and checked in a transaction that publishes nothing, then one entry of the lake's catalogue.
#include "base/error.h"
#include "base/failpoint.h"
#include "base/ids.h"
#include "base/text.h"
#include "run/checking.h"
#include "run/confine.h"
#include "run/lake_warehouse.h"
#include "run/recorded_session.h"
#include "run/step.h"
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
    if (parts_.world.lake->table_exists(node_.relation)) {
      throw Error(ErrorCode::sql_exists, node_.relation.text() + " is a table in the lake; a view cannot take its name",
                  "give the model another alias, or delete the table's folder when nothing reads it any more");
    }
    StepResult result = begin(decision.why);
    std::unique_ptr<engine::Session> session = parts_.world.engine.session(parts_.world.lake, parts_.cancel);
    confine(*session, parts_.world.project);
    Transaction transaction(*session, uuid_v4(), pins());
    transaction.begin();
    lake::ViewEntry entry = stage(*session);
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
    project::Rendered rendered;
    try {
      rendered = project::render(parts_.world.project, node_, state);
      sql_.compiled = rendered.sql;
      session.describe(rendered.sql);
    } catch (const Error& error) {
      throw in_node(error, node_, &rendered);
    }
    try {
      hooks(session, node_.config->pre_hook, state);
      RecordedSession recorded(session);
      const NotedAtEnd noted{recorded, sql_.executed};
      recorded.execute("CREATE SCHEMA IF NOT EXISTS \"lake\"." + quote_identifier(node_.relation.schema));
      recorded.execute("CREATE OR REPLACE VIEW " + node_.relation_text() + " AS\n" + rendered.sql);
      hooks(session, node_.config->post_hook, state);
    } catch (const Error& error) {
      throw in_node(error, node_, nullptr);
    }
    for (const lake::StagedView& view : session.staged().views) {
      if (iequals(view.name.text(), node_.relation.text()) && view.entry) return *view.entry;
    }
    throw Error(ErrorCode::internal, "the view " + node_.relation.text() + " was not staged");
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
    parts_.world.lake->update_catalog(
        [&](lake::CatalogContent& content) { content.views[lower(node_.relation.text())] = entry; });
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
  std::vector<plan::Input> inputs_;
  int64_t started_ms_ = 0;
};

}  // namespace

StepResult run_view_step(RunParts& parts, const plan::Step& step, StepSql& sql) {
  return ViewStep(parts, step, sql).run();
}

}  // namespace weir::run
