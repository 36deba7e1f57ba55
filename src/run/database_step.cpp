// One node on a database: what dbt does with it, in the order dbt does it. A step is one transaction; a failure leaves
// what was there.
#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "checks/check_sql.h"
#include "checks/project_checks.h"
#include "project/rendering.h"
#include "run/checking.h"
#include "run/contract.h"
#include "run/database.h"
#include "run/incremental.h"
#include "run/recorded_session.h"
#include "run/seed_load.h"
#include "run/snapshot.h"
#include "run/step.h"
#include "run/work.h"

namespace weir::run {

namespace {

using checks::CheckStatus;
using state::StepStatus;

class DatabaseStep {
 public:
  DatabaseStep(RunParts& parts, const plan::Step& step)
      : parts_(parts),
        step_(step),
        node_(*step.node),
        target_(parts),
        session_(target_.session()),
        result_(blank_result(step)) {
    outcome_.unique_id = node_.unique_id;
    outcome_.relation_name = node_.relation_text();
    state_.full_refresh = step.full_refresh;
    state_.warehouse = &target_.warehouse();
    state_.selected = &parts.selected;
    state_.executed = &main_statements_;
  }

  StepResult run() {
    outcome_.compile_ms = parts_.world.clock.now_ms();
    parts_.recorder.step_started(step_, result_.asset, 1, "");
    parts_.announcer.emit("asset.started", Json::object()
                                               .set("asset", result_.asset)
                                               .set("kind", result_.kind)
                                               .set("attempt", "")
                                               .set("number", 1)
                                               .set("reason", ""));
    try {
      if (node_.is_test())
        test();
      else
        build();
    } catch (Error& error) {
      failed(error);
    }
    outcome_.ended_ms = parts_.world.clock.now_ms();
    result_.ms = outcome_.ended_ms - outcome_.compile_ms;
    result_.outcomes.push_back(outcome_);
    announce_end();
    parts_.recorder.step_ended(result_, 1, "", outcome_.compile_ms);
    return std::move(result_);
  }

 private:
  const project::Project& project() const { return parts_.world.project; }

  // ---- what is built

  void build() {
    existing_ = state_.warehouse->relation_type({node_.database, node_.schema, node_.alias});
    state_.table_exists = existing_ == "table";
    project::Rendered rendered;
    if (node_.sql) {
      rendered = compile();
      outcome_.compiled_code = rendered.sql;
      for (const std::string& id : rendered.ctes)
        outcome_.ephemeral.emplace_back(id, project::render(project(), project().at(id), state_).sql);
    }
    started();
    run_hooks(node_.config.pre_hook, false);
    {
      Transaction transaction(session_, "", {});
      transaction.begin();
      run_hooks(node_.config.pre_hook, true);
      try {
        materialize(rendered.sql);
        note_executed();
      } catch (Error& error) {
        note_executed();
        throw in_node(std::move(error), node_, node_.sql ? &rendered : nullptr);
      }
      run_hooks(node_.config.post_hook, true);
      transaction.release();
    }
    run_hooks(node_.config.post_hook, false);
    result_.status = StepStatus::published;
    outcome_.status = "success";
    outcome_.message = "OK";
    outcome_.adapter_response = Json::object().set("_message", "OK");
  }

  project::Rendered compile() {
    try {
      project::Rendered rendered = project::render(project(), node_, state_);
      tell(parts_, result_, rendered.logged);
      return rendered;
    } catch (Error& error) {
      throw in_node(std::move(error), node_, nullptr);
    }
  }

  // What has made the relation, or tried to.
  void note_executed() {
    const std::string main = RecordedSession::statements_text(main_statements_);
    outcome_.executed_sql = main.empty() ? recorded_.text() : main;
  }

  void materialize(const std::string& sql) {
    if (const std::string custom = custom_materialization(); !custom.empty()) {
      tell(parts_, result_, project::run_materialization(project(), node_, custom, sql, state_).logged);
      return;
    }
    const bool contract = node_.type == project::ResourceType::model && has_contract(node_);
    if (contract) check_contract(recorded_, node_, sql);
    switch (step_.kind) {
      case plan::StepKind::seed:
        drop_unless("table");
        result_.rows = copy_seed(recorded_, parts_.world.engine, project().root, node_);
        return;
      case plan::StepKind::snapshot: {
        Snapshot snapshot(node_, recorded_);
        drop_unless("table");
        result_.rows = state_.table_exists ? snapshot.update(sql) : snapshot.create(sql, "");
        return;
      }
      case plan::StepKind::view:
        drop_unless("view");
        recorded_.execute(header() + "CREATE OR REPLACE VIEW " + node_.relation_text() + " AS (\n" + sql + "\n)");
        return;
      default:
        break;
    }
    const std::string& kind = node_.config.materialized;
    if (kind != "table" && kind != "incremental")
      throw Error(ErrorCode::not_built, "there is no materialization \"" + kind + "\"",
                  "view, table, incremental and ephemeral are built in; a macro {% materialization " + kind +
                      ", adapter='duckdb' %} of the project or a package defines another");
    drop_unless("table");
    if (project::is_incremental(node_, state_)) {
      result_.rows =
          IncrementalLoad(node_, recorded_, node_.config.incremental_strategy.value_or("delete+insert")).add(sql);
    } else if (contract) {
      if (!node_.config.sql_header.empty()) recorded_.execute(node_.config.sql_header);
      result_.rows = create_by_contract(recorded_, node_, sql);
    } else {
      result_.rows =
          recorded_.query(header() + "CREATE OR REPLACE TABLE " + node_.relation_text() + " AS (\n" + sql + "\n)")
              .changed;
    }
  }

  // A project may define materialisations of its own, and its own of a name that dbt has.
  std::string custom_materialization() const {
    return node_.type == project::ResourceType::model
               ? project::find_materialization(project(), node_.config.materialized)
               : std::string();
  }

  std::string header() const { return node_.config.sql_header.empty() ? "" : node_.config.sql_header + "\n"; }

  // What has the node's name but is of another kind goes.
  void drop_unless(const char* kind) {
    if (existing_ && *existing_ != kind) recorded_.execute("DROP " + *existing_ + " " + node_.relation_text());
  }

  void run_hooks(const std::vector<project::Hook>& hooks, bool inside_transaction) {
    for (const project::Hook& hook : hooks) {
      if (hook.transaction != inside_transaction) continue;
      const project::Rendered rendered =
          project::render_text(project(), &node_, hook.sql, "hook of " + node_.name, state_);
      tell(parts_, result_, rendered.logged);
      if (!trim(rendered.sql).empty()) session_.execute(rendered.sql);
    }
  }

  void started() { outcome_.started_ms = parts_.world.clock.now_ms(); }

  // ---- tests

  void test() {
    checks::Check check = checks::check_of(project(), node_, result_.asset, state_);
    outcome_.relation_name.clear();
    outcome_.compiled_code = compiled_test(check);
    started();
    if (node_.test && node_.test->store_failures) store_failures(check);
    std::vector<checks::CheckResult> results = checks::run_checks(session_, {check}, nullptr, parts_.cancel);
    outcome_.executed_sql = RecordedSession::statements_text({recorded_.text(), results.front().executed_sql});
    announce(parts_.announcer, results);
    judge(results.front());
    result_.checks = std::move(results);
  }

  // The four tests of dbt are data to weir and macros to dbt: what is run and shown here is the macro's SQL. Those that
  // weir knows beyond have no SQL but the check's.
  std::string compiled_test(checks::Check& check) {
    if (check.kind == checks::CheckKind::sql) return check.sql;
    const bool has_macro =
        project().rendering->macros.find(project::standard_package, "test_" + node_.test->kind) != nullptr;
    if (has_macro) {
      const project::Rendered rendered = project::render_test(project(), node_, state_);
      check.sql = rendered.sql;
    } else {
      check.sql = checks::failing_rows_sql(check);
    }
    check.kind = checks::CheckKind::sql;
    return check.sql;
  }

  // Failing rows become a table; it is what is then counted.
  void store_failures(checks::Check& check) {
    const std::string relation =
        quote_identifier(node_.database) + "." + quote_identifier(node_.schema) + "." + quote_identifier(node_.alias);
    const bool as_view = node_.config.all.get_string("store_failures_as") == "view";
    const auto there = state_.warehouse->relation_type({node_.database, node_.schema, node_.alias});
    Transaction transaction(session_, "", {});
    transaction.begin();
    if (there && (*there == "view") != as_view) recorded_.execute("DROP " + *there + " " + relation);
    recorded_.execute(std::string("CREATE OR REPLACE ") + (as_view ? "VIEW " : "TABLE ") + relation + " AS (\n" +
                      check.sql + "\n)");
    transaction.release();
    outcome_.relation_name = relation;
    check.sql = "select * from " + relation;
  }

  void judge(const checks::CheckResult& check) {
    switch (check.status) {
      case CheckStatus::pass:
        result_.status = StepStatus::passed;
        outcome_.status = "pass";
        outcome_.failures = 0;
        return;
      case CheckStatus::warn:
        result_.status = StepStatus::warned;
        outcome_.status = "warn";
        break;
      case CheckStatus::fail:
        result_.status = StepStatus::failed_test;
        outcome_.status = "fail";
        break;
      case CheckStatus::error:
        result_.status = StepStatus::failed_test;
        outcome_.status = "error";
        outcome_.message = result_.message = check.message;
        result_.error = Error(ErrorCode::checks_failed, check.title + ": " + check.message);
        return;
    }
    // A unit test fails or does not: dbt counts one failure.
    outcome_.failures = node_.unit ? 1 : check.failures;
    if (node_.unit) {
      outcome_.message = "actual differs from expected: " + check.message;
    } else {
      const bool failed = check.status == CheckStatus::fail;
      outcome_.message = "Got " + std::to_string(check.failures) + (check.failures == 1 ? " result" : " results") +
                         ", configured to " + (failed ? "fail if " : "warn if ") +
                         (failed ? node_.test->error_if : node_.test->warn_if);
    }
    result_.message = check.message;
    if (check.blocks()) result_.error = Error(ErrorCode::checks_failed, check.title + ": " + check.message);
  }

  // ---- the end

  void failed(Error& error) {
    const bool cancelled = error.code() == ErrorCode::cancelled;
    result_.status = cancelled ? StepStatus::cancelled : node_.is_test() ? StepStatus::failed_test : StepStatus::failed;
    result_.message = error.message();
    outcome_.status = "error";
    outcome_.message = error.message();
    result_.error = std::move(error);
  }

  void announce_end() {
    Json fields = Json::object().set("asset", result_.asset).set("kind", result_.kind);
    if (result_.status == StepStatus::published) {
      if (step_.kind != plan::StepKind::view) fields.set("rows", result_.rows);
      fields.set("ms", result_.ms);
      parts_.announcer.emit("asset.published", std::move(fields));
    } else if (result_.status == StepStatus::cancelled) {
      parts_.announcer.emit("asset.cancelled", std::move(fields));
    } else if (result_.error && result_.checks.empty()) {  // else the check was told
      fields.set("message", result_.message).set("code", code_text(result_.error->code())).set("ms", result_.ms);
      parts_.announcer.emit("asset.failed", std::move(fields));
    }
  }

  RunParts& parts_;
  const plan::Step& step_;
  const project::Node& node_;
  TargetSession target_;
  engine::Session& session_;
  RecordedSession recorded_{session_};
  std::vector<std::string> main_statements_;
  project::RenderState state_;
  std::optional<std::string> existing_;
  StepResult result_;
  dbt::NodeResult outcome_;
};

}  // namespace

StepResult run_database_step(RunParts& parts, const plan::Step& step) { return DatabaseStep(parts, step).run(); }

}  // namespace weir::run
