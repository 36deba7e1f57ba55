#include <gtest/gtest.h>

#include "lake/publish/ledger.h"
#include "other_engine.h"
#include "world.h"

namespace weir::lake::publish {
namespace {

Published must_adopt(World& world, Publisher::Adoption how = {}) {
  Outcome outcome = world.publisher().adopt(world.asset, how, "run", &world.queue);
  if (const auto* superseded = std::get_if<Superseded>(&outcome)) throw std::runtime_error(superseded->why);
  return std::get<Published>(outcome);
}
std::optional<ErrorCode> adopt_error(World& world, Publisher::Adoption how = {}) {
  return code_of([&] { world.publisher().adopt(world.asset, how, "run", &world.queue); });
}
void lose_weir(World& world) {
  for (const auto& object : store::list(*world.memory, world.table().key("_weir/"))) world.memory->remove(object.key);
}
Json cursor(World& world) { return world.publisher().inspect(world.asset, &world.queue).cursor(); }

TEST(Adopt, after_weir_was_deleted_takes_the_cursor_from_the_log) {
  World world(1, 6);
  must_load_to(world, 2);
  must_load_to(world, 4);
  lose_weir(world);
  ASSERT_EQ(code_of([&] { cursor(world); }), ErrorCode::head_lost);
  EXPECT_EQ(must_adopt(world).n, 3);
  EXPECT_EQ(cursor(world), at(4));
  must_load_to(world, 6);
  EXPECT_EQ(world.sorted_rows(), range(0, 6));
}

TEST(Adopt, takes_the_users_cursor) {
  World world(1, 6);
  must_load_to(world, 4);
  ASSERT_TRUE(OtherEngine(world).erase_all("TRUNCATE"));
  ASSERT_EQ(code_of([&] { cursor(world); }), ErrorCode::foreign);
  must_adopt(world, {.fork = false, .moved = false, .cursor = at(1)});
  must_load_to(world, 6);
  EXPECT_EQ(world.sorted_rows(), range(1, 6));
}

TEST(Adopt, asks_for_a_cursor_when_nothing_tells_it) {
  World world(1, 6);
  must_load_to(world, 2);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(OtherEngine(world).append(100));
  OtherEngine(world).clean_log();
  lose_weir(world);
  EXPECT_EQ(adopt_error(world), ErrorCode::adopt_refused);
  must_adopt(world, {.fork = false, .moved = false, .cursor = at(2)});
  must_load_to(world, 3);
  EXPECT_EQ(world.rows().count[2], 1);
}

TEST(Adopt, after_the_txn_was_lost_goes_on_from_the_last_commit_in_the_log) {
  World world(1, 6);
  must_load_to(world, 2);
  // A checkpoint of another engine that let the txn expire: here, a rebuilt table whose first commit carries the hint.
  const auto commit = read_commit(world.table(), 0);
  for (const auto& object : store::list(*world.memory, world.table().key("_delta_log/")))
    world.memory->remove(object.key);
  std::vector<Action> without_txn;
  for (const Action& action : commit->actions)
    if (!std::holds_alternative<Txn>(action)) without_txn.push_back(action);
  put_commit(world.table(), 0, write_commit(without_txn));
  ASSERT_EQ(code_of([&] { cursor(world); }), ErrorCode::txn_lost);
  EXPECT_EQ(adopt_error(world), ErrorCode::adopt_refused) << "no commit in the log carries a txn of the asset";
  const Published published = must_adopt(world, {.fork = false, .moved = false, .cursor = at(2)});
  EXPECT_EQ(published.n, 2);
  EXPECT_FALSE(read_manifest(world.table(), world.asset.id, 2)->parent.has_value());
  must_load_to(world, 4);
  EXPECT_EQ(world.sorted_rows(), range(0, 4));
}

TEST(Adopt, of_another_table_wants_to_know_whether_it_was_moved_or_copied) {
  World world(1, 6);
  must_load_to(world, 2);
  world.asset.owner = "project-2";
  EXPECT_EQ(adopt_error(world), ErrorCode::adopt_refused);
  EXPECT_EQ(adopt_error(world, {.fork = true, .moved = true, .cursor = {}}), ErrorCode::adopt_refused);
  must_adopt(world, {.fork = false, .moved = true, .cursor = {}});
  EXPECT_EQ(cursor(world), at(2));
  world.asset.owner = "project-1";
  EXPECT_EQ(code_of([&] { cursor(world); }), ErrorCode::copied) << "the former project must stop";
}

TEST(Adopt, fork_belongs_to_the_new_source_from_now_on) {
  World world(1, 6);
  must_load_to(world, 2);
  world.asset.owner = "project-2";
  world.queue.name = "queue-2";
  world.queue.acked_at = 2;
  must_adopt(world, {.fork = true, .moved = false, .cursor = {}});
  const auto head = read_manifest(world.table(), world.asset.id, 2);
  EXPECT_EQ(head->owner, "project-2");
  EXPECT_EQ(head->source_identity, "queue-2");
  EXPECT_EQ(head->ack_floor, at(2));
  must_load_to(world, 6);
  EXPECT_EQ(world.sorted_rows(), range(0, 6));
}

TEST(Adopt, does_not_hide_a_gap_in_the_source) {
  World world(1, 6);
  must_load_to(world, 2);
  world.queue.acked_at = 3;
  EXPECT_EQ(adopt_error(world), ErrorCode::source_gap);
  must_adopt(world, {.fork = false, .moved = false, .cursor = at(3)});
  must_load_to(world, 6);
  EXPECT_EQ(world.rows().count.contains(2), false);
  EXPECT_EQ(world.rows().count[3], 1);
}

TEST(Adopt, adds_and_drops_members_when_the_last_publish_is_complete) {
  World world(2, 6);
  must_load_to(world, 2);
  const Metadata metadata = integers_metadata(uuid_v4());
  world.asset.tables.push_back({{"raw", "extra"}, {world.memory, "raw/extra/"}});
  put_commit(world.table(2), 0, write_commit({CommitInfo{}, lowest_protocol(metadata), metadata}));
  must_adopt(world);
  EXPECT_EQ(world.rows(2).txn, 2);
  EXPECT_EQ(read_anchor_note(world.table(2), world.asset.id)->anchor_uri, world.table(0).uri());
  must_load_to(world, 4);
  EXPECT_EQ(world.sorted_rows(2), range(2, 4));
  world.asset.tables.erase(world.asset.tables.begin() + 1);
  must_adopt(world);
  must_load_to(world, 6);
  EXPECT_EQ(world.sorted_rows(0), range(0, 6));
  EXPECT_EQ(world.sorted_rows(1), range(2, 6));
}

TEST(Adopt, needs_a_table_and_never_overrules_a_newer_weir) {
  World world(1, 6);
  EXPECT_EQ(adopt_error(world), ErrorCode::adopt_refused);
  must_load_to(world, 2);
  world.memory->put(manifest_key(world.table(), world.asset.id, 1), R"({"format":2})");
  EXPECT_EQ(adopt_error(world), ErrorCode::newer_format);
}

TEST(Adopt, refuses_a_cursor_whose_list_of_files_is_lost) {
  World world(1, 6);
  Publisher publisher = world.publisher();
  const Inspection nothing = publisher.inspect(world.asset, nullptr);
  Attempt attempt = attempt_for(world.asset, nothing, 2);
  const Ledger empty;
  attempt.cursor_for = [&](int64_t n) {
    LedgerEntry entry;
    entry.uri = "a.csv";
    return empty.write(world.table(), world.asset.id, n, {entry}, world.parquet);
  };
  publisher.publish(world.asset, nothing, attempt, nullptr);
  EXPECT_EQ(publisher.inspect(world.asset, nullptr).cursor().at("ledger").size(), 1U);
  lose_weir(world);
  EXPECT_EQ(code_of([&] { publisher.adopt(world.asset, {}, "run", nullptr); }), ErrorCode::adopt_refused);
  publisher.adopt(world.asset, {.fork = false, .moved = false, .cursor = Json::object()}, "run", nullptr);
  EXPECT_EQ(publisher.inspect(world.asset, nullptr).cursor(), Json::object());
}

TEST(Adopt, stale_runner_cannot_commit_after_it) {
  World world(1, 6);
  must_load_to(world, 2);
  Publisher publisher = world.publisher();
  const Inspection stale = publisher.inspect(world.asset, &world.queue);
  const Attempt attempt = attempt_for(world.asset, stale, 4);
  must_adopt(world, {.fork = false, .moved = false, .cursor = at(2)});
  EXPECT_TRUE(std::holds_alternative<Superseded>(publisher.publish(world.asset, stale, attempt, &world.queue)));
}

}  // namespace
}  // namespace weir::lake::publish
