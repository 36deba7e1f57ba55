// Models as tables (table, incremental), and snapshots.
#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "plan/batch_ledger.h"
#include "run/confine.h"
#include "run/incremental.h"
#include "run/lake_warehouse.h"
#include "run/microbatch.h"
#include "run/python_table.h"
#include "run/recorded_session.h"
#include "run/snapshot.h"
#include "run/sql_header.h"
#include "run/table_clauses.h"
#include "run/work.h"

namespace weir::run {

namespace {

class TableWork final : public Work {
 public:
  explicit TableWork(const WorkRequest& request)
      : parts_(request.parts), step_(request.step), node_(*request.step.node), inspection_(request.inspection) {}

  size_t readings() override {
    look();
    return node_.microbatch ? std::max<size_t>(due().size(), 1) : 1;
  }

  void stage(Transaction& transaction, StepResult& result, ProgressWatch::Watched&) override {
    session_ = &transaction.session();
    confine(*session_, parts_.world.project);
    RecordedSession recorded(*session_);
    recorded_ = &recorded;
    const NotedAtEnd noted{recorded, result.sql.executed};
    LakeWarehouse warehouse(*session_, *parts_.world.lake);
    look();
    state_.warehouse = &warehouse;
    state_.selected = &parts_.selected;
    state_.heard = details_for(parts_.world.watcher);
    if (node_.microbatch)
      stage_batches(result);  // and notes them in ledger_
    else
      result.rows = build(result, true, true);
    state_.warehouse = nullptr;
  }

  void complete(lake::publish::Attempt& attempt) override {
    attempt.code = with_volatile(with_batches(step_.code, batches_open_ ? step_.batches_until : "asked"), functions_);
    attempt.cursor_after = node_.microbatch ? ledger_.cursor() : Json::object();
    attempt.interval = interval_;
    if (node_.microbatch && step_.full_refresh) attempt.cursor_before = Json();
  }

 private:
  std::string relation() const { return node_.relation_text(); }

  void look() {
    state_.table_exists = inspection_.snapshots.front() != nullptr;
    state_.full_refresh = step_.full_refresh;
  }

  // The query of now, with the hooks before it and those after it. Returns how many rows were written.
  int64_t build(StepResult& result, bool first, bool last) {
    project::Rendered rendered;
    try {
      rendered = project::render(parts_.world.project, node_, state_);
      if (!node_.microbatch) result.sql.compiled = rendered.compiled();
    } catch (const Error& error) {
      throw in_node(error, node_, &rendered);
    }
    try {
      if (first) {
        hooks(node_.config->pre_hook);
        header_ = begin_sql_header(*recorded_, node_);
      }
    } catch (const Error& error) {
      throw in_node(error, node_, nullptr);
    }
    try {
      // binds it: errors come with their place in the model
      if (node_.sql) functions_ = session_->volatile_functions_of(header_ + rendered.sql);
    } catch (const Error& error) {
      throw in_node(error, node_, header_.empty() ? &rendered : nullptr);
    }
    try {
      std::optional<PythonTable> python;
      if (node_.python) rendered.sql = python.emplace(parts_, node_, rendered.sql).query(*session_, state_);
      const int64_t rows = step_.kind == plan::StepKind::snapshot             ? snapshot(rendered.sql)
                           : project::is_incremental(node_, state_) || !first ? add_to_table(rendered.sql, first)
                                                                              : make_table(rendered.sql);
      if (last) hooks(node_.config->post_hook);
      return rows;
    } catch (const Error& error) {
      throw in_node(error, node_, nullptr);
    }
  }

  // The batches to build; ledger_ gets those that are there.
  std::vector<project::TimeWindow> due() {
    const bool added_to = project::is_incremental(node_, state_);
    if (added_to && inspection_.head)
      ledger_ = plan::BatchLedger::of(*inspection_.head, *node_.microbatch, step_.batches_now_us);
    // What a retry builds of a new table ends when the run before it began: the next run looks for itself.
    const auto& earlier = parts_.options.earlier_batches;
    batches_open_ = are_batches_open(parts_.world.project, node_, earlier) && (added_to || !earlier);
    return added_to && batches_open_ ? plan::due_batches(*node_.microbatch, ledger_, step_.batches_now_us)
                                     : batches_of(parts_.world.project, node_, added_to, earlier);
  }

  // All in the step's one transaction: what is published has all of its batches.
  void stage_batches(StepResult& result) {
    result.batches = due();
    parts_.begun_batches.begin(node_, result.batches);
    for (size_t i = 0; i < result.batches.size(); i++) {
      parts_.cancel.check();
      state_.batch = result.batches[i];
      try {
        result.rows += build(result, i == 0, i + 1 == result.batches.size());
      } catch (Error& error) {
        throw error.add_context("batch " + batch_name(node_, result.batches[i]));
      }
      state_.table_exists = true;
    }
    note_batches(result.batches);
  }

  // Rows of a sample, or none at all, are not what a batch holds, and one whose time is not over yet gets more.
  void note_batches(const std::vector<project::TimeWindow>& built) {
    const project::InputOptions& inputs = parts_.world.project.inputs;
    for (const project::TimeWindow& batch : built) {
      if (inputs.empty || inputs.sample || batch.end_us > step_.batches_now_us)
        ledger_.remove(batch);
      else
        ledger_.add(batch);
    }
    if (!built.empty())
      interval_.emplace(project::time_iso(built.front().start_us), project::time_iso(built.back().end_us));
  }

  void hooks(const std::vector<project::Hook>& hooks) {
    for (const project::Hook& hook : hooks) {
      project::Rendered rendered =
          project::render_text(parts_.world.project, &node_, hook.sql, "hook of " + node_.name, state_);
      if (trim(rendered.sql).empty()) continue;
      session_->execute(rendered.sql);
    }
  }

  int64_t make_table(const std::string& sql) {
    recorded_->execute("CREATE SCHEMA IF NOT EXISTS \"lake\"." + quote_identifier(node_.relation.schema));
    bool was_view = !state_.table_exists && parts_.world.lake->catalog().views.contains(lower(node_.relation.text()));
    if (was_view) recorded_->execute("DROP VIEW " + relation());
    return recorded_
        ->query(header_ + "CREATE OR REPLACE TABLE " + relation() + table_clauses(*node_.config) + " AS\n" + sql)
        .changed;
  }

  int64_t snapshot(const std::string& sql) {
    Snapshot snapshot(node_, *recorded_, project::snapshot_strategy(parts_.world.project, node_, state_));
    if (state_.table_exists) return snapshot.update(sql);
    recorded_->execute("CREATE SCHEMA IF NOT EXISTS \"lake\"." + quote_identifier(node_.relation.schema));
    return snapshot.create(sql, table_clauses(*node_.config));
  }

  void settle_table() {
    if (std::string properties = properties_list(*node_.config); !properties.empty())
      recorded_->execute("ALTER TABLE " + relation() + " SET (" + properties + ")");
    if (std::string clustering = clustering_clause(*node_.config); !clustering.empty())
      recorded_->execute("ALTER TABLE " + relation() + " SET " + clustering);
  }

  int64_t add_to_table(const std::string& sql, bool first) {
    if (first) settle_table();
    return add_incrementally(parts_.world.project, node_, *recorded_,
                             node_.config->incremental_strategy.value_or(default_lake_strategy(node_)), state_, sql,
                             lake_rows_table, LakeTable{table_clauses(*node_.config), header_});
  }

  RunParts& parts_;
  const plan::Step& step_;
  const project::Node& node_;
  const lake::publish::Inspection& inspection_;
  engine::Session* session_ = nullptr;
  engine::Session* recorded_ = nullptr;
  project::RenderState state_;
  std::vector<std::string> functions_;
  std::string header_;  // of begin_sql_header()
  // Of a microbatch model, once its batches are staged:
  plan::BatchLedger ledger_;
  bool batches_open_ = true;  // nobody said which batches: all up to now are built
  std::optional<std::pair<std::string, std::string>> interval_;
};

}  // namespace

std::unique_ptr<Work> table_work(const WorkRequest& request) { return std::make_unique<TableWork>(request); }

}  // namespace weir::run
