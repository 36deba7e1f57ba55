// Several tables, one cursor: a member behind its anchor follows before anything else starts.
#include <gtest/gtest.h>

#include "hook_store.h"
#include "other_engine.h"
#include "world.h"

namespace weir::lake::publish {
namespace {

// A store on which nothing of table 1's log can be written: the publish dies after the anchor's commit.
std::shared_ptr<HookStore> anchor_only(World& world) {
  auto store = std::make_shared<HookStore>(world.memory);
  const std::string log = world.table(1).key("_delta_log/");
  store->before = [log](Verb verb, const std::string& key) {
    return verb == Verb::put_if_absent && key.starts_with(log) ? Fate::fail : Fate::normal;
  };
  return store;
}

void die_after_anchor(World& world, int64_t to) {
  ASSERT_EQ(code_of([&] { load_to(world, world.through(anchor_only(world)), to); }), ErrorCode::store_io);
  ASSERT_NE(world.rows(0).txn, world.rows(1).txn);
}

std::string staged_file(World& world, int64_t n, size_t table) {
  return world.table(table).key(read_manifest(world.table(), world.asset.id, n)->attempt + "-0.parquet");
}

TEST(Group, all_tables_get_the_same_number_and_a_note_of_their_anchor) {
  World world(3, 4);
  const Published published = must_load_to(world, 2);
  EXPECT_EQ(published.versions, (std::vector<int64_t>{0, 0, 0}));
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(world.rows(i).txn, 1);
    EXPECT_EQ(world.sorted_rows(i), range(0, 2));
  }
  EXPECT_FALSE(read_anchor_note(world.table(0), world.asset.id).has_value());
  EXPECT_EQ(read_anchor_note(world.table(2), world.asset.id)->anchor_uri, world.table(0).uri());
  EXPECT_TRUE(list_manifests(world.table(1), world.asset.id).empty());
}

TEST(Group, member_behind_follows_with_the_same_number) {
  World world(2, 4);
  must_load_to(world, 1);
  die_after_anchor(world, 3);
  Publisher publisher = world.publisher();
  EXPECT_EQ(publisher.inspect(world.asset, &world.queue).head->n, 2);
  EXPECT_EQ(world.rows(1).txn, 2);
  for (size_t i = 0; i < 2; ++i) EXPECT_EQ(world.sorted_rows(i), range(0, 3));
}

TEST(Group, member_that_does_not_exist_yet_follows_by_being_created) {
  World world(2, 4);
  die_after_anchor(world, 2);
  must_load_to(world, 4);
  for (size_t i = 0; i < 2; ++i) EXPECT_EQ(world.sorted_rows(i), range(0, 4));
}

TEST(Group, looking_never_writes) {
  World world(2, 4);
  must_load_to(world, 1);
  die_after_anchor(world, 3);
  EXPECT_EQ(world.publisher().look(world.asset).head->n, 2);
  EXPECT_EQ(world.rows(1).txn, 1);
}

TEST(Group, nothing_is_acknowledged_while_a_member_is_behind) {
  World world(2, 4);
  world.asset.rollback_keep_ms = 0;
  must_load_to(world, 1);
  die_after_anchor(world, 3);
  EXPECT_EQ(world.queue.acked_at, 1);
  world.publisher().inspect(world.asset, &world.queue);
  EXPECT_EQ(world.queue.acked_at, 3);
}

TEST(Group, staged_files_that_are_gone_are_staged_again) {
  World world(2, 4);
  must_load_to(world, 1);
  die_after_anchor(world, 3);
  world.memory->remove(staged_file(world, 2, 1));
  Publisher publisher = world.publisher();
  int asked = 0;
  publisher.set_restage([&](const Manifest& manifest, size_t table) {
    ++asked;
    EXPECT_EQ(table, 1U);
    const auto base = Snapshot::open(world.table(1), world.parquet);
    return stage(world.asset.tables[table], base, uuid_v4(), Queue::position(manifest.cursor_before),
                 Queue::position(manifest.cursor_after));
  });
  EXPECT_EQ(publisher.inspect(world.asset, &world.queue).head->n, 2);
  EXPECT_EQ(asked, 1);
  for (size_t i = 0; i < 2; ++i) EXPECT_EQ(world.sorted_rows(i), range(0, 3));
  EXPECT_EQ(publisher.inspect(world.asset, &world.queue).head->kind, Kind::publish) << "the log tells the files";
}

TEST(Group, anchor_is_taken_back_when_the_member_cannot_follow) {
  World world(2, 4);
  must_load_to(world, 1);
  die_after_anchor(world, 3);
  world.memory->remove(staged_file(world, 2, 1));
  Publisher publisher = world.publisher();
  const Inspection inspected = publisher.inspect(world.asset, &world.queue);
  EXPECT_EQ(inspected.head->kind, Kind::takeback);
  EXPECT_EQ(inspected.cursor(), at(1));
  for (size_t i = 0; i < 2; ++i) EXPECT_EQ(world.sorted_rows(i), range(0, 1));
  EXPECT_EQ(world.rows(0).txn, world.rows(1).txn);
  must_load_to(world, 4);
  for (size_t i = 0; i < 2; ++i) EXPECT_EQ(world.sorted_rows(i), range(0, 4));
}

TEST(Group, takeback_of_the_first_publish_still_creates_the_member) {
  World world(2, 4);
  die_after_anchor(world, 2);
  world.memory->remove(staged_file(world, 1, 1));
  world.publisher().inspect(world.asset, &world.queue);
  EXPECT_EQ(world.rows(1).txn, 2);
  must_load_to(world, 4);
  for (size_t i = 0; i < 2; ++i) EXPECT_EQ(world.sorted_rows(i), range(0, 4));
}

// The member is at the taken attempt's parent; or a slow runner brings it to the taken attempt in the very last moment.
TEST(Group, takeback_meets_a_member_that_took_the_attempt_after_all) {
  World world(2, 4);
  must_load_to(world, 1);
  // A slow runner stands right before the member's put of attempt 2.
  auto slow = std::make_shared<HookStore>(world.memory);
  bool entered = false;
  slow->before = [&](Verb verb, const std::string& key) {
    if (entered || verb != Verb::put_if_absent || key != commit_key(world.table(1), 1)) return Fate::normal;
    entered = true;
    // Meanwhile another runner finds the member's file gone and takes the anchor's commit back, but dies before the
    // member.
    const std::string file = staged_file(world, 2, 1);
    const std::string content = world.memory->read(file);
    world.memory->remove(file);
    auto dying = anchor_only(world);
    EXPECT_EQ(code_of([&] { world.publisher().inspect(world.through(dying), &world.queue); }), ErrorCode::store_io);
    world.memory->put(file, content);
    return Fate::normal;
  };
  const Outcome outcome = load_to(world, world.through(slow), 3);
  EXPECT_TRUE(entered);
  EXPECT_TRUE(std::holds_alternative<Superseded>(outcome));
  for (size_t i = 0; i < 2; ++i) EXPECT_EQ(world.sorted_rows(i), range(0, 1)) << i;
  EXPECT_EQ(world.rows(0).txn, 3);
  EXPECT_EQ(world.rows(1).txn, 3);
  must_load_to(world, 4);
  for (size_t i = 0; i < 2; ++i) EXPECT_EQ(world.sorted_rows(i), range(0, 4)) << i;
}

TEST(Group, foreign_restore_of_a_member_is_refused) {
  World world(2, 4);
  must_load_to(world, 1);
  must_load_to(world, 2);
  ASSERT_TRUE(OtherEngine(world, 1).restore(0));
  EXPECT_EQ(code_of([&] { world.publisher().inspect(world.asset, &world.queue); }), ErrorCode::foreign);
}

TEST(Group, member_that_was_overwritten_by_us_conflicts_and_the_anchor_is_taken_back) {
  World world(2, 4);
  must_load_to(world, 1);
  must_load_to(world, 2);
  Publisher publisher = world.publisher();
  const Inspection inspected = publisher.inspect(world.asset, nullptr);
  Attempt attempt = attempt_for(world.asset, inspected, 4);
  for (size_t i = 0; i < 2; ++i)
    attempt.staged[i] = stage(world.asset.tables[i], inspected.snapshots[i], attempt.id, 10, 12, WriteMode::overwrite);
  EXPECT_EQ(code_of([&] { publisher.publish(world.through(anchor_only(world)), inspected, attempt, nullptr); }),
            ErrorCode::store_io);
  ASSERT_TRUE(OtherEngine(world, 1).optimize());  // removes files that the member's part of the attempt removes too
  EXPECT_EQ(publisher.inspect(world.asset, nullptr).head->kind, Kind::takeback);
  for (size_t i = 0; i < 2; ++i) EXPECT_EQ(world.sorted_rows(i), range(0, 2)) << i;
}

TEST(Group, rollback_takes_all_members_along_and_is_followed_after_a_crash) {
  World world(2, 4);
  must_load_to(world, 1);
  must_load_to(world, 3);
  Publisher publisher = world.publisher();
  EXPECT_EQ(code_of([&] { publisher.rollback(world.through(anchor_only(world)), 1, "run", &world.queue); }),
            ErrorCode::store_io);
  EXPECT_EQ(world.sorted_rows(0), range(0, 1));
  EXPECT_EQ(world.sorted_rows(1), range(0, 3));
  ASSERT_TRUE(OtherEngine(world, 1).optimize());  // moves no row: the member can still follow
  const Inspection inspected = publisher.inspect(world.asset, &world.queue);
  EXPECT_EQ(inspected.head->kind, Kind::rollback);
  EXPECT_EQ(inspected.cursor(), at(1));
  EXPECT_EQ(world.sorted_rows(1), range(0, 1));
  must_load_to(world, 4);
  for (size_t i = 0; i < 2; ++i) EXPECT_EQ(world.sorted_rows(i), range(0, 4)) << i;
}

TEST(Group, rollback_that_a_member_cannot_follow_is_taken_back) {
  for (const char* cause : {"vacuumed", "another writer"}) {
    World world(2, 4);
    must_load_to(world, 1);
    must_load_to(world, 3);
    Publisher publisher = world.publisher();
    EXPECT_EQ(code_of([&] { publisher.rollback(world.through(anchor_only(world)), 1, "run", &world.queue); }),
              ErrorCode::store_io);
    const std::string why = cause;
    if (why == "vacuumed") {
      ASSERT_TRUE(OtherEngine(world, 1).optimize());
      world.clock.advance(8 * day_ms);
      OtherEngine(world, 1).vacuum(day_ms);
    } else {
      ASSERT_TRUE(OtherEngine(world, 1).append(100));
    }
    const Inspection inspected = publisher.inspect(world.asset, &world.queue);
    EXPECT_EQ(inspected.head->kind, Kind::takeback) << why;
    EXPECT_EQ(inspected.cursor(), at(3)) << why;
    EXPECT_EQ(world.sorted_rows(0), range(0, 3)) << why;
    std::vector<int64_t> member = range(0, 3);
    if (why == "another writer") member.push_back(100);
    EXPECT_EQ(world.sorted_rows(1), member) << why;
  }
}

}  // namespace
}  // namespace weir::lake::publish
