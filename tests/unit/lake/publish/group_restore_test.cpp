// on_restore: follow for an asset of several tables: they go back together or not at all.
#include <gtest/gtest.h>

#include "hook_store.h"
#include "other_engine.h"
#include "world.h"

namespace weir::lake::publish {
namespace {

struct Restored : testing::Test {
  World world{2, 6};
  void SetUp() override {
    world.asset.on_restore = OnRestore::follow;
    for (int64_t to : {1, 3, 4}) must_load_to(world, to);  // versions 0, 1, 2 and attempts 1, 2, 3 of both tables
  }
  std::optional<Error> refusal() {
    try {
      world.publisher().inspect(world.asset, &world.queue);
    } catch (const Error& error) {
      return error;
    }
    return std::nullopt;
  }
  // Refused as foreign, and what the error says.
  std::string why() {
    const auto error = refusal();
    if (!error || error->code() != ErrorCode::foreign) return "not refused as foreign";
    return error->contexts().back().what + "; " + error->hint();
  }
  void expect_followed_to(int64_t records) {
    const Inspection followed = world.publisher().inspect(world.asset, &world.queue);
    EXPECT_EQ(followed.head->kind, Kind::adopt);
    EXPECT_EQ(followed.cursor(), at(records));
    for (size_t i = 0; i < 2; ++i) EXPECT_EQ(world.sorted_rows(i), range(0, records)) << i;
    EXPECT_EQ(world.rows(0).txn, world.rows(1).txn);
    must_load_to(world, 6);
    for (size_t i = 0; i < 2; ++i) EXPECT_EQ(world.sorted_rows(i), range(0, 6)) << i;
  }
  void die_after_anchor(int64_t to) {
    auto store = std::make_shared<HookStore>(world.memory);
    const std::string log = world.table(1).key("_delta_log/");
    store->before = [log](Verb verb, const std::string& key) {
      return verb == Verb::put_if_absent && key.starts_with(log) ? Fate::fail : Fate::normal;
    };
    ASSERT_EQ(code_of([&] { load_to(world, world.through(store), to); }), ErrorCode::store_io);
  }
};

bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST_F(Restored, all_tables_to_the_same_attempt_are_followed) {
  ASSERT_TRUE(OtherEngine(world, 0).restore(1));
  ASSERT_TRUE(OtherEngine(world, 1).restore(1));
  expect_followed_to(3);
}

TEST_F(Restored, in_part_is_refused_with_the_table_and_version_that_are_missing) {
  ASSERT_TRUE(OtherEngine(world, 1).append(100));  // so the versions of the tables differ
  must_load_to(world, 5);
  must_load_to(world, 6);
  ASSERT_TRUE(OtherEngine(world, 0).restore(3));
  const std::string text = why();
  EXPECT_TRUE(says(text, "but not " + world.table(1).uri())) << text;
  EXPECT_TRUE(says(text, "RESTORE " + world.table(1).uri() + " to version 4 too")) << text;
  EXPECT_TRUE(says(text, "weir adopt " + world.asset.id)) << text;
  EXPECT_EQ(world.rows(0).txn, 5) << "a refusal changes nothing";
  ASSERT_TRUE(OtherEngine(world, 1).restore(4));
  const Inspection followed = world.publisher().inspect(world.asset, &world.queue);
  EXPECT_EQ(followed.cursor(), at(5));
}

TEST_F(Restored, member_alone_asks_for_the_anchor) {
  ASSERT_TRUE(OtherEngine(world, 1).restore(0));
  EXPECT_TRUE(says(why(), "RESTORE " + world.table(0).uri() + " to version 0 too")) << why();
  ASSERT_TRUE(OtherEngine(world, 0).restore(0));
  expect_followed_to(1);
}

TEST_F(Restored, to_different_attempts_is_refused_until_they_agree) {
  ASSERT_TRUE(OtherEngine(world, 0).restore(0));
  ASSERT_TRUE(OtherEngine(world, 1).restore(1));
  EXPECT_TRUE(says(why(), "RESTORE " + world.table(1).uri() + " to version 0 too")) << why();
  ASSERT_TRUE(OtherEngine(world, 1).restore(0));
  expect_followed_to(1);
}

TEST_F(Restored, and_restored_back_needs_nothing_of_the_other_table) {
  ASSERT_TRUE(OtherEngine(world, 0).restore(0));
  ASSERT_TRUE(OtherEngine(world, 1).append(100));
  ASSERT_TRUE(OtherEngine(world, 0).restore(2));
  const Inspection followed = world.publisher().inspect(world.asset, &world.queue);
  EXPECT_EQ(followed.cursor(), at(4));
}

// A quarantine to which no bad row came holds the same files as before; a RESTORE of it would change nothing, and other
// engines then commit nothing.
TEST(RestoredGroup, table_without_changes_since_stands_where_the_others_went) {
  World world(2, 6);
  world.asset.on_restore = OnRestore::follow;
  must_load_to(world, 1);
  for (int64_t to : {3, 4}) {
    Publisher publisher = world.publisher();
    const Inspection inspected = publisher.inspect(world.asset, &world.queue);
    Attempt attempt = attempt_for(world.asset, inspected, to);
    attempt.staged.pop_back();
    publisher.publish(world.asset, inspected, attempt, &world.queue);
  }
  ASSERT_TRUE(OtherEngine(world, 0).restore(1));
  const Inspection followed = world.publisher().inspect(world.asset, &world.queue);
  EXPECT_EQ(followed.cursor(), at(3));
  EXPECT_EQ(world.rows(1).txn, followed.head->n);
  ASSERT_TRUE(OtherEngine(world, 1).append(100));  // now it no longer holds the files of attempt 2
  ASSERT_TRUE(OtherEngine(world, 0).restore(1));
  EXPECT_EQ(code_of([&] { world.publisher().inspect(world.asset, &world.queue); }), ErrorCode::foreign);
}

TEST_F(Restored, member_that_lacks_the_head_takes_it_before_anything_else) {
  die_after_anchor(6);  // attempt 4, which any runner may still bring into the member
  ASSERT_TRUE(OtherEngine(world, 0).restore(2));
  EXPECT_TRUE(says(why(), "RESTORE " + world.table(1).uri() + " to version 2 too")) << why();
  EXPECT_EQ(world.rows(1).txn, 4);
  ASSERT_TRUE(OtherEngine(world, 1).restore(2));
  expect_followed_to(4);
}

TEST_F(Restored, member_that_lacks_the_head_can_never_take_it_once_it_was_restored) {
  die_after_anchor(6);
  ASSERT_TRUE(OtherEngine(world, 0).restore(1));
  ASSERT_TRUE(OtherEngine(world, 1).restore(1));
  expect_followed_to(3);
}

TEST_F(Restored, is_not_followed_if_one_table_was_changed_in_another_way) {
  ASSERT_TRUE(OtherEngine(world, 0).restore(1));
  ASSERT_TRUE(OtherEngine(world, 1).overwrite(100));
  EXPECT_TRUE(says(why(), "the last change of " + world.table(1).uri() + " is no RESTORE")) << why();
}

TEST_F(Restored, is_not_followed_to_a_version_that_another_writer_made) {
  ASSERT_TRUE(OtherEngine(world, 1).overwrite(100));
  ASSERT_TRUE(OtherEngine(world, 1).restore(3));  // the overwrite itself
  EXPECT_TRUE(says(why(), "was itself changed by another writer")) << why();
}

TEST_F(Restored, dying_between_the_tables_is_finished_by_the_next_run) {
  ASSERT_TRUE(OtherEngine(world, 0).restore(1));
  ASSERT_TRUE(OtherEngine(world, 1).restore(1));
  auto store = std::make_shared<HookStore>(world.memory);
  const std::string log = world.table(1).key("_delta_log/");
  store->before = [log](Verb verb, const std::string& key) {
    return verb == Verb::put_if_absent && key.starts_with(log) ? Fate::fail : Fate::normal;
  };
  ASSERT_EQ(code_of([&] { world.publisher().inspect(world.through(store), &world.queue); }), ErrorCode::store_io);
  ASSERT_EQ(world.rows(0).txn, 4);
  ASSERT_EQ(world.rows(1).txn, 3);
  expect_followed_to(3);
}

}  // namespace
}  // namespace weir::lake::publish
