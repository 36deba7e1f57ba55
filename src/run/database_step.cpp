// One node on a database: what dbt does with it, in the order dbt does it. A step is one transaction, or one for each
// batch of a microbatch model; a failure leaves what was there.
#include "base/error.h"
#include "base/text.h"
#include "checks/check_sql.h"
#include "checks/project_checks.h"
#include "plan/validate.h"
#include "project/rendering.h"
#include "run/checking.h"
#include "run/database.h"
#include "run/database_build.h"
#include "run/microbatch.h"
#include "run/recorded_session.h"
#include "run/second_build.h"
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
    state_.heard = details_for(parts.world.watcher);
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
      annotate(parts_, session_, &node_);
      if (!node_.microbatch) parts_.shared_reads.give(session_, {&step_});
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
    if (node_.microbatch) return build_in_batches();
    std::optional<SecondBuild> second;
    if (is_built_twice(parts_, step_)) build_aside(second.emplace(parts_, node_));
    Built built;
    try {
      build_on_database(parts_, step_, target_, built);
    } catch (const Error&) {
      take(std::move(built));
      throw;
    }
    take(std::move(built));
    if (second) second->compare(session_, result_);
    result_.status = StepStatus::published;
    outcome_.status = "success";
    outcome_.message = "OK";
    answered();
  }

  // The same build in a transaction that is thrown away.
  void build_aside(SecondBuild& second) {
    try {
      Built aside;
      build_on_database(parts_, step_, target_, aside, std::nullopt, [&] { second.keep(session_); });
    } catch (const Error& error) {
      if (error.code() == ErrorCode::cancelled) throw;
      second.failed(error.message());
    }
  }

  void take(Built built) {
    tell_logged(parts_, result_, built.logged);
    outcome_.compiled_code = std::move(built.compiled_code);
    outcome_.executed_sql = std::move(built.executed_sql);
    outcome_.ephemeral = std::move(built.ephemeral);
    outcome_.started_ms = built.started_ms;
    result_.rows = built.rows;
  }

  // Each batch is what a node is otherwise: what failed does not undo the others.
  void build_in_batches() {
    started();
    dbt::BatchResults batches;
    for (BuiltBatch& batch : build_batches(parts_, step_, target_)) {
      tell_logged(parts_, result_, batch.built.logged);
      (batch.done ? batches.successful : batches.failed).push_back(batch.window);
      result_.rows += batch.built.rows;
      if (batch.built.compiled_code)
        outcome_.batch_code.push_back(
            {batch_name(node_, batch.window), *batch.built.compiled_code, batch.built.executed_sql});
      if (outcome_.ephemeral.empty()) outcome_.ephemeral = std::move(batch.built.ephemeral);
      if (batch.error && !result_.error) result_.error = std::move(batch.error);
    }
    judge_batches(batches);
    if (const auto& earlier = parts_.options.earlier_batches)
      if (const auto found = earlier->of.find(node_.unique_id); found != earlier->of.end())
        batches.successful.insert(batches.successful.end(), found->second.successful.begin(),
                                  found->second.successful.end());
    outcome_.batches = std::move(batches);
    outcome_.failures = 0;
    if (outcome_.status != "error") answered();
  }

  void judge_batches(const dbt::BatchResults& batches) {
    const size_t done = batches.successful.size(), all = done + batches.failed.size();
    result_.status = done == all ? StepStatus::published : StepStatus::failed;
    outcome_.status = done == all ? "success" : done == 0 ? "error" : "partial success";
    outcome_.message = "SUCCESS";
    if (done == all) return;
    result_.message = std::to_string(all - done) + " of " + std::to_string(all) +
                      (all == 1 ? " batch failed: " : " batches failed: ") +
                      (result_.error ? result_.error->message() : std::string());
    outcome_.message =
        done == 0 ? result_.message : "PARTIAL SUCCESS (" + std::to_string(done) + "/" + std::to_string(all) + ")";
  }

  void started() { outcome_.started_ms = parts_.world.clock.now_ms(); }

  // What DuckDB tells of a statement that it has done.
  void answered() { outcome_.adapter_response = Json::object().set("_message", "OK"); }

  // ---- tests

  void test() {
    if (node_.test) plan::check_test(project(), node_);
    checks::Check check = checks::check_of(project(), node_, result_.asset, state_);
    outcome_.relation_name.clear();
    outcome_.compiled_code = compiled_test(check);
    outcome_.ephemeral = project::ephemeral_texts(check.injected);
    started();
    if (node_.test && node_.test->store_failures) store_failures(check);
    if (node_.test) check.evaluation = project::own_test_sql(project(), node_, check.sql, state_);
    std::vector<checks::CheckResult> results = checks::run_checks(session_, {check}, nullptr, parts_.cancel);
    outcome_.executed_sql = RecordedSession::statements_text({results.front().executed_sql});
    announce(parts_.announcer, results);
    judge(results.front());
    if (results.front().status != CheckStatus::error) answered();
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
      check.injected = rendered.injected;
    } else {
      check.sql = checks::failing_rows_sql(check);
    }
    check.kind = checks::CheckKind::sql;
    return check.sql;
  }

  // Failing rows become a table; it is what is then counted.
  void store_failures(checks::Check& check) {
    const std::string relation = node_.place().text();
    const bool as_view = node_.config->all.get_string("store_failures_as") == "view";
    const auto there = state_.warehouse->relation_type({node_.database, node_.schema, node_.alias});
    Transaction transaction(session_, "", {});
    transaction.begin();
    if (there && (*there == "view") != as_view) session_.execute("DROP " + *there + " " + relation);
    session_.execute(std::string("CREATE OR REPLACE ") + (as_view ? "VIEW " : "TABLE ") + relation + " AS (\n" +
                     check.sql + (node_.test->limit ? "\nLIMIT " + std::to_string(*node_.test->limit) : "") + "\n)");
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
    state_.heard = nullptr;  // what the templates log was told
    const project::Node* const broken = cancelled || node_.is_test() ? nullptr : broken_ephemeral(node_);
    if (broken) {
      outcome_.status = "skipped";
      outcome_.message = "Compilation Error in " + node_.unique_id + ": the ephemeral model " + broken->unique_id +
                         " cannot be compiled: " + error.message();
    }
    result_.error = std::move(error);
  }

  // dbt compiles ephemeral models for themselves, and skips what reads one that it cannot compile.
  const project::Node* broken_ephemeral(const project::Node& reader) {
    for (const std::string& id : reader.depends_on) {
      const project::Node& read = project().at(id);
      if (!read.is_ephemeral()) continue;
      if (const project::Node* below = broken_ephemeral(read)) return below;
      try {
        project::render(project(), read, state_);
      } catch (const Error&) {
        return &read;
      }
    }
    return nullptr;
  }

  void announce_end() {
    Json fields = Json::object().set("asset", result_.asset).set("kind", result_.kind);
    if (result_.status == StepStatus::published) {
      if (!plan::is_entry(step_.kind)) fields.set("rows", result_.rows);
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
  std::vector<std::string> main_statements_;
  project::RenderState state_;
  StepResult result_;
  dbt::NodeResult outcome_;
};

}  // namespace

StepResult run_database_step(RunParts& parts, const plan::Step& step) { return DatabaseStep(parts, step).run(); }

}  // namespace weir::run
