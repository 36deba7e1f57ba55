#include <gtest/gtest.h>

#include "hook_store.h"
#include "other_engine.h"
#include "world.h"

namespace weir::lake::publish {
namespace {

std::string refused_because(World& world, int64_t target, SourcePosition* source) {
  try {
    world.publisher().rollback(world.asset, target, "run", source);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::rollback_refused) << error.what();
    return error.message();
  }
  return "was not refused";
}

TEST(Rollback, takes_rows_and_cursor_back_together) {
  World world(1, 6);
  must_load_to(world, 2);
  must_load_to(world, 4);
  const Outcome outcome = world.publisher().rollback(world.asset, 1, "run-7", &world.queue);
  EXPECT_EQ(std::get<Published>(outcome).n, 3);
  EXPECT_EQ(world.sorted_rows(), range(0, 2));
  const auto head = read_manifest(world.table(), world.asset.id, 3);
  EXPECT_EQ(head->kind, Kind::rollback);
  EXPECT_EQ(head->restores->first, 1);
  EXPECT_EQ(head->cursor_after, at(2));
  EXPECT_EQ(head->run, "run-7");
  must_load_to(world, 6);
  EXPECT_EQ(world.sorted_rows(), range(0, 6));
}

TEST(Rollback, is_undone_by_a_rollback_to_the_former_head) {
  World world(1, 6);
  must_load_to(world, 2);
  must_load_to(world, 4);
  world.publisher().rollback(world.asset, 1, "run", &world.queue);
  world.publisher().rollback(world.asset, 2, "run", &world.queue);
  EXPECT_EQ(world.sorted_rows(), range(0, 4));
  EXPECT_EQ(world.publisher().inspect(world.asset, &world.queue).cursor(), at(4));
}

TEST(Rollback, sees_through_compaction) {
  World world(1, 6);
  must_load_to(world, 2);
  must_load_to(world, 4);
  ASSERT_TRUE(OtherEngine(world).optimize());
  world.publisher().rollback(world.asset, 1, "run", &world.queue);
  EXPECT_EQ(world.sorted_rows(), range(0, 2));
}

TEST(Rollback, restores_the_schema_of_the_target) {
  World world(1, 6);
  must_load_to(world, 2);
  Publisher publisher = world.publisher();
  const Inspection inspected = publisher.inspect(world.asset, &world.queue);
  Attempt attempt = attempt_for(world.asset, inspected, 4);
  Metadata wider = inspected.snapshots[0]->metadata();
  wider.schema_string = R"({"type":"struct","fields":[{"name":"id","type":"long","nullable":true,"metadata":{}},)"
                        R"({"name":"more","type":"long","nullable":true,"metadata":{}}]})";
  wider.schema = Schema::parse(wider.schema_string);
  attempt.staged[0].draft.actions.insert(attempt.staged[0].draft.actions.begin(), wider);
  ASSERT_TRUE(std::holds_alternative<Published>(publisher.publish(world.asset, inspected, attempt, &world.queue)));
  publisher.rollback(world.asset, 1, "run", &world.queue);
  const auto snapshot = Snapshot::open(world.table(), world.parquet);
  EXPECT_EQ(snapshot->metadata().schema.fields.size(), 1U);
  EXPECT_EQ(snapshot->metadata().id, inspected.snapshots[0]->metadata().id);
}

TEST(Rollback, is_refused_with_the_reason) {
  World world(1, 6);
  EXPECT_NE(refused_because(world, 1, &world.queue).find("never published"), std::string::npos);
  must_load_to(world, 2);
  EXPECT_NE(refused_because(world, 1, &world.queue).find("holds now"), std::string::npos);
  EXPECT_NE(refused_because(world, 7, &world.queue).find("not on the chain"), std::string::npos);
  must_load_to(world, 4);
  const std::string manifest = manifest_key(world.table(), world.asset.id, 1), bytes = world.memory->read(manifest);
  world.memory->remove(manifest);
  EXPECT_NE(refused_because(world, 1, &world.queue).find("manifest is gone"), std::string::npos);
  world.memory->put(manifest, bytes);
  ASSERT_TRUE(OtherEngine(world).append(100));
  EXPECT_NE(refused_because(world, 1, &world.queue).find("another writer"), std::string::npos);
}

TEST(Rollback, is_refused_past_what_the_source_may_have_forgotten) {
  World world(1, 6);
  world.asset.rollback_keep_ms = 0;
  must_load_to(world, 2);
  must_load_to(world, 4);
  EXPECT_NE(refused_because(world, 1, &world.queue).find("may have forgotten"), std::string::npos);
  EXPECT_NE(refused_because(world, 1, nullptr).find("must be reachable"), std::string::npos);
  World expired(1, 6);
  expired.queue.forgetting = false;
  must_load_to(expired, 2);
  must_load_to(expired, 4);
  expired.queue.low = 3;
  EXPECT_NE(refused_because(expired, 1, &expired.queue).find("holds records only from"), std::string::npos);
}

TEST(Rollback, is_refused_when_files_or_log_of_the_target_are_gone) {
  World world(1, 6);
  must_load_to(world, 2);
  must_load_to(world, 4);
  ASSERT_TRUE(OtherEngine(world).optimize());
  world.clock.advance(30 * day_ms);
  OtherEngine(world).vacuum(day_ms);
  EXPECT_NE(refused_because(world, 1, &world.queue).find("no longer in the store"), std::string::npos);
  World cleaned(1, 6);
  must_load_to(cleaned, 2);
  must_load_to(cleaned, 4);
  must_load_to(cleaned, 6);
  OtherEngine(cleaned).clean_log();
  EXPECT_NE(refused_because(cleaned, 2, &cleaned.queue).find("no longer in the log"), std::string::npos);
}

TEST(Rollback, conflicts_with_any_change_in_between) {
  for (const char* change : {"append", "optimize", "property"}) {
    World world(1, 6);
    must_load_to(world, 2);
    must_load_to(world, 4);
    const std::string what = change;
    auto store = std::make_shared<HookStore>(world.memory);
    bool done = false;
    store->after = [&](Verb verb, const std::string& key) {
      if (verb != Verb::put_if_absent || key.find("_weir") == std::string::npos) return;
      if (what == "append") done = OtherEngine(world).append(100);
      if (what == "optimize") done = OtherEngine(world).optimize();
      if (what == "property") done = OtherEngine(world).set_property("a", "b");
    };
    const Outcome outcome = world.publisher().rollback(world.through(store), 1, "run", &world.queue);
    EXPECT_TRUE(std::holds_alternative<Superseded>(outcome)) << what;
    EXPECT_TRUE(done) << what;
    EXPECT_EQ(world.rows().count.size(), what == "append" ? 5U : 4U) << what;
  }
}

TEST(Rollback, while_a_publish_is_under_way_the_publish_is_superseded) {
  World world(1, 6);
  must_load_to(world, 2);
  must_load_to(world, 4);
  auto store = std::make_shared<HookStore>(world.memory);
  bool done = false;
  store->before = [&](Verb verb, const std::string& key) {
    if (!done && verb == Verb::put_if_absent && key.find("_delta_log") != std::string::npos) {
      done = true;
      world.publisher().rollback(world.asset, 1, "run", &world.queue);
    }
    return Fate::normal;
  };
  EXPECT_TRUE(std::holds_alternative<Superseded>(load_to(world, world.through(store), 6)));
  EXPECT_EQ(world.sorted_rows(), range(0, 2));
  must_load_to(world, 6);
  EXPECT_EQ(world.sorted_rows(), range(0, 6));
}

TEST(Rollback, that_slept_is_planned_again) {
  World world(1, 6);
  must_load_to(world, 2);
  must_load_to(world, 4);
  auto store = std::make_shared<HookStore>(world.memory);
  store->after = [&](Verb verb, const std::string& key) {
    if (verb == Verb::put_if_absent && key.find("_weir") != std::string::npos) world.clock.advance(2 * hour_ms);
  };
  EXPECT_TRUE(
      std::holds_alternative<Superseded>(world.publisher().rollback(world.through(store), 1, "run", &world.queue)));
  EXPECT_EQ(world.sorted_rows(), range(0, 4));
}

TEST(Rollback, target_whose_files_vanish_before_the_commit_is_taken_back_again) {
  World world(1, 6);
  must_load_to(world, 2);
  Publisher publisher = world.publisher();
  const Inspection inspected = publisher.inspect(world.asset, nullptr);
  Attempt attempt = attempt_for(world.asset, inspected, 2);
  attempt.staged[0] = stage(world.asset.tables[0], inspected.snapshots[0], attempt.id, 50, 52, WriteMode::overwrite);
  publisher.publish(world.asset, inspected, attempt, nullptr);
  const std::string old = world.table().key(read_manifest(world.table(), world.asset.id, 1)->attempt + "-0.parquet");
  auto store = std::make_shared<HookStore>(world.memory);
  store->before = [&](Verb verb, const std::string& key) {
    if (verb == Verb::put_if_absent && key.find("_delta_log") != std::string::npos) world.memory->remove(old);
    return Fate::normal;
  };
  const Outcome outcome = publisher.rollback(world.through(store), 1, "run", nullptr);
  EXPECT_TRUE(std::holds_alternative<Superseded>(outcome));
  EXPECT_EQ(world.sorted_rows(), range(50, 52));
  EXPECT_EQ(publisher.inspect(world.asset, nullptr).head->kind, Kind::takeback);
}

}  // namespace
}  // namespace weir::lake::publish
