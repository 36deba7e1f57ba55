// How far the source may be acknowledged, and that no acknowledgement passes what a rollback may still need.
#include <gtest/gtest.h>

#include "lake/publish/plan_manifest.h"
#include "other_engine.h"
#include "world.h"

namespace weir::lake::publish {
namespace {

Json floor_of_head(World& world) { return world.publisher().inspect(world.asset, &world.queue).head->ack_floor; }

TEST(AckFloor, is_the_cursor_itself_when_nothing_is_kept_for_rollback) {
  World world(1, 9);
  world.asset.rollback_keep_ms = 0;
  EXPECT_TRUE(must_load_to(world, 3).acked);
  EXPECT_EQ(floor_of_head(world), at(3));
  EXPECT_EQ(world.queue.acked_at, 3);
}

TEST(AckFloor, is_null_for_sources_that_keep_their_data) {
  World world(1, 9);
  world.queue.forgetting = false;
  EXPECT_FALSE(must_load_to(world, 3).acked);
  EXPECT_TRUE(floor_of_head(world).is_null());
  EXPECT_EQ(world.queue.acks, 0);
}

TEST(AckFloor, follows_the_cursor_by_the_time_that_rollback_keeps) {
  World world(1, 9);
  world.asset.rollback_keep_ms = day_ms;
  must_load_to(world, 1);
  EXPECT_TRUE(floor_of_head(world).is_null());
  world.clock.advance(12 * hour_ms);
  must_load_to(world, 2);
  EXPECT_TRUE(floor_of_head(world).is_null());
  world.clock.advance(13 * hour_ms);
  must_load_to(world, 3);
  EXPECT_EQ(floor_of_head(world), at(1)) << "attempt 1 is 25 h old";
  EXPECT_EQ(world.queue.acked_at, 1);
  world.publisher().rollback(world.asset, 2, "run", &world.queue);
  EXPECT_EQ(world.sorted_rows(), range(0, 2));
}

// The newest element that is old enough may lie before a rollback: its cursor is then ahead of the table's.
TEST(AckFloor, never_passes_the_cursor_of_a_younger_rollback) {
  World world(1, 9);
  world.asset.rollback_keep_ms = day_ms;
  must_load_to(world, 1);
  must_load_to(world, 6);
  world.clock.advance(20 * hour_ms);
  world.publisher().rollback(world.asset, 1, "run", &world.queue);
  world.clock.advance(10 * hour_ms);
  must_load_to(world, 2);  // attempts 1 and 2 are 30 h old, the rollback to {"at":1} is 10 h old
  EXPECT_EQ(floor_of_head(world), at(1));
  EXPECT_EQ(world.queue.acked_at, 1);
  must_load_to(world, 9);
  EXPECT_EQ(world.sorted_rows(), range(0, 9));
}

TEST(AckFloor, never_goes_back) {
  World world(1, 9);
  world.asset.rollback_keep_ms = 0;
  must_load_to(world, 3);
  world.asset.rollback_keep_ms = day_ms;
  must_load_to(world, 5);
  EXPECT_EQ(floor_of_head(world), at(3));
}

// An acknowledgement that is days late sends the head's floor, not what its own attempt had in mind.
TEST(AckFloor, late_acknowledgement_cannot_pass_a_later_rollback) {
  World world(1, 9);
  world.asset.rollback_keep_ms = day_ms;
  must_load_to(world, 1);
  world.clock.advance(25 * hour_ms);
  must_load_to(world, 3);
  must_load_to(world, 5);
  world.publisher().rollback(world.asset, 2, "run", &world.queue);
  world.publisher().inspect(world.asset, &world.queue);
  EXPECT_EQ(world.queue.acked_at, 1);
  must_load_to(world, 9);
  EXPECT_EQ(world.sorted_rows(), range(0, 9));
}

TEST(AckFloor, survives_the_collection_of_old_manifests) {
  World world(1, 9);
  world.asset.rollback_keep_ms = day_ms;
  for (int64_t to = 1; to <= 4; ++to) {
    must_load_to(world, to);
    world.clock.advance(16 * hour_ms);
    world.publisher().collect_garbage(world.asset, false);
  }
  must_load_to(world, 5);
  EXPECT_EQ(floor_of_head(world), at(3)) << "attempt 3 is 32 h old, 4 is 16 h old";
}

}  // namespace
}  // namespace weir::lake::publish
