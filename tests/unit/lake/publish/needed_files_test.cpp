#include "lake/publish/needed_files.h"

#include <gtest/gtest.h>

#include "lake/vacuum.h"
#include "other_engine.h"
#include "world.h"

namespace weir::lake::publish {
namespace {

class NeededFiles : public testing::Test {
 protected:
  std::set<std::string> needed(size_t i = 0) {
    return files_of_assets(
        *Snapshot::open(world.table(i), world.parquet), world.parquet,
        [&](const std::string& asset) {
          asked.push_back(asset);
          return world.asset.rollback_keep_ms;
        },
        world.clock_now());
  }
  // Data files of a table that are there, without hidden ones.
  std::set<std::string> files(size_t i = 0) {
    std::set<std::string> files;
    for (const auto& object : store::list(*world.memory, world.table(i).prefix))
      if (const std::string key = object.key.substr(world.table(i).prefix.size()); key.front() != '_')
        files.insert(key);
    return files;
  }
  void vacuum_all(size_t i = 0) {
    auto newest = Snapshot::open(world.table(i), world.parquet);
    VacuumOptions options{.retention_ms = 0, .lite = false, .force = true, .needed = needed(i)};
    auto plan = plan_vacuum(*newest, world.parquet, options, world.clock_now());
    carry_out_vacuum(plan, newest, world.parquet, world.clock);
  }
  World world{2, 10};
  std::vector<std::string> asked;
};

TEST_F(NeededFiles, keeps_what_a_rollback_inside_the_keep_puts_back) {
  world.asset.rollback_keep_ms = day_ms;
  for (int64_t to = 1; to <= 5; ++to) {
    must_load_to(world, to);
    world.clock.advance(11 * hour_ms);
  }
  // Attempts 4 and 5 are younger than a day. The rollback takes their rows away.
  world.publisher().rollback(world.asset, 3, "run", &world.queue);
  ASSERT_EQ(world.sorted_rows(), range(0, 3));
  world.clock.advance(hour_ms);
  vacuum_all();
  EXPECT_EQ(asked.front(), "raw.numbers");
  world.publisher().rollback(world.asset, 5, "run", &world.queue);
  EXPECT_EQ(world.sorted_rows(), range(0, 5)) << "and may be taken back itself";
}

TEST_F(NeededFiles, with_no_keep_only_what_is_at_or_above_the_head_stays) {
  for (int64_t to = 1; to <= 3; ++to) must_load_to(world, to);
  world.publisher().rollback(world.asset, 2, "run", &world.queue);
  world.asset.rollback_keep_ms = 0;
  const auto before = files();
  Publisher publisher = world.publisher();
  const Inspection stale = publisher.inspect(world.asset, &world.queue);
  const Attempt above = attempt_for(world.asset, stale, 5);
  must_load_to(world, 3);
  publisher.publish(world.asset, stale, above, &world.queue);  // superseded, but its number is taken
  world.clock.advance(30 * day_ms);
  EXPECT_TRUE(needed().contains(above.id + "-0.parquet"));
  EXPECT_TRUE(needed(1).contains(above.id + "-0.parquet")) << "a member's manifests lie in its anchor";
  vacuum_all();
  EXPECT_TRUE(files().contains(above.id + "-0.parquet"));
  EXPECT_LT(files().size(), before.size() + 2) << "what the rollback took away is gone";
  EXPECT_EQ(world.sorted_rows(), range(0, 3));
}

TEST_F(NeededFiles, a_manifest_above_the_head_that_cannot_be_read_stops_it) {
  must_load_to(world, 1);
  world.memory->put(manifest_key(world.table(), world.asset.id, 7), "{");
  try {
    needed();
    ADD_FAILURE() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::manifest_damaged);
  }
}

TEST_F(NeededFiles, a_table_without_assets_needs_nothing) {
  TableLocation free{world.memory, "raw/free/"};
  free.store->put(commit_key(free, 0), write_commit({Protocol(), integers_metadata("free")}));
  EXPECT_TRUE(files_of_assets(*Snapshot::open(free, world.parquet), world.parquet, {}, 0).empty());
}

}  // namespace
}  // namespace weir::lake::publish
