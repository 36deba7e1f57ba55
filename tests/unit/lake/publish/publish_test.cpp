// The way of one attempt: prepare, guard, commit, finalise; lost answers and late puts at each put.
#include <gtest/gtest.h>

#include "base/hash.h"
#include "hook_store.h"
#include "other_engine.h"
#include "world.h"

namespace weir::lake::publish {
namespace {

bool is_commit(const std::string& key) {
  return key.find("/_delta_log/") != std::string::npos && key.ends_with(".json");
}
bool is_manifest(const std::string& key) {
  return key.find("/_weir/") != std::string::npos && key.find("/0000") != std::string::npos && key.ends_with(".json");
}

TEST(Publish, first_commit_creates_the_table_with_its_data_and_txn) {
  World world(1, 3);
  const Published published = must_load_to(world, 3);
  EXPECT_EQ(published.n, 1);
  EXPECT_EQ(published.versions, (std::vector<int64_t>{0}));
  EXPECT_EQ(world.sorted_rows(), range(0, 3));
  EXPECT_EQ(world.rows().txn, 1);
  const auto commit = read_commit(world.table(), 0);
  const Json& weir = commit->commit_info()->fields.at("weir");
  EXPECT_EQ(weir.at("n").as_int(), 1);
  EXPECT_TRUE(weir.at("parent").is_null());
  EXPECT_EQ(weir.at("anchor").as_string(), world.table().uri());
  EXPECT_EQ(weir.at("sha256").as_string(), read_manifest(world.table(), world.asset.id, 1)->sha256);
  EXPECT_TRUE(commit->txn("weir:raw.numbers")->last_updated_ms.has_value());
}

TEST(Publish, next_commit_continues_from_the_heads_cursor) {
  World world(1, 5);
  must_load_to(world, 2);
  EXPECT_EQ(must_load_to(world, 5).n, 2);
  EXPECT_EQ(world.sorted_rows(), range(0, 5));
  const auto head = read_manifest(world.table(), world.asset.id, 2);
  EXPECT_EQ(head->parent->n, 1);
  EXPECT_EQ(head->cursor_before, at(2));
  EXPECT_EQ(head->cursor_after, at(5));
  EXPECT_TRUE(read_commit(world.table(), 1)->commit_info()->fields.at("isBlindAppend").as_bool());
}

TEST(Publish, abandoned_numbers_leave_holes) {
  World world(1, 5);
  must_load_to(world, 1);
  Publisher publisher = world.publisher();
  const Inspection stale = publisher.inspect(world.asset, &world.queue);
  const Attempt late = attempt_for(world.asset, stale, 2);
  must_load_to(world, 3);
  const Outcome outcome = publisher.publish(world.asset, stale, late, &world.queue);
  EXPECT_TRUE(std::holds_alternative<Superseded>(outcome));
  EXPECT_EQ(must_load_to(world, 5).n, 4);
  EXPECT_EQ(world.sorted_rows(), range(0, 5));
  EXPECT_EQ(list_manifests(world.table(), world.asset.id), (std::vector<int64_t>{1, 2, 3, 4}));
}

TEST(Publish, two_first_publishes_make_one_table) {
  World world(1, 2);
  Publisher publisher = world.publisher();
  const Inspection nothing = publisher.inspect(world.asset, &world.queue);
  const Attempt one = attempt_for(world.asset, nothing, 2), two = attempt_for(world.asset, nothing, 2);
  EXPECT_TRUE(std::holds_alternative<Published>(publisher.publish(world.asset, nothing, one, &world.queue)));
  EXPECT_TRUE(std::holds_alternative<Superseded>(publisher.publish(world.asset, nothing, two, &world.queue)));
  EXPECT_EQ(world.sorted_rows(), range(0, 2));
}

TEST(Publish, appends_and_compaction_of_others_are_rebased_over) {
  World world(1, 5);
  must_load_to(world, 1);
  must_load_to(world, 2);
  Publisher publisher = world.publisher();
  const Inspection inspected = publisher.inspect(world.asset, &world.queue);
  const Attempt attempt = attempt_for(world.asset, inspected, 5);
  ASSERT_TRUE(OtherEngine(world).optimize());
  ASSERT_TRUE(OtherEngine(world).append(100));
  const Outcome outcome = publisher.publish(world.asset, inspected, attempt, &world.queue);
  ASSERT_TRUE(std::holds_alternative<Published>(outcome));
  EXPECT_EQ(std::get<Published>(outcome).versions[0], 4);
  EXPECT_EQ(world.sorted_rows(), (std::vector<int64_t>{0, 1, 2, 3, 4, 100}));
}

TEST(Publish, overwrite_gives_way_to_a_compaction_that_came_first) {
  World world(1, 4);
  must_load_to(world, 2);
  must_load_to(world, 4);
  Publisher publisher = world.publisher();
  const Inspection inspected = publisher.inspect(world.asset, nullptr);
  Attempt attempt = attempt_for(world.asset, inspected, 4);
  attempt.staged[0] = stage(world.asset.tables[0], inspected.snapshots[0], attempt.id, 0, 4, WriteMode::overwrite);
  ASSERT_TRUE(OtherEngine(world).optimize());
  EXPECT_TRUE(std::holds_alternative<Superseded>(publisher.publish(world.asset, inspected, attempt, nullptr)));
  EXPECT_EQ(world.sorted_rows(), range(0, 4));
}

TEST(Publish, is_abandoned_when_another_engine_restored_meanwhile) {
  World world(1, 5);
  must_load_to(world, 1);
  must_load_to(world, 2);
  Publisher publisher = world.publisher();
  const Inspection inspected = publisher.inspect(world.asset, &world.queue);
  const Attempt attempt = attempt_for(world.asset, inspected, 5);
  ASSERT_TRUE(OtherEngine(world).restore(0));
  const Outcome outcome = publisher.publish(world.asset, inspected, attempt, &world.queue);
  ASSERT_TRUE(std::holds_alternative<Superseded>(outcome));
  EXPECT_EQ(world.sorted_rows(), range(0, 1));
  EXPECT_EQ(code_of([&] { publisher.inspect(world.asset, &world.queue); }), ErrorCode::foreign);
}

TEST(Publish, is_abandoned_past_the_deadline_by_the_stores_clock) {
  World world(1, 5);
  must_load_to(world, 1);
  Publisher publisher = world.publisher();
  const Inspection inspected = publisher.inspect(world.asset, &world.queue);
  const Attempt attempt = attempt_for(world.asset, inspected, 5);
  world.clock.advance(3 * day_ms);  // half of the default retention of a week has not passed
  EXPECT_TRUE(std::holds_alternative<Published>(publisher.publish(world.asset, inspected, attempt, &world.queue)));
  const Inspection again = publisher.inspect(world.asset, &world.queue);
  Attempt late = attempt_for(world.asset, again, 5);
  late.cursor_after = at(5);
  world.clock.advance(4 * day_ms);
  const Outcome outcome = publisher.publish(world.asset, again, late, &world.queue);
  EXPECT_TRUE(std::holds_alternative<Published>(outcome)) << "an attempt without files has no deadline";
  world.queue.records = 8;
  const Inspection third = publisher.inspect(world.asset, &world.queue);
  const Attempt too_late = attempt_for(world.asset, third, 8);
  world.clock.advance(4 * day_ms);
  EXPECT_TRUE(std::holds_alternative<Superseded>(publisher.publish(world.asset, third, too_late, &world.queue)));
  EXPECT_EQ(world.sorted_rows(), range(0, 5));
}

// A runner that sleeps for days between taking its number and looking at the clock must not think it is early.
TEST(Publish, a_pause_after_the_manifest_counts_against_the_deadline) {
  World world(1, 5);
  must_load_to(world, 1);
  auto store = std::make_shared<HookStore>(world.memory);
  store->after = [&](Verb verb, const std::string& key) {
    if (verb == Verb::put_if_absent && is_manifest(key)) world.clock.advance(5 * day_ms);
  };
  EXPECT_TRUE(std::holds_alternative<Superseded>(load_to(world, world.through(store), 5)));
  EXPECT_EQ(world.sorted_rows(), range(0, 1));
}

TEST(Publish, big_lists_of_actions_are_kept_beside_the_manifest) {
  World world(1, 1);
  must_load_to(world, 1);
  Publisher publisher = world.publisher();
  const Inspection inspected = publisher.inspect(world.asset, &world.queue);
  Attempt attempt = attempt_for(world.asset, inspected, 1);
  const std::string name(150, 'x');
  for (int i = 0; i < 6000; ++i) {
    Add add;
    add.path = name + std::to_string(i) + ".parquet";
    world.memory->put(world.table().key(add.path), "");
    attempt.staged[0].draft.actions.emplace_back(add);
  }
  const Outcome outcome = publisher.publish(world.asset, inspected, attempt, &world.queue);
  ASSERT_TRUE(std::holds_alternative<Published>(outcome));
  auto manifest = read_manifest(world.table(), world.asset.id, 2);
  ASSERT_TRUE(manifest->actions_file.has_value());
  EXPECT_EQ(manifest->actions_file->file, "00000000000000000002.actions.json");
  EXPECT_TRUE(manifest->tables[0].actions.empty());
  load_actions(world.table(), *manifest);
  EXPECT_EQ(manifest->tables[0].actions.size(), 6000U);
  EXPECT_LT(manifest->to_bytes().size(), 10'000U);

  const std::string beside = manifest_folder(world.table(), world.asset.id) + manifest->actions_file->file;
  world.memory->put(beside, world.memory->read(beside) + " ");
  auto damaged = read_manifest(world.table(), world.asset.id, 2);
  EXPECT_EQ(code_of([&] { load_actions(world.table(), *damaged); }), ErrorCode::manifest_damaged);
}

// Each put of a publish loses its answer, happens late, or fails: the next run ends with each record exactly once.
class EachPut : public testing::TestWithParam<std::tuple<Fate, size_t>> {};

TEST_P(EachPut, goes_wrong_and_nothing_is_doubled_or_lost) {
  const auto [fate, tables] = GetParam();
  for (int hit = 1; hit < 100; ++hit) {
    World world(tables, 4);
    must_load_to(world, 2);
    std::vector<std::function<void()>> late;
    auto store = std::make_shared<HookStore>(world.memory);
    int puts = 0;
    bool reached = false;
    store->late = [&](std::function<void()> operation) { late.push_back(std::move(operation)); };
    store->before = [&, fate = fate](Verb verb, const std::string&) {
      if (verb != Verb::put_if_absent && verb != Verb::put) return Fate::normal;
      if (++puts != hit) return Fate::normal;
      reached = true;
      return fate;
    };
    try {
      load_to(world, world.through(store), 4);
    } catch (const Error& error) {
      ASSERT_TRUE(error.code() == ErrorCode::store_io || error.code() == ErrorCode::store_unknown) << error.what();
    }
    Publisher publisher = world.publisher();
    Inspection inspected = publisher.inspect(world.asset, &world.queue);
    for (auto& operation : late) operation();
    if (Queue::position(inspected.cursor()) < 4) must_load_to(world, 4);
    for (size_t i = 0; i < tables; ++i) ASSERT_EQ(world.sorted_rows(i), range(0, 4)) << "put " << hit << " table " << i;
    inspected = publisher.inspect(world.asset, &world.queue);
    ASSERT_EQ(inspected.cursor(), at(4));
    if (!reached) {
      ASSERT_GT(hit, 2) << "a publish has at least a manifest and a commit";
      return;
    }
  }
  FAIL() << "a publish has fewer puts than that";
}

std::string put_case_name(const testing::TestParamInfo<std::tuple<Fate, size_t>>& info) {
  const Fate fate = std::get<0>(info.param);
  return std::string(fate == Fate::lose_answer ? "lost_answer"
                     : fate == Fate::late      ? "late"
                                               : "failure") +
         "_in_" + std::to_string(std::get<1>(info.param)) + "_tables";
}
INSTANTIATE_TEST_SUITE_P(Faults, EachPut,
                         testing::Combine(testing::Values(Fate::lose_answer, Fate::late, Fate::fail),
                                          testing::Values(size_t{1}, size_t{2})),
                         put_case_name);

// While version L+1 is absent after an unanswered put, only the same bytes may be sent, only to L+1.
TEST(Publish, unanswered_commit_is_sent_again_with_the_same_bytes) {
  World world(1, 4);
  must_load_to(world, 2);
  auto store = std::make_shared<HookStore>(world.memory);
  std::vector<std::string> sent;
  std::vector<std::function<void()>> late;
  store->late = [&](std::function<void()> operation) { late.push_back(std::move(operation)); };
  store->before = [&](Verb verb, const std::string& key) {
    if (verb != Verb::put_if_absent || !is_commit(key)) return Fate::normal;
    sent.push_back(key);
    return sent.size() < 4 ? Fate::late : Fate::normal;
  };
  load_to(world, world.through(store), 4);
  EXPECT_EQ(sent, std::vector<std::string>(4, commit_key(world.table(), 1)));
  const std::string landed = world.memory->read(commit_key(world.table(), 1));
  for (auto& operation : late) operation();
  EXPECT_EQ(world.memory->read(commit_key(world.table(), 1)), landed);
  EXPECT_EQ(world.rows().version, 1);
  EXPECT_EQ(world.sorted_rows(), range(0, 4));
}

TEST(Publish, commit_that_landed_without_answer_is_found_even_below_newer_commits) {
  World world(1, 4);
  must_load_to(world, 2);
  auto store = std::make_shared<HookStore>(world.memory);
  bool lost = false;
  store->before = [&](Verb verb, const std::string& key) {
    if (lost || verb != Verb::put_if_absent || !is_commit(key)) return Fate::normal;
    lost = true;
    return Fate::lose_answer;
  };
  store->after = [&](Verb verb, const std::string& key) {
    if (verb == Verb::put_if_absent && is_commit(key)) OtherEngine(world).append(100);
  };
  const Outcome outcome = load_to(world, world.through(store), 4);
  ASSERT_TRUE(std::holds_alternative<Published>(outcome));
  EXPECT_EQ(std::get<Published>(outcome).versions[0], 1);
  EXPECT_EQ(world.sorted_rows(), (std::vector<int64_t>{0, 1, 2, 3, 100}));
}

TEST(Publish, version_that_was_taken_and_cleaned_away_is_not_tried_for_ever) {
  World world(1, 4);
  must_load_to(world, 2);
  auto store = std::make_shared<HookStore>(world.memory);
  int answers = 0;
  store->before = [&](Verb verb, const std::string& key) {
    if (verb != Verb::put_if_absent || !is_commit(key)) return Fate::normal;
    return ++answers == 1 ? Fate::exists : Fate::normal;
  };
  EXPECT_TRUE(std::holds_alternative<Published>(load_to(world, world.through(store), 4)));
  EXPECT_EQ(answers, 2);
}

TEST(Publish, foreign_table_that_appears_before_the_first_commit_wins) {
  World world(1, 2), other(1, 1);
  auto store = std::make_shared<HookStore>(world.memory);
  store->before = [&](Verb verb, const std::string& key) {
    if (verb == Verb::put_if_absent && is_commit(key) && !world.memory->head(key)) {
      const Metadata metadata = integers_metadata(uuid_v4());
      world.memory->put_if_absent(key, write_commit({CommitInfo{}, lowest_protocol(metadata), metadata}));
    }
    return Fate::normal;
  };
  EXPECT_TRUE(std::holds_alternative<Superseded>(load_to(world, world.through(store), 2)));
  Publisher publisher = world.publisher();
  EXPECT_EQ(code_of([&] { publisher.inspect(world.asset, &world.queue); }), ErrorCode::txn_lost);
}

TEST(Resume, takes_up_a_prepared_append_with_the_same_number) {
  World world(1, 4);
  must_load_to(world, 2);
  auto store = std::make_shared<HookStore>(world.memory);
  store->before = [&](Verb verb, const std::string& key) {
    return verb == Verb::put_if_absent && is_commit(key) ? Fate::fail : Fate::normal;
  };
  EXPECT_EQ(code_of([&] { load_to(world, world.through(store), 4); }), ErrorCode::store_io);
  Publisher publisher = world.publisher();
  const Inspection inspected = publisher.inspect(world.asset, &world.queue);
  ASSERT_TRUE(inspected.resumable.has_value());
  EXPECT_EQ(inspected.resumable->code, "code-1");
  // Two resumers are one attempt.
  const Outcome first = publisher.resume(world.asset, inspected, &world.queue);
  const Outcome second = publisher.resume(world.asset, inspected, &world.queue);
  EXPECT_EQ(std::get<Published>(first).n, 2);
  EXPECT_EQ(std::get<Published>(second).n, 2);
  EXPECT_EQ(world.sorted_rows(), range(0, 4));
  EXPECT_FALSE(publisher.inspect(world.asset, &world.queue).resumable.has_value());
}

TEST(Resume, is_not_offered_for_what_must_be_planned_again) {
  for (const char* cause : {"overwrite", "missing file", "other size", "too old", "other parent"}) {
    World world(1, 4);
    must_load_to(world, 2);
    Publisher publisher = world.publisher();
    const Inspection inspected = publisher.inspect(world.asset, &world.queue);
    Attempt attempt = attempt_for(world.asset, inspected, 4);
    const std::string file = world.table().key(attempt.id + "-0.parquet"), why = cause;
    if (why == "overwrite")
      attempt.staged[0] = stage(world.asset.tables[0], inspected.snapshots[0], attempt.id, 0, 4, WriteMode::overwrite);
    auto store = std::make_shared<HookStore>(world.memory);
    store->before = [&](Verb verb, const std::string& key) {
      return verb == Verb::put_if_absent && is_commit(key) ? Fate::fail : Fate::normal;
    };
    EXPECT_EQ(code_of([&] { publisher.publish(world.through(store), inspected, attempt, &world.queue); }),
              ErrorCode::store_io);
    ASSERT_EQ(publisher.inspect(world.asset, &world.queue).resumable.has_value(), why != "overwrite");
    if (why == "missing file") world.memory->remove(file);
    if (why == "other size") world.memory->put(file, "7\n");
    if (why == "too old") world.clock.advance(4 * day_ms);
    if (why == "other parent") must_load_to(world, 3);
    EXPECT_FALSE(publisher.inspect(world.asset, &world.queue).resumable.has_value()) << why;
  }
}

TEST(Publish, tables_without_staged_changes_get_a_commit_with_the_txn_only) {
  World world(2, 4);
  must_load_to(world, 2);
  Publisher publisher = world.publisher();
  const Inspection inspected = publisher.inspect(world.asset, &world.queue);
  Attempt attempt = attempt_for(world.asset, inspected, 4);
  attempt.staged.pop_back();
  publisher.publish(world.asset, inspected, attempt, &world.queue);
  EXPECT_EQ(world.rows(1).txn, 2);
  EXPECT_EQ(world.sorted_rows(1), range(0, 2));
  EXPECT_EQ(world.sorted_rows(0), range(0, 4));
}

TEST(Publish, refuses_to_overwrite_a_table_that_another_asset_loads) {
  World world(1, 4);
  must_load_to(world, 2);
  Asset other = world.asset;
  other.id = "raw.other";
  other.on_existing = OnExisting::adopt;
  Publisher publisher = world.publisher();
  const Inspection adopted = publisher.inspect(other, nullptr);
  ASSERT_TRUE(adopted.head.has_value());
  Attempt attempt = attempt_for(other, Inspection{adopted.snapshots, std::nullopt, {}, {}}, 1);
  attempt.staged[0] = stage(other.tables[0], adopted.snapshots[0], attempt.id, 0, 1, WriteMode::overwrite);
  EXPECT_EQ(code_of([&] { publisher.publish(other, adopted, attempt, nullptr); }), ErrorCode::shared_table);
}

}  // namespace
}  // namespace weir::lake::publish
