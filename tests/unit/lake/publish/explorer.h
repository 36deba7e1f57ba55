// Random schedules of the publish protocol: two runners interleaved at every operation of the store, crashes, lost
// answers, late puts, other engines, time. The same seed gives the same schedule. Its model is an exhaustive one of the
// same rules; here the code itself is under test.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <random>

#include "base/time.h"
#include "baton.h"
#include "hook_store.h"
#include "judge.h"
#include "mutants.h"
#include "world.h"

namespace weir::lake::publish {

struct ScheduleOptions {
  size_t tables = 1;
  int64_t records = 6;
  int64_t rollback_keep_ms = day_ms;
  int runs_per_runner = 5;
  int crashes = 1, lost = 1, late = 1;                                   // budgets of faults
  int optimize = 0, append = 0, restore = 0, overwrite = 0, vacuum = 0;  // budgets of other engines
  int restore_all = 0;  // all tables to the same attempt, one after the other
  int clean = 0, rollback = 0, collect = 0, pauses = 0;
  int long_sleeps = 0;  // days pass and VACUUM runs before anybody wakes up
  bool follow_restore = false;
  Mutation mutation = Mutation::none;
};

class Schedule {
 public:
  Schedule(uint64_t seed, const ScheduleOptions& options, bool written_down = false)
      : options_(options),
        written_down_(written_down || options.mutation != Mutation::none),
        random_(seed),
        world_(options.tables, options.records),
        judge_(world_) {
    world_.asset.rollback_keep_ms = options.rollback_keep_ms;
    if (options.follow_restore) world_.asset.on_restore = OnRestore::follow;
  }

  const std::map<std::string, int>& landed() const { return judge_.landed(); }

  // After run(): the lone runner at the end was not refused.
  bool consumed_all() const { return consumed_all_; }

  // What was violated, or "".
  std::string run() {
    {
      Baton baton;
      baton_ = &baton;
      for (size_t id = 0; id < 2; ++id) baton.start([this, id] { runner(id); });
      while (!baton.finished(0) || !baton.finished(1)) step(baton);
    }
    if (!broken_.empty()) return broken_;
    release_late(late_.size());
    while (!to_restore_.empty()) restore_next();
    check();
    if (broken_.empty()) alone();
    return broken_;
  }

 private:
  struct Crash {};

  // WEIR_TRACE shows a schedule's steps.
  void note(const std::string& what) const {
    if (std::getenv("WEIR_TRACE") != nullptr)
      std::cout << iso_seconds(world_.clock_now()) << " " << what << " (acked " << world_.queue.acked_at << ")\n";
  }

  uint64_t up_to(uint64_t bound) { return random_() % bound; }
  bool chance(int percent) { return up_to(100) < static_cast<uint64_t>(percent); }
  bool spend(int& budget, int percent) { return budget > 0 && chance(percent) && budget-- > 0; }

  void check(bool at_end = false) {
    if (!broken_.empty()) return;
    try {
      broken_ = judge_.check(at_end);
    } catch (const Error& error) {
      broken_ = std::string("UNREADABLE: ") + error.what();
    }
  }

  // ---- the main thread
  void step(Baton& baton) {
    const size_t id = up_to(2);
    if (baton.finished(id)) return;
    if (broken_.empty()) environment();
    baton.run(id);
    check();
  }

  void environment() {
    if (!late_.empty() && chance(5)) release_late(1);
    const size_t table = up_to(options_.tables);
    if (spend(options_.pauses, 3))
      world_.clock.advance(static_cast<int64_t>(up_to(3) == 0 ? 8 * day_ms : 13 * hour_ms));
    if (spend(options_.long_sleeps, 6)) sleep_long();
    if (!to_restore_.empty() && chance(30)) restore_next();
    const auto version = latest_version(world_.table(table));
    if (!version) return;
    OtherEngine other(world_, table);
    if (spend(options_.optimize, 4) && other.optimize()) {
      optimized_ = true;
      note("OPTIMIZE of table " + std::to_string(table));
    }
    if (spend(options_.append, 4)) {
      const int64_t number = first_foreign_row + foreign_rows_++;
      if (other.append(number)) judge_.foreign_row(table, number);
    }
    if (*version > 0 && spend(options_.restore, 4)) try_restore(other, *version);
    if (spend(options_.restore_all, 4)) plan_restore_of_all();
    if (spend(options_.overwrite, 3)) other.overwrite(first_foreign_row - 1);
    if (spend(options_.vacuum, 4)) {
      judge_.remember_files();
      other.vacuum(7 * day_ms);
    }
    if (*version > 1 && spend(options_.clean, 3)) {
      check();  // the judge reads the log while it is there
      other.clean_log();
      for (int64_t old = 0; old < *version; ++old) cleaned_.insert(commit_key(world_.table(table), old));
    }
  }

  void sleep_long() {
    note("8 days pass, VACUUM");
    ++sleeps_;
    world_.clock.advance(8 * day_ms);
    judge_.remember_files();
    for (size_t i = 0; i < options_.tables; ++i)
      if (latest_version(world_.table(i))) OtherEngine(world_, i).vacuum(7 * day_ms);
  }

  void try_restore(OtherEngine& other, int64_t newest) {
    try {
      other.restore(static_cast<int64_t>(up_to(static_cast<uint64_t>(newest))));
    } catch (const Error&) {
      // the version is no longer there
    }
  }

  // Of some attempt of the first table the version in every table that has one; the tables follow in random order, and
  // other things happen between them.
  void plan_restore_of_all() {
    const std::string app = app_id(world_.asset.id);
    std::vector<int64_t> attempts;
    std::map<std::pair<size_t, int64_t>, int64_t> versions;  // table, n
    for (size_t i = 0; i < options_.tables; ++i)
      for (int64_t version = 0; const auto commit = read_commit(world_.table(i), version); ++version)
        if (const Txn* txn = commit->txn(app)) {
          versions[{i, txn->version}] = version;
          if (i == 0) attempts.push_back(txn->version);
        }
    if (attempts.size() < 2) return;
    const int64_t n = attempts[up_to(attempts.size() - 1)];
    to_restore_.clear();
    for (size_t i = 0; i < options_.tables; ++i)
      if (versions.contains({i, n})) to_restore_.emplace_back(i, versions[{i, n}]);
    if (chance(50)) std::reverse(to_restore_.begin(), to_restore_.end());
    restore_next();
  }

  void restore_next() {
    const auto [table, version] = to_restore_.back();
    to_restore_.pop_back();
    note("RESTORE of table " + std::to_string(table) + " to version " + std::to_string(version));
    try {
      OtherEngine(world_, table).restore(version);
    } catch (const Error&) {
      // the version is no longer there
    }
  }

  void release_late(size_t count) {
    for (; count > 0 && !late_.empty(); --count) {
      const size_t i = up_to(late_.size());
      const auto operation = late_[i];
      note("a late put arrives");
      late_.erase(late_.begin() + static_cast<std::ptrdiff_t>(i));
      operation();
    }
  }

  // ---- the runners' threads
  Fate fate_of(size_t id, Verb verb, const std::string& key) {
    if (!broken_.empty()) throw Crash{};  // the schedule is over
    if (mutates(verb) || chance(15)) baton_->yield(id);
    if (!broken_.empty()) throw Crash{};
    if (spend(options_.crashes, 2)) throw Crash{};
    if (verb == Verb::remove) judge_.remember_files();
    if (verb != Verb::put_if_absent) return Fate::normal;
    if (cleaned_.contains(key)) return Fate::exists;  // nobody sleeps longer than the log's retention of 30 days
    if (spend(options_.lost, 8)) return Fate::lose_answer;
    if (spend(options_.late, 8)) return Fate::late;
    return Fate::normal;
  }

  std::shared_ptr<HookStore> hooked(size_t id) {
    auto store = std::make_shared<HookStore>(world_.memory);
    store->before = [this, id](Verb verb, const std::string& key) { return fate_of(id, verb, key); };
    store->after = [this, id](Verb, const std::string& key) {
      note("runner " + std::to_string(id) + " put or removed " + key);
      check();
      if (spend(options_.crashes, 2)) throw Crash{};
    };
    store->late = [this](std::function<void()> operation) { late_.push_back(std::move(operation)); };
    return store;
  }

  void runner(size_t id) {
    for (int run = 0; run < options_.runs_per_runner && broken_.empty(); ++run) {
      try {
        one_run(world_.through(hooked(id)));
      } catch (const Crash&) {
        note("runner " + std::to_string(id) + " crashed");
      } catch (const Error& error) {
        note("runner " + std::to_string(id) + " " + error.what());
        if (error.code() == ErrorCode::internal) broken_ = std::string("INTERNAL: ") + error.what();
      }
    }
  }

  void one_run(const Asset& asset) {
    MutantRunner mutant(world_, asset, options_.mutation);
    Publisher publisher = world_.publisher();
    if (chance(50)) publisher.set_restage(restager(asset));
    if (spend(options_.collect, 30)) return mutant.collect();
    if (world_.rows().version > 0 && spend(options_.rollback, 50)) return roll_back(asset, publisher, mutant);
    const int64_t more = chance(75) ? 1 : options_.records;
    if (written_down_ && chance(80)) {
      const Inspection now = publisher.look(asset);
      return mutant.load_to(std::min(options_.records, Queue::position(now.cursor()) + more));
    }
    const Inspection inspected = publisher.inspect(asset, &world_.queue);
    if (inspected.resumable && chance(50)) {
      publisher.resume(asset, inspected, &world_.queue);
      return;
    }
    const int64_t to = std::min(options_.records, Queue::position(inspected.cursor()) + more);
    if (to > Queue::position(inspected.cursor()))
      publisher.publish(asset, inspected, attempt_for(asset, inspected, to), &world_.queue);
  }

  void roll_back(const Asset& asset, Publisher& publisher, MutantRunner& mutant) {
    rolled_back_ = true;
    const std::vector<Manifest> chain = publisher.chain(asset);
    if (chain.size() > 1) mutant.roll_back_to(chain[1 + up_to(chain.size() - 1)]);
  }

  Publisher::Restage restager(const Asset& asset) {
    return [this, asset](const Manifest& manifest, size_t table) -> std::optional<StagedTable> {
      const int64_t from = Queue::position(manifest.cursor_before);
      if (from < world_.queue.acked_at) return std::nullopt;
      const auto base = Snapshot::open_if_exists(asset.tables[table].location, world_.parquet);
      return stage(asset.tables[table], base, uuid_v4(), from, Queue::position(manifest.cursor_after));
    };
  }

  // ---- afterwards one runner alone, nothing failing, must consume everything or refuse for a reason
  void alone() {
    Publisher publisher = world_.publisher();
    for (int run = 0; run < 30 && broken_.empty(); ++run) {
      try {
        const Inspection inspected = publisher.inspect(world_.asset, &world_.queue);
        check(true);
        consumed_all_ = Queue::position(inspected.cursor()) == options_.records;
        if (consumed_all_) return;
        publisher.publish(world_.asset, inspected, attempt_for(world_.asset, inspected, options_.records),
                          &world_.queue);
        check();
      } catch (const Error& error) {
        check();
        if (broken_.empty() && !excused(error.code()))
          broken_ = std::string("REFUSED without a reason: ") + error.what();
        return;
      }
    }
    if (broken_.empty()) broken_ = "STUCK: a lone runner does not finish";
  }

  bool excused(ErrorCode code) {
    if (code == ErrorCode::foreign) return judge_.damaged();
    // The state before a head with missing files is itself gone: compacted and vacuumed meanwhile, or a rollback that
    // slept past the retention and was not noticed until the retention had passed once more.
    if (code == ErrorCode::data_lost)
      return sleeps_ > 0 && (options_.tables > 1 ? optimized_ || foreign_rows_ > 0 : sleeps_ > 1 && rolled_back_);
    return code == ErrorCode::log_gap && !cleaned_.empty();
  }

  ScheduleOptions options_;
  bool written_down_;  // loads by MutantRunner
  std::mt19937_64 random_;
  World world_;
  Judge judge_;
  Baton* baton_ = nullptr;
  std::vector<std::function<void()>> late_;
  std::vector<std::pair<size_t, int64_t>> to_restore_;  // table, version
  std::string broken_;
  int64_t foreign_rows_ = 0;
  bool optimized_ = false, rolled_back_ = false;
  std::set<std::string> cleaned_;  // commits that the log no longer has
  int sleeps_ = 0;
  bool consumed_all_ = false;
};

}  // namespace weir::lake::publish
