// Steps that publish a table: inspect, decide, stage, check, publish; again when superseded.
#include <random>

#include "base/error.h"
#include "base/failpoint.h"
#include "base/ids.h"
#include "base/text.h"
#include "run/checking.h"
#include "run/confine.h"
#include "run/optimize_table.h"
#include "run/second_build.h"
#include "run/step.h"
#include "run/strays.h"
#include "run/work.h"

namespace weir::run {

namespace {

using lake::publish::Attempt;
using lake::publish::Inspection;
using lake::publish::Published;
using lake::publish::Superseded;
using state::StepStatus;

struct Replan {
  std::string why;
};
struct Resumed {};  // a prepared attempt of another run is published: look again for what has come since
using TryOutcome = std::variant<StepResult, Replan, Resumed>;

class TableStep {
 public:
  TableStep(RunParts& parts, const plan::Step& step, StepSql& sql)
      : parts_(parts),
        step_(step),
        sql_(sql),
        node_(*step.node),
        asset_(project::asset_of(parts.world.project, node_, *parts.world.lake)) {}

  StepResult run() {
    started_ms_ = parts_.world.clock.now_ms();
    if (auto held = parts_.recorder.take_lease(asset_.id, "")) {
      throw Error(ErrorCode::state_locked, asset_.id + " is being worked on by run " + held->run);
    }
    struct Release {
      TableStep& step;
      ~Release() { step.parts_.recorder.release_lease(step.asset_.id); }
    } release{*this};
    for (number_ = 1;; number_++) {
      TryOutcome outcome = try_once();
      if (auto* result = std::get_if<StepResult>(&outcome)) return std::move(*result);
      if (std::holds_alternative<Resumed>(outcome)) continue;
      const std::string& why = std::get<Replan>(outcome).why;
      if (number_ > parts_.options.max_replans) {
        throw Error(ErrorCode::superseded_too_often,
                    asset_.id + " was overtaken " + std::to_string(number_) + " times: " + why);
      }
      parts_.announcer.emit("asset.replanned",
                            Json::object().set("asset", asset_.id).set("number", number_ + 1).set("why", why));
      back_off();
    }
  }

 private:
  // Lock-free, not wait-free: who loses a race leaves room for the others.
  void back_off() {
    static thread_local std::mt19937 random{std::random_device{}()};
    int64_t limit_ms = 20LL << std::min(number_, 6);
    parts_.world.clock.sleep_for(std::uniform_int_distribution<int64_t>(0, limit_ms)(random));
    parts_.cancel.check();
  }

  TryOutcome try_once() {
    inspection_ = parts_.publisher.inspect(asset_);
    tell_of_dead_run();
    inputs_ = plan::observe_inputs(step_, *parts_.view);
    plan::Decision decision = decide();
    if (decision.action == plan::Action::skip) return nothing_more(decision.why);
    if (inspection_.resumable && has_code_of_step(inspection_.resumable->code) && !step_.full_refresh) {
      return resumed();
    }
    WorkRequest request{parts_, step_, asset_, inspection_};
    std::unique_ptr<Work> work;
    if (decision.action == plan::Action::run) {
      work = step_.kind == plan::StepKind::ingest ? ingest_work(request)
             : step_.kind == plan::StepKind::seed ? seed_work(request)
                                                  : table_work(request);
      if (auto why = work->nothing_to_do()) {
        if (inspection_.head && has_code_of_step(inspection_.head->code)) return nothing_more(*why);
        if (inspection_.head) {
          decision.why = *why + "; checked again";
          work.reset();
        }
      }
    }
    second_.reset();
    if (work && is_built_twice(parts_, step_)) build_aside(request);
    return attempt(work.get(), decision);
  }

  // The same build in a transaction that is thrown away.
  void build_aside(const WorkRequest& request) {
    second_.emplace(parts_, node_);
    std::unique_ptr<engine::Session> session = parts_.world.engine.session(parts_.world.lake, parts_.cancel);
    Transaction transaction(*session, uuid_v4(), pins());
    StepResult aside = blank_result(step_);
    std::unique_ptr<ProgressWatch::Watched> watched = parts_.watch.watch(asset_.id, number_, *session);
    try {
      const std::unique_ptr<Work> work = table_work(request);
      parts_.shared_reads.give(*session, {&step_}, 2 * work->readings());
      transaction.begin();
      work->stage(transaction, aside, *watched);
      second_->keep(*session);
    } catch (const Error& error) {
      if (error.code() == ErrorCode::cancelled) throw;
      second_->failed(error.message());
    }
  }

  plan::Decision decide() {
    plan::Observed own;
    const auto& snapshot = inspection_.snapshots.front();
    own.exists = snapshot != nullptr;
    if (snapshot) {
      own.table_id = snapshot->metadata().id;
      own.version = snapshot->version();
    }
    own.head = inspection_.head;
    plan::PlanRequest request;
    request.force = parts_.options.force;
    return plan::decide(step_, request, own, inputs_, *parts_.view);
  }

  void tell_of_dead_run() {
    std::optional<DeadSteps::Dead> dead = parts_.dead.take(asset_.id);
    if (!dead) return;
    const state::StepRow& step = dead->step;
    std::string text = "run " + dead->run.id + " died";
    if (inspection_.head && inspection_.head->run == dead->run.id) {
      text += " after publishing; nothing is lost";
    } else if (inspection_.resumable && inspection_.resumable->run == dead->run.id) {
      text += " just before publishing; what it had prepared is finished now if nothing has changed since";
    } else {
      std::string unit = step.unit == "files" ? " files" : step.unit == "percent" ? " %" : " " + step.unit;
      if (step.total > 0 && step.done > 0) {
        text += " after staging " + std::to_string(step.done);
        text += step.unit == "percent" ? " %" : " of " + std::to_string(step.total) + unit;
      }
      text += "; nothing of it was published; starting again";
      if (step.unit == "files" && step.total > 0) text += " from file 1 of " + std::to_string(step.total);
    }
    parts_.announcer.emit("run.died", Json::object()
                                          .set("run", dead->run.id)
                                          .set("asset", asset_.id)
                                          .set("unit", step.unit)
                                          .set("done", step.done)
                                          .set("total", step.total)
                                          .set("message", text));
  }

  bool has_code_of_step(const std::string& code) const {
    project::SplitCode stored = project::split_code(code), now = project::split_code(step_.code);
    return stored.node == now.node && stored.checks == now.checks;
  }

  StepResult nothing_more(const std::string& why) const {
    if (resumed_) return *resumed_;
    StepResult result = up_to_date(parts_, step_, why);
    tell(parts_, result, inspection_.warnings);
    return result;
  }

  // A prepared attempt of the same code goes on at the guard.
  TryOutcome resumed() {
    StepResult result = begin_result("", "resumes a prepared attempt of run " + inspection_.resumable->run);
    std::string attempt = inspection_.resumable->attempt;
    count_prepared(result);
    lake::publish::Outcome outcome = parts_.publisher.resume(asset_, inspection_);
    if (auto* superseded = std::get_if<Superseded>(&outcome)) return Replan{superseded->why};
    finish(std::get<Published>(outcome), {}, result, attempt);
    resumed_ = std::move(result);
    return Resumed{};
  }

  // What another run staged, from the manifest it left.
  void count_prepared(StepResult& result) {
    lake::publish::Manifest prepared = *inspection_.resumable;
    load_actions(asset_.anchor().location, prepared);
    for (size_t i = 0; i < prepared.tables.size(); i++) {
      int64_t& rows = i == 0 ? result.rows : result.quarantined;
      for (const lake::Action& action : prepared.tables[i].actions) {
        const auto* add = std::get_if<lake::Add>(&action);
        if (add == nullptr) continue;
        result.bytes += static_cast<uint64_t>(add->size_bytes);
        if (add->stats) rows += Json::parse(*add->stats).get_int("numRecords").value_or(0);
      }
    }
    result.files = static_cast<int64_t>(prepared.source_files.size());
    for (const lake::publish::SourceFile& file : prepared.source_files) result.source_bytes += file.size;
  }

  StepResult begin_result(const std::string& attempt, const std::string& why) {
    StepResult result = blank_result(step_);
    parts_.recorder.step_started(step_, asset_.id, number_, attempt);
    parts_.announcer.emit("asset.started", Json::object()
                                               .set("asset", asset_.id)
                                               .set("kind", result.kind)
                                               .set("attempt", attempt)
                                               .set("number", number_)
                                               .set("reason", why));
    return result;
  }

  // The asset's own tables as inspected, those that were not there yet too: what the attempt is planned on.
  engine::PinnedVersions pins() const {
    engine::PinnedVersions pinned;
    for (const plan::Input& input : inputs_) {
      if (input.version >= 0) pinned[input.node->read_relation()] = input.version;
    }
    for (size_t i = 0; i < asset_.tables.size(); i++) {
      auto& version = pinned[asset_.tables[i].name];
      if (inspection_.snapshots[i]) version = inspection_.snapshots[i]->version();
    }
    return pinned;
  }

  TryOutcome attempt(Work* work, const plan::Decision& decision) {
    std::unique_ptr<engine::Session> session = parts_.world.engine.session(parts_.world.lake, parts_.cancel);
    Transaction transaction(*session, uuid_v4(), pins());
    StepResult result = begin_result(transaction.attempt(), decision.why);
    tell(parts_, result, inspection_.warnings);
    std::unique_ptr<ProgressWatch::Watched> watched = parts_.watch.watch(asset_.id, number_, *session);
    if (work != nullptr) parts_.shared_reads.give(*session, {&step_}, (second_ ? 2 : 1) * work->readings());
    transaction.begin();
    if (work != nullptr) stage(*work, transaction, result, *watched);
    lake::Staged staged = transaction.session().staged();
    refuse_strays(staged, {own_tables(), {}}, node_);
    result.spilled_bytes = transaction.session().metrics().spilled_bytes;
    watched->phase("check");
    confine(transaction.session(), parts_.world.project);  // what was loaded from anywhere is loaded
    check(transaction.session(), staged, result);
    if (const checks::CheckResult* held = blocking(result.checks))
      return held_back(std::move(result), *held, transaction.attempt());
    if (second_) second_->compare(transaction.session(), result);
    parts_.cancel.check();
    watched->phase("publish");
    return publish(work, transaction, std::move(staged), std::move(result));
  }

  std::vector<lake::TableName> own_tables() const {
    std::vector<lake::TableName> names;
    names.reserve(asset_.tables.size());
    for (const auto& table : asset_.tables) names.push_back(table.name);
    return names;
  }

  void stage(Work& work, Transaction& transaction, StepResult& result, ProgressWatch::Watched& watched) {
    try {
      work.stage(transaction, result, watched);
    } catch (const Error&) {
      sql_ = result.sql;
      throw;
    }
  }

  void check(engine::Session& session, const lake::Staged& staged, StepResult& result) {
    if (!parts_.options.checks || step_.checks.empty()) return;
    StepStatistics statistics;
    for (size_t i = 0; i < asset_.tables.size(); i++)
      statistics.published(asset_.tables[i].name, inspection_.snapshots[i]);
    for (const lake::StagedTable& table : staged.tables) statistics.staged(table);
    std::vector<checks::Check> made = checks_of(parts_.world, step_.checks, asset_.id, session);
    result.checks = checks::run_checks(session, made, &statistics, parts_.cancel);
    announce(parts_.announcer, result.checks);
  }

  int64_t elapsed_ms() const { return parts_.world.clock.now_ms() - started_ms_; }

  StepResult held_back(StepResult result, const checks::CheckResult& held, const std::string& attempt) {
    result.status = StepStatus::held_back;
    result.message = held.title + ": " + held.message;
    result.error = Error(ErrorCode::checks_failed, result.message, "weir show --failures " + asset_.id);
    result.ms = elapsed_ms();
    Json fields = Json::object().set("asset", asset_.id).set("kind", result.kind).set("check", held.title);
    fields.set("message", held.message).set("ms", result.ms);
    if (inspection_.snapshots.front()) fields.set("version", inspection_.snapshots.front()->version());
    parts_.announcer.emit("asset.held_back", std::move(fields));
    parts_.recorder.step_ended(result, number_, attempt, started_ms_);
    return result;
  }

  TryOutcome publish(Work* work, Transaction& transaction, lake::Staged staged, StepResult result) {
    Attempt attempt;
    attempt.id = transaction.attempt();
    attempt.run = parts_.announcer.run();
    attempt.step = asset_.id;
    attempt.code = step_.code;
    attempt.cursor_before = inspection_.cursor();
    if (inspection_.head) attempt.cursor_after = inspection_.head->cursor_after;
    for (const plan::Input& input : inputs_) attempt.inputs.push_back(input.manifest_input());
    attempt.checks = manifest_checks(result.checks);
    if (work != nullptr) work->complete(attempt);
    for (const lake::StagedTable& table : staged.tables) result.bytes += table.bytes_added;
    attempt.staged = std::move(staged.tables);
    transaction.release();  // from here the files belong to the protocol
    lake::publish::Outcome outcome = parts_.publisher.publish(asset_, inspection_, std::move(attempt));
    if (auto* superseded = std::get_if<Superseded>(&outcome)) return Replan{superseded->why};
    finish(std::get<Published>(outcome), staged, result, transaction.attempt());
    return result;
  }

  void finish(const Published& published, const lake::Staged& staged, StepResult& result, const std::string& attempt) {
    result.status = StepStatus::published;
    result.n = published.n;
    result.version = published.versions.front();
    result.ms = elapsed_ms();
    tell(parts_, result, published.notes);
    drop_views(staged, result);
    failpoint("state.before");
    parts_.recorder.step_ended(result, number_, attempt, started_ms_);
    Json fields = Json::object().set("asset", asset_.id).set("kind", result.kind).set("version", *result.version);
    fields.set("n", *result.n)
        .set("rows", result.rows)
        .set("quarantined", result.quarantined)
        .set("files", result.files);
    fields.set("bytes", static_cast<int64_t>(result.bytes))
        .set("source_bytes", static_cast<int64_t>(result.source_bytes));
    if (result.spilled_bytes > 0) fields.set("spilled", static_cast<int64_t>(result.spilled_bytes));
    fields.set("ms", result.ms).set("checks", static_cast<int64_t>(result.checks.size()));
    parts_.announcer.emit("asset.published", std::move(fields));
    collect_garbage(result);
    for (size_t i = 0; i < asset_.tables.size(); i++) {
      if (asks_for_compaction(i, staged)) compact(asset_.tables[i], inspection_.snapshots[i], result);
    }
  }

  // By what is known without looking at the table again.
  bool asks_for_compaction(size_t index, const lake::Staged& staged) const {
    if (const auto& before = inspection_.snapshots[index]; before && lake::compacts_itself(before->metadata()))
      return true;
    for (const lake::StagedTable& table : staged.tables) {
      if (table.location.uri() != asset_.tables[index].location.uri()) continue;
      for (const lake::Action& action : table.draft.actions) {
        const auto* metadata = std::get_if<lake::Metadata>(&action);
        if (metadata != nullptr && lake::compacts_itself(*metadata)) return true;
      }
    }
    return false;
  }

  // Where the table asks for it (delta.autoOptimize.autoCompact). The run is published and stands, whatever comes of
  // this: a commit that moves rows only, which to the protocol is like another engine's OPTIMIZE.
  void compact(const lake::publish::AssetTable& table, const std::shared_ptr<const lake::Snapshot>& before,
               StepResult& result) {
    try {
      lake::ParquetIo& parquet = parts_.world.engine.parquet();
      auto snapshot = before ? lake::Snapshot::refresh(before, parquet) : lake::Snapshot::open(table.location, parquet);
      auto plan = lake::automatic_compaction(*snapshot);
      if (!plan) return;
      const int64_t begun_ms = parts_.world.clock.now_ms();
      OptimizeRequest request;
      request.plan = std::move(*plan);
      request.automatic = true;
      const Optimized done = optimize_table(parts_.world.engine, parts_.world.lake, table.name, request, parts_.cancel);
      if (done.commits == 0) return;
      parts_.announcer.emit("asset.compacted", Json::object()
                                                   .set("asset", asset_.id)
                                                   .set("table", table.name.text())
                                                   .set("version", done.version)
                                                   .set("files_before", static_cast<int64_t>(done.files_before))
                                                   .set("files_after", static_cast<int64_t>(done.files_after))
                                                   .set("bytes", done.bytes_rewritten)
                                                   .set("ms", parts_.world.clock.now_ms() - begun_ms));
    } catch (const Error& error) {
      if (error.code() == ErrorCode::cancelled) return;
      tell(parts_, result, {"small files of " + table.name.text() + " were not put together: " + error.message()});
    }
  }

  // A model that was a view before is a table now: the table is public, the name of the view can go.
  void drop_views(const lake::Staged& staged, StepResult& result) {
    if (staged.views.empty()) return;
    try {
      parts_.world.lake->update_catalog([&](lake::CatalogContent& content) {
        for (const lake::StagedView& view : staged.views) {
          if (!view.entry && !view.function) content.views.erase(lower(view.name.text()));
        }
      });
    } catch (const Error& error) {
      tell(parts_, result, {"the former view could not be removed from the catalogue: " + error.message()});
    }
  }

  void collect_garbage(StepResult& result) {
    if (!parts_.options.collect_garbage) return;
    try {
      parts_.publisher.collect_garbage(asset_, false, false);
    } catch (const Error& error) {
      tell(parts_, result, {"old files could not be removed: " + error.message()});
    }
  }

  RunParts& parts_;
  const plan::Step& step_;
  StepSql& sql_;
  const project::Node& node_;
  lake::publish::Asset asset_;
  Inspection inspection_;
  std::vector<plan::Input> inputs_;
  std::optional<StepResult> resumed_;
  std::optional<SecondBuild> second_;
  int number_ = 1;
  int64_t started_ms_ = 0;
};

}  // namespace

StepResult run_table_step(RunParts& parts, const plan::Step& step, StepSql& sql) {
  return TableStep(parts, step, sql).run();
}

}  // namespace weir::run
