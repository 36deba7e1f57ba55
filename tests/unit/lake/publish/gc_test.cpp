#include <gtest/gtest.h>

#include <algorithm>

#include "hook_store.h"
#include "lake/publish/ledger.h"
#include "other_engine.h"
#include "world.h"

namespace weir::lake::publish {
namespace {

std::vector<int64_t> numbers(const World& world) { return list_manifests(world.table(), world.asset.id); }
size_t data_files(const World& world) {
  size_t count = 0;
  for (const auto& object : store::list(*world.memory, world.table().prefix))
    if (object.key.ends_with(".parquet") && object.key.find("/_") == std::string::npos) ++count;
  return count;
}

TEST(GarbageCollection, keeps_head_parent_and_what_a_rollback_may_need) {
  World world(1, 10);
  world.asset.rollback_keep_ms = day_ms;
  for (int64_t to = 1; to <= 6; ++to) {
    must_load_to(world, to);
    world.clock.advance(11 * hour_ms);
  }
  // Attempt 6 is 11 h old now, 5 is 22 h, 4 is 33 h (the newest that is older than a day).
  const auto collected = world.publisher().collect_garbage(world.asset, true);
  EXPECT_EQ(collected.manifests.size(), 3U);
  EXPECT_EQ(numbers(world).size(), 6U) << "a dry run removes nothing";
  EXPECT_EQ(world.publisher().collect_garbage(world.asset, false).manifests, collected.manifests);
  EXPECT_EQ(numbers(world), (std::vector<int64_t>{4, 5, 6}));
  EXPECT_EQ(world.sorted_rows(), range(0, 6));
  world.publisher().rollback(world.asset, 5, "run", &world.queue);
  EXPECT_EQ(world.sorted_rows(), range(0, 5));
}

TEST(GarbageCollection, removes_staged_files_of_dead_attempts_only) {
  World world(1, 10);
  world.asset.rollback_keep_ms = 0;
  must_load_to(world, 1);
  Publisher publisher = world.publisher();
  const Inspection stale = publisher.inspect(world.asset, &world.queue);
  const Attempt dead = attempt_for(world.asset, stale, 5);
  must_load_to(world, 2);
  publisher.publish(world.asset, stale, dead, &world.queue);
  must_load_to(world, 3);
  must_load_to(world, 4);
  ASSERT_EQ(data_files(world), 5U);
  const auto collected = publisher.collect_garbage(world.asset, false);
  EXPECT_EQ(collected.files, std::vector<std::string>{world.table().key(dead.id + "-0.parquet")});
  EXPECT_EQ(data_files(world), 4U);
  EXPECT_EQ(numbers(world), (std::vector<int64_t>{4, 5}));
  EXPECT_EQ(world.sorted_rows(), range(0, 4));
}

TEST(GarbageCollection, after_a_publish_costs_no_replay_and_no_listing_of_the_table) {
  World world(1, 10);
  must_load_to(world, 1);
  must_load_to(world, 2);
  auto store = std::make_shared<HookStore>(world.memory);
  int lists = 0, changes = 0;
  store->before = [&](Verb verb, const std::string& key) {
    if (verb == Verb::list && key == world.table().prefix) ++lists;
    if (mutates(verb)) ++changes;
    return Fate::normal;
  };
  world.publisher().collect_garbage(world.through(store), false, false);
  EXPECT_EQ(lists, 0);
  EXPECT_EQ(changes, 0);
}

TEST(GarbageCollection, never_touches_what_lies_above_the_head) {
  World world(1, 10);
  world.asset.rollback_keep_ms = 0;
  must_load_to(world, 1);
  Publisher publisher = world.publisher();
  const Inspection stale = publisher.inspect(world.asset, &world.queue);
  const Attempt above = attempt_for(world.asset, stale, 5);
  must_load_to(world, 2);
  publisher.publish(world.asset, stale, above, &world.queue);  // superseded, but its number 3 is taken
  world.clock.advance(30 * day_ms);
  const auto collected = publisher.collect_garbage(world.asset, false);
  EXPECT_EQ(numbers(world), (std::vector<int64_t>{1, 2, 3}));
  EXPECT_TRUE(collected.files.empty()) << "the owner of 3 may still think it can commit";
}

TEST(GarbageCollection, sweeps_files_without_manifest_by_age) {
  World world(1, 10);
  must_load_to(world, 1);
  const std::string orphan = world.table().key(uuid_v4() + "-0.parquet"), foreign = world.table().key("part-1.parquet");
  world.memory->put(orphan, "7\n");
  world.memory->put(foreign, "8\n");
  Publisher publisher = world.publisher();
  EXPECT_TRUE(publisher.collect_garbage(world.asset, false).files.empty());
  world.clock.advance(8 * day_ms);
  EXPECT_TRUE(publisher.collect_garbage(world.asset, false, false).files.empty()) << "was not asked to sweep";
  EXPECT_EQ(publisher.collect_garbage(world.asset, false).files, std::vector<std::string>{orphan});
  EXPECT_TRUE(world.memory->head(foreign).has_value()) << "files of other engines are VACUUM's";
}

TEST(GarbageCollection, keeps_the_ledger_files_that_kept_manifests_name) {
  World world(1, 10);
  world.asset.rollback_keep_ms = 0;
  Publisher publisher = world.publisher();
  for (int64_t to = 1; to <= 4; ++to) {
    const Inspection inspected = publisher.inspect(world.asset, nullptr);
    Attempt attempt = attempt_for(world.asset, Inspection{inspected.snapshots, std::nullopt, {}, {}}, 1);
    attempt.cursor_before = inspected.cursor();
    const Ledger ledger = Ledger::read(world.table(), world.asset.id, inspected.cursor(), world.parquet);
    attempt.cursor_for = [&](int64_t n) {
      LedgerEntry entry;
      entry.uri = std::to_string(to) + ".csv";
      return ledger.write(world.table(), world.asset.id, n, {entry}, world.parquet);
    };
    publisher.publish(world.asset, inspected, attempt, nullptr);
  }
  const Json cursor = publisher.inspect(world.asset, nullptr).cursor();
  publisher.collect_garbage(world.asset, false);
  EXPECT_EQ(Ledger::read(world.table(), world.asset.id, cursor, world.parquet).entries().size(), 4U);
  size_t left = 0;
  for (const auto& object : store::list(*world.memory, manifest_folder(world.table(), world.asset.id)))
    left += object.key.ends_with(".ledger.parquet") ? 1 : 0;
  EXPECT_EQ(left, 2U) << "the head's and its parent's";
}

TEST(GarbageCollection, waits_while_anything_is_not_as_it_should_be) {
  World world(1, 10);
  world.asset.rollback_keep_ms = 0;
  for (int64_t to = 1; to <= 4; ++to) must_load_to(world, to);
  ASSERT_TRUE(OtherEngine(world).restore(1));
  const auto collected = world.publisher().collect_garbage(world.asset, false);
  EXPECT_TRUE(collected.manifests.empty());
  EXPECT_EQ(numbers(world).size(), 4U);
}

}  // namespace
}  // namespace weir::lake::publish
