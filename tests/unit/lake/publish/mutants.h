// A runner with one rule of the protocol left out: the explorer must catch each.
#pragma once

#include "base/hash.h"
#include "lake/publish/inverse.h"
#include "lake/publish/prepare.h"
#include "other_engine.h"
#include "world.h"

namespace weir::lake::publish {

enum class Mutation {
  none,
  commits_if_txn_is_smaller,  // instead of: equal to the parent
  does_not_scan,              // publishes over what other engines did since the plan
  overwrites_manifests,       // put instead of put_if_absent
  acks_its_own_cursor,        // instead of the head's floor
  ignores_age_and_files,      // no deadline, no verify
  skips_a_version,            // after an unanswered put goes on to the next version
  collects_above_the_head,    // garbage collection of prepared manifests
  rolls_back_over_others,     // does not ask whether others wrote since
};

// Publisher's way of an attempt, written down again step by step so that a step can be left out.
class MutantRunner {
 public:
  MutantRunner(World& world, const Asset& asset, Mutation mutation)
      : world_(world), asset_(asset), mutation_(mutation) {}

  void load_to(int64_t to) {
    const Inspection inspected = world_.publisher().inspect(asset_, &world_.queue);
    if (Queue::position(inspected.cursor()) >= to) return;
    const Attempt attempt = attempt_for(asset_, inspected, to);
    Manifest plan = plan_of(inspected, attempt);
    plan.ack_floor = floor_of(inspected);
    take_number(plan);
    if (!commit_all(plan)) return;
    if (mutation_ == Mutation::acks_its_own_cursor)
      world_.queue.ack(plan.cursor_after);
    else if (mutation_ == Mutation::ignores_age_and_files)
      world_.queue.ack(plan.ack_floor);
    else
      world_.publisher().inspect(asset_, &world_.queue);
  }

  void collect() {
    if (mutation_ != Mutation::collects_above_the_head) {
      world_.publisher().collect_garbage(asset_, false);
      return;
    }
    const Inspection inspected = world_.publisher().inspect(asset_, &world_.queue);
    for (int64_t n : list_manifests(asset_.anchor().location, asset_.id))
      if (!inspected.head || n != inspected.head->n)
        asset_.anchor().location.store->remove(manifest_key(asset_.anchor().location, asset_.id, n));
  }

  void roll_back_to(const Manifest& target) {
    if (mutation_ != Mutation::rolls_back_over_others) {
      world_.publisher().rollback(asset_, target.n, "run", &world_.queue);
      return;
    }
    const Inspection inspected = world_.publisher().inspect(asset_, &world_.queue);
    if (!inspected.head || target.n >= inspected.head->n) return;
    Manifest plan = plan_of(inspected, attempt_for(asset_, inspected, Queue::position(inspected.cursor())));
    plan.kind = Kind::rollback;
    plan.cursor_after = target.cursor_after;
    plan.ack_floor = inspected.head->ack_floor;
    plan.tables[0].actions.clear();
    const TableLocation& table = asset_.anchor().location;
    for (const CommitFile& commit :
         read_commits(table, target.tables[0].read_version, plan.tables[0].read_version).commits) {
      const Txn* txn = commit.txn(app_id(asset_.id));
      if (txn == nullptr || txn->version != target.n) continue;
      const auto then = Snapshot::open(table, world_.parquet, {.version = commit.version, .at_ms = {}});
      auto actions = back_to(*then, *inspected.snapshots[0], world_.clock.now_ms());
      if (!std::holds_alternative<std::vector<Action>>(actions)) return;
      plan.tables[0].actions = std::get<std::vector<Action>>(actions);
      take_number(plan);
      commit_all(plan);
      return;
    }
  }

 private:
  Json floor_of(const Inspection& inspected) const {
    if (asset_.rollback_keep_ms == 0) return at(world_.queue.records == 0 ? 0 : world_.queue.records);
    return inspected.head ? inspected.head->ack_floor : Json();
  }

  Manifest plan_of(const Inspection& inspected, const Attempt& attempt) {
    Manifest plan;
    plan.asset = asset_.id;
    plan.owner = asset_.owner;
    plan.attempt = attempt.id;
    plan.step = attempt.step;
    plan.run = attempt.run;
    plan.code = attempt.code;
    if (inspected.head) plan.parent = Parent{inspected.head->n, inspected.head->sha256};
    plan.cursor_before = attempt.cursor_before;
    plan.cursor_after = attempt.cursor_after;
    plan.source_identity = world_.queue.identity();
    plan.source_start = at(0);
    for (size_t i = 0; i < asset_.tables.size(); ++i) {
      ManifestTable table;
      table.uri = asset_.tables[i].location.uri();
      const auto& snapshot = inspected.snapshots[i];
      table.read_version = snapshot ? snapshot->version() : -1;
      if (inspected.head) table.txn_before = inspected.head->n;
      table.mode = "append";
      table.blind = true;
      table.actions = attempt.staged[i].draft.actions;
      table.commit_info = Json::object().set("operation", "WRITE");
      for (const Action& action : table.actions)
        if (const auto* metadata = std::get_if<Metadata>(&action)) table.id = metadata->id;
      if (snapshot) table.id = snapshot->metadata().id;
      plan.tables.push_back(std::move(table));
    }
    return plan;
  }

  void take_number(Manifest& plan) {
    const TableLocation& anchor = asset_.anchor().location;
    if (asset_.rollback_keep_ms == 0 && plan.kind == Kind::publish) plan.ack_floor = plan.cursor_after;
    if (mutation_ != Mutation::overwrites_manifests) {
      plan = prepare(anchor, {}, plan, {}, world_.clock).manifest;
      return;
    }
    plan.n = plan.parent ? plan.parent->n + 1 : 1;
    plan.sha256 = sha256_hex(plan.to_bytes());
    anchor.store->put(manifest_key(anchor, asset_.id, plan.n), plan.to_bytes());
  }

  bool may_commit(const ManifestTable& table, const TableLocation& location, const Snapshot* newest, int64_t n) {
    const auto txn = newest == nullptr ? std::nullopt : newest->txn(app_id(asset_.id));
    const std::optional<int64_t> number = txn ? std::optional(txn->version) : std::nullopt;
    if (mutation_ == Mutation::commits_if_txn_is_smaller) {
      if (number.value_or(0) >= n) return false;
    } else if (number != table.txn_before) {
      return false;
    }
    if (newest != nullptr && table.read_version == -1 && !number) return false;
    if (mutation_ == Mutation::does_not_scan || newest == nullptr) return true;
    const CommitRange since = read_commits(location, table.read_version, newest->version());
    for (const CommitFile& commit : since.commits)
      if (commit.txn(app_id(asset_.id)) == nullptr && classify(commit, table.id) != ChangeClass::harmless) return false;
    return !since.first_missing;
  }

  bool commit_all(const Manifest& plan) {
    for (size_t i = 0; i < plan.tables.size(); ++i)
      if (!commit(plan, plan.tables[i], asset_.tables[i].location)) return false;
    return true;
  }

  bool commit(const Manifest& plan, const ManifestTable& table, const TableLocation& location) {
    int64_t skip = 0;
    for (int sends = 0; sends < 20; ++sends) {
      const auto newest = Snapshot::open_if_exists(location, world_.parquet);
      const auto txn = newest ? newest->txn(app_id(asset_.id)) : std::nullopt;
      if (txn && txn->version == plan.n) return true;
      if (!may_commit(table, location, newest.get(), plan.n)) return false;
      const int64_t version = (newest ? newest->version() : -1) + 1;
      CommitDraft draft;
      draft.actions.emplace_back(Txn{app_id(asset_.id), plan.n, world_.clock.now_ms()});
      for (const Action& action : table.actions) draft.actions.push_back(action);
      draft.extra_commit_info.set("weir", Json::object()
                                              .set("kind", kind_text(plan.kind))
                                              .set("n", plan.n)
                                              .set("parent", plan.parent ? Json(plan.parent->n) : Json())
                                              .set("attempt", plan.attempt)
                                              .set("sha256", plan.sha256));
      const std::string bytes = commit_bytes(draft, newest.get(), version, world_.clock.now_ms());
      const CommitPut put = put_commit(location, version + skip, bytes);
      if (put == CommitPut::done) return true;
      if (put == CommitPut::unknown && mutation_ == Mutation::skips_a_version) skip = 1;
    }
    return false;
  }

  World& world_;
  const Asset& asset_;
  Mutation mutation_;
};

}  // namespace weir::lake::publish
