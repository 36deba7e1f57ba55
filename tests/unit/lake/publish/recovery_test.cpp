// Every row of the recovery table: what is observed, what is done or refused.
#include <gtest/gtest.h>

#include "hook_store.h"
#include "lake/publish/foreign.h"
#include "other_engine.h"
#include "world.h"

namespace weir::lake::publish {
namespace {

std::optional<ErrorCode> refusal(World& world) {
  Publisher publisher = world.publisher();
  return code_of([&] { publisher.inspect(world.asset, &world.queue); });
}
std::string manifest_at(const World& world, int64_t n) { return manifest_key(world.table(), world.asset.id, n); }

// ---- head lost
TEST(HeadLost, when_the_manifest_is_missing) {
  World world(1, 4);
  must_load_to(world, 2);
  world.memory->remove(manifest_at(world, 1));
  EXPECT_EQ(refusal(world), ErrorCode::head_lost);
  Publisher publisher = world.publisher();
  EXPECT_EQ(code_of([&] { publisher.look(world.asset); }), ErrorCode::head_lost);
}

TEST(HeadLost, when_the_manifest_is_another_than_was_committed) {
  World world(1, 4);
  must_load_to(world, 2);
  auto manifest = read_manifest(world.table(), world.asset.id, 1);
  manifest->run = "another";
  world.memory->put(manifest_at(world, 1), manifest->to_bytes());
  EXPECT_EQ(refusal(world), ErrorCode::head_lost);
}

TEST(HeadLost, when_another_writer_moved_our_txn) {
  World world(1, 4);
  must_load_to(world, 2);
  CommitInfo info;
  info.fields.set("operation", "STREAMING UPDATE");
  put_commit(world.table(), 1, write_commit({info, Txn{"weir:raw.numbers", 9, 1}}));
  EXPECT_EQ(refusal(world), ErrorCode::head_lost);
}

TEST(HeadLost, damaged_and_newer_manifests_are_named_as_such) {
  World world(1, 4);
  must_load_to(world, 2);
  const std::string bytes = world.memory->read(manifest_at(world, 1));
  world.memory->put(manifest_at(world, 1), bytes.substr(0, bytes.size() / 2));
  EXPECT_EQ(refusal(world), ErrorCode::manifest_damaged);
  world.memory->put(manifest_at(world, 1), R"({"format":2})");
  EXPECT_EQ(refusal(world), ErrorCode::newer_format);
}

// ---- txn lost
TEST(TxnLost, when_the_table_was_rebuilt_under_its_manifests) {
  World world(1, 4);
  must_load_to(world, 2);
  for (const auto& object : store::list(*world.memory, world.table().key("_delta_log/")))
    world.memory->remove(object.key);
  const Metadata metadata = integers_metadata(uuid_v4());
  put_commit(world.table(), 0, write_commit({CommitInfo{}, lowest_protocol(metadata), metadata}));
  EXPECT_EQ(refusal(world), ErrorCode::txn_lost);
}

TEST(TxnLost, when_the_first_table_is_gone_but_a_member_remembers) {
  World world(2, 4);
  must_load_to(world, 2);
  for (const auto& object : store::list(*world.memory, world.table().prefix)) world.memory->remove(object.key);
  EXPECT_EQ(refusal(world), ErrorCode::txn_lost);
}

TEST(TxnLost, when_a_member_is_gone) {
  World world(2, 4);
  must_load_to(world, 2);
  must_load_to(world, 3);
  for (const auto& object : store::list(*world.memory, world.table(1).prefix)) world.memory->remove(object.key);
  EXPECT_EQ(refusal(world), ErrorCode::txn_lost);
}

// ---- copied
TEST(Copied, when_another_project_owns_the_asset) {
  World world(1, 4);
  must_load_to(world, 2);
  world.asset.owner = "project-2";
  EXPECT_EQ(refusal(world), ErrorCode::copied);
}

TEST(Copied, when_the_table_got_a_new_id) {
  World world(1, 4);
  must_load_to(world, 2);
  ASSERT_TRUE(OtherEngine(world).replace());
  EXPECT_EQ(refusal(world), ErrorCode::copied);
}

void copy_folder(World& world, const std::string& from, const std::string& to) {
  for (const auto& object : store::list(*world.memory, from))
    world.memory->put(to + object.key.substr(from.size()), world.memory->read(object.key));
}

TEST(Copied, is_refused_while_the_source_forgets_and_a_warning_where_it_keeps_its_data) {
  World world(1, 4);
  world.asset.rollback_keep_ms = 0;  // so that there is a floor
  must_load_to(world, 2);
  copy_folder(world, "raw/numbers/", "raw/copy/");
  Asset copy = world.asset;
  copy.tables[0].location.prefix = "raw/copy/";
  Publisher publisher = world.publisher();
  EXPECT_EQ(code_of([&] { publisher.inspect(copy, &world.queue); }), ErrorCode::copied);

  World files(1, 4);
  Publisher loader = files.publisher();
  const Inspection nothing = loader.inspect(files.asset, nullptr);
  loader.publish(files.asset, nothing, attempt_for(files.asset, nothing, 2), nullptr);
  copy_folder(files, "raw/numbers/", "raw/copy/");
  Asset moved = files.asset;
  moved.tables[0].location.prefix = "raw/copy/";
  const Inspection seen = loader.inspect(moved, nullptr);
  EXPECT_EQ(seen.warnings.size(), 1U);
  EXPECT_EQ(seen.cursor(), at(2));
}

TEST(Copied, when_a_member_belongs_to_another_group) {
  World world(2, 4);
  must_load_to(world, 2);
  write_anchor_note(world.table(1), world.asset.id, {"memory:elsewhere", world.asset.owner}, true);
  EXPECT_EQ(refusal(world), ErrorCode::copied);
}

// ---- existing table
void create_foreign_table(World& world, size_t i = 0) {
  const Metadata metadata = integers_metadata(uuid_v4());
  put_commit(world.table(i), 0, write_commit({CommitInfo{}, lowest_protocol(metadata), metadata}));
}

TEST(ExistingTable, is_refused_unless_it_is_to_be_adopted) {
  World world(1, 4);
  create_foreign_table(world);
  ASSERT_TRUE(OtherEngine(world).append(100));
  EXPECT_EQ(refusal(world), ErrorCode::existing_table);
  world.asset.on_existing = OnExisting::adopt;
  Publisher publisher = world.publisher();
  EXPECT_FALSE(publisher.look(world.asset).head.has_value());
  const Inspection adopted = publisher.inspect(world.asset, &world.queue);
  EXPECT_EQ(adopted.head->kind, Kind::adopt);
  EXPECT_FALSE(adopted.head->parent.has_value());
  must_load_to(world, 4);
  EXPECT_EQ(world.sorted_rows(), (std::vector<int64_t>{0, 1, 2, 3, 100}));
}

TEST(ExistingTable, adopt_that_died_after_its_manifest_is_no_lost_txn) {
  World world(1, 4);
  create_foreign_table(world);
  world.asset.on_existing = OnExisting::adopt;
  auto store = std::make_shared<HookStore>(world.memory);
  store->before = [&](Verb verb, const std::string& key) {
    return verb == Verb::put_if_absent && key.find("_delta_log") != std::string::npos ? Fate::fail : Fate::normal;
  };
  Publisher publisher = world.publisher();
  EXPECT_EQ(code_of([&] { publisher.inspect(world.through(store), &world.queue); }), ErrorCode::store_io);
  EXPECT_EQ(list_manifests(world.table(), world.asset.id).size(), 1U);
  EXPECT_EQ(publisher.inspect(world.asset, &world.queue).head->n, 2);
}

TEST(GroupChanged, when_tables_were_added_or_dropped) {
  World world(2, 4);
  must_load_to(world, 2);
  const AssetTable dropped = world.asset.tables.back();
  world.asset.tables.pop_back();
  EXPECT_EQ(refusal(world), ErrorCode::group_changed);
  world.asset.tables.push_back(dropped);
  world.asset.tables.push_back({{"raw", "extra"}, {world.memory, "raw/extra/"}});
  EXPECT_EQ(refusal(world), std::nullopt) << "a table that does not exist yet may join";
  create_foreign_table(world, 2);
  EXPECT_EQ(refusal(world), ErrorCode::group_changed);
}

TEST(GroupChanged, table_that_does_not_exist_yet_joins_with_the_publish_that_fills_it) {
  World world(1, 4);
  must_load_to(world, 2);
  world.asset.tables.push_back({{"raw", "extra"}, {world.memory, "raw/extra/"}});
  must_load_to(world, 3);
  EXPECT_EQ(world.sorted_rows(1), range(2, 3));
  EXPECT_EQ(world.rows(1).txn, 2);
  must_load_to(world, 4);
  EXPECT_EQ(world.sorted_rows(1), range(2, 4));
}

TEST(GroupChanged, when_the_first_table_is_a_member_elsewhere) {
  World world(2, 4);
  must_load_to(world, 2);
  std::swap(world.asset.tables[0], world.asset.tables[1]);
  EXPECT_NE(refusal(world), std::nullopt);
}

// ---- foreign changes
TEST(Foreign, restore_overwrite_and_unexplained_removes_are_refused) {
  for (const char* change : {"restore", "overwrite", "truncate", "no name"}) {
    World world(1, 4);
    must_load_to(world, 1);
    must_load_to(world, 2);
    OtherEngine other(world);
    const std::string what = change;
    const bool done = what == "restore"     ? other.restore(0)
                      : what == "overwrite" ? other.overwrite(100)
                                            : other.erase_all(what == "truncate" ? "TRUNCATE" : "");
    ASSERT_TRUE(done) << what;
    EXPECT_EQ(refusal(world), ErrorCode::foreign) << what;
    Publisher publisher = world.publisher();
    EXPECT_EQ(code_of([&] { publisher.look(world.asset); }), ErrorCode::foreign) << what;
  }
}

TEST(Foreign, restore_hidden_between_plan_and_commit_is_found_although_the_head_is_newer) {
  World world(1, 4);
  must_load_to(world, 1);
  must_load_to(world, 2);
  // The head's manifest says it was planned on version 1; a RESTORE at 2 came before its commit at 3, as Spark would
  // allow.
  auto store = std::make_shared<HookStore>(world.memory);
  Publisher publisher = world.publisher();
  const Inspection inspected = publisher.inspect(world.asset, &world.queue);
  const Attempt attempt = attempt_for(world.asset, inspected, 4);
  store->before = [&](Verb verb, const std::string& key) {
    return verb == Verb::put_if_absent && key.find("_delta_log") != std::string::npos ? Fate::fail : Fate::normal;
  };
  EXPECT_EQ(code_of([&] { publisher.publish(world.through(store), inspected, attempt, &world.queue); }),
            ErrorCode::store_io);
  ASSERT_TRUE(OtherEngine(world).restore(0));
  const auto manifest = read_manifest(world.table(), world.asset.id, 3);
  std::vector<Action> blind = {CommitInfo{}, Txn{"weir:raw.numbers", 3, 1}};
  for (const Action& action : manifest->tables[0].actions) blind.push_back(action);
  ASSERT_EQ(put_commit(world.table(), 3, write_commit(blind)), CommitPut::done);
  EXPECT_EQ(refusal(world), ErrorCode::foreign);
}

TEST(Foreign, deletes_warn_or_refuse_as_configured) {
  World world(1, 4);
  must_load_to(world, 2);
  ASSERT_TRUE(OtherEngine(world).erase_all("DELETE"));
  Publisher publisher = world.publisher();
  EXPECT_EQ(publisher.inspect(world.asset, &world.queue).warnings.size(), 1U);
  world.asset.on_foreign_change = OnForeignChange::error;
  EXPECT_EQ(refusal(world), ErrorCode::foreign);
  world.asset.on_foreign_change = OnForeignChange::warn;
  must_load_to(world, 4);
  EXPECT_EQ(world.sorted_rows(), range(2, 4));
  EXPECT_TRUE(publisher.inspect(world.asset, &world.queue).warnings.empty()) << "the next publish has seen it";
}

TEST(Foreign, compaction_appends_and_properties_are_harmless) {
  World world(1, 4);
  must_load_to(world, 1);
  must_load_to(world, 2);
  ASSERT_TRUE(OtherEngine(world).optimize());
  ASSERT_TRUE(OtherEngine(world).append(100));
  ASSERT_TRUE(OtherEngine(world).set_property("delta.appendOnly", "false"));
  world.asset.on_foreign_change = OnForeignChange::error;
  EXPECT_EQ(refusal(world), std::nullopt);
}

TEST(LogGap, when_commits_since_the_last_plan_are_cleaned_away) {
  World world(1, 4);
  must_load_to(world, 1);
  must_load_to(world, 2);
  ASSERT_TRUE(OtherEngine(world).append(100));
  OtherEngine(world).clean_log();
  EXPECT_EQ(refusal(world), ErrorCode::log_gap);
}

TEST(Restore, is_followed_when_the_asset_says_so) {
  World world(1, 6);
  must_load_to(world, 1);
  must_load_to(world, 3);
  must_load_to(world, 4);
  ASSERT_TRUE(OtherEngine(world).restore(1));
  world.asset.on_restore = OnRestore::follow;
  Publisher publisher = world.publisher();
  const Inspection followed = publisher.inspect(world.asset, &world.queue);
  EXPECT_EQ(followed.head->kind, Kind::adopt);
  EXPECT_EQ(followed.cursor(), at(3));
  must_load_to(world, 6);
  EXPECT_EQ(world.sorted_rows(), range(0, 6));
}

TEST(Restore, is_not_followed_to_where_the_source_may_have_forgotten) {
  World world(1, 6);
  world.asset.rollback_keep_ms = 0;
  must_load_to(world, 1);
  must_load_to(world, 3);
  ASSERT_TRUE(OtherEngine(world).restore(0));
  world.asset.on_restore = OnRestore::follow;
  EXPECT_EQ(refusal(world), ErrorCode::foreign);
  world.queue.acked_at = 0;  // the acknowledgement is still on its way
  EXPECT_EQ(refusal(world), ErrorCode::foreign);
}

TEST(Restore, is_not_followed_when_something_else_came_after_it_or_its_target_is_dirty) {
  World world(1, 6);
  must_load_to(world, 1);
  must_load_to(world, 3);
  ASSERT_TRUE(OtherEngine(world).overwrite(100));
  ASSERT_TRUE(OtherEngine(world).restore(2));
  world.asset.on_restore = OnRestore::follow;
  EXPECT_EQ(refusal(world), ErrorCode::foreign) << "version 2 is the overwrite";
  World second(1, 6);
  must_load_to(second, 1);
  must_load_to(second, 3);
  ASSERT_TRUE(OtherEngine(second).restore(0));
  ASSERT_TRUE(OtherEngine(second).overwrite(100));
  second.asset.on_restore = OnRestore::follow;
  EXPECT_EQ(refusal(second), ErrorCode::foreign);
}

// ---- files of the head gone
TEST(Takeback, undoes_a_head_whose_files_are_gone) {
  World world(1, 4);
  must_load_to(world, 1);
  must_load_to(world, 3);
  const auto head = read_manifest(world.table(), world.asset.id, 2);
  world.memory->remove(world.table().key(head->attempt + "-0.parquet"));
  Publisher publisher = world.publisher();
  const Inspection inspected = publisher.inspect(world.asset, &world.queue);
  EXPECT_EQ(inspected.head->kind, Kind::takeback);
  EXPECT_EQ(inspected.cursor(), at(1));
  EXPECT_TRUE(world.rows().gone.empty());
  must_load_to(world, 4);
  EXPECT_EQ(world.sorted_rows(), range(0, 4));
}

TEST(Takeback, puts_back_what_an_overwrite_removed) {
  World world(1, 4);
  must_load_to(world, 2);
  Publisher publisher = world.publisher();
  const Inspection inspected = publisher.inspect(world.asset, nullptr);
  Attempt attempt = attempt_for(world.asset, inspected, 2);
  attempt.staged[0] = stage(world.asset.tables[0], inspected.snapshots[0], attempt.id, 50, 52, WriteMode::overwrite);
  publisher.publish(world.asset, inspected, attempt, nullptr);
  ASSERT_EQ(world.sorted_rows(), range(50, 52));
  world.memory->remove(world.table().key(attempt.id + "-0.parquet"));
  publisher.inspect(world.asset, nullptr);
  EXPECT_EQ(world.sorted_rows(), range(0, 2));
}

TEST(Takeback, of_the_first_publish_starts_from_the_beginning) {
  World world(2, 4);
  must_load_to(world, 2);
  const auto head = read_manifest(world.table(), world.asset.id, 1);
  world.memory->remove(world.table(1).key(head->attempt + "-0.parquet"));
  Publisher publisher = world.publisher();
  EXPECT_TRUE(publisher.inspect(world.asset, &world.queue).cursor().is_null());
  must_load_to(world, 4);
  for (size_t i = 0; i < 2; ++i) EXPECT_EQ(world.sorted_rows(i), range(0, 4));
}

TEST(DataLost, when_the_source_has_forgotten_what_must_be_read_again) {
  World world(1, 4);
  world.asset.rollback_keep_ms = 0;
  must_load_to(world, 1);
  must_load_to(world, 3);
  ASSERT_EQ(world.queue.acked_at, 3);
  const auto head = read_manifest(world.table(), world.asset.id, 2);
  world.memory->remove(world.table().key(head->attempt + "-0.parquet"));
  EXPECT_EQ(refusal(world), ErrorCode::data_lost);
}

TEST(DataLost, when_the_state_before_cannot_be_put_together) {
  World world(1, 4);
  must_load_to(world, 2);
  Publisher publisher = world.publisher();
  const Inspection inspected = publisher.inspect(world.asset, nullptr);
  Attempt attempt = attempt_for(world.asset, inspected, 2);
  attempt.staged[0] = stage(world.asset.tables[0], inspected.snapshots[0], attempt.id, 50, 52, WriteMode::overwrite);
  publisher.publish(world.asset, inspected, attempt, nullptr);
  for (const auto& object : store::list(*world.memory, world.table().prefix))
    if (object.key.ends_with(".parquet")) world.memory->remove(object.key);
  EXPECT_EQ(refusal(world), ErrorCode::data_lost);
}

TEST(Takeback, leaves_a_head_alone_whose_files_others_have_compacted_away) {
  World world(1, 4);
  must_load_to(world, 1);
  must_load_to(world, 3);
  ASSERT_TRUE(OtherEngine(world).optimize());
  world.clock.advance(30 * day_ms);
  OtherEngine(world).vacuum(day_ms);
  Publisher publisher = world.publisher();
  EXPECT_EQ(publisher.inspect(world.asset, &world.queue).head->kind, Kind::publish);
  EXPECT_EQ(world.sorted_rows(), range(0, 3));
}

TEST(Takeback, an_error_of_the_store_is_not_a_missing_file) {
  World world(1, 4);
  must_load_to(world, 2);
  auto store = std::make_shared<HookStore>(world.memory);
  store->before = [](Verb verb, const std::string& key) {
    return verb == Verb::head && key.ends_with(".parquet") ? Fate::fail : Fate::normal;
  };
  Publisher publisher = world.publisher();
  EXPECT_EQ(code_of([&] { publisher.inspect(world.through(store), &world.queue); }), ErrorCode::store_io);
  EXPECT_EQ(world.rows().version, 0);
}

// ---- source
TEST(SourceGap, when_someone_else_acknowledged) {
  World world(1, 4);
  must_load_to(world, 2);
  world.queue.acked_at = 1;
  EXPECT_EQ(refusal(world), ErrorCode::source_gap);
}

TEST(SourceGap, when_records_after_the_cursor_expired) {
  World world(1, 4);
  world.queue.forgetting = false;
  must_load_to(world, 2);
  world.queue.low = 2;
  EXPECT_EQ(refusal(world), std::nullopt);
  world.queue.low = 3;
  EXPECT_EQ(refusal(world), ErrorCode::source_gap);
}

TEST(SourceGap, when_the_source_was_recreated) {
  World world(1, 4);
  must_load_to(world, 2);
  world.queue.name = "queue-2";
  EXPECT_EQ(refusal(world), ErrorCode::source_gap);
}

TEST(SourceGap, full_refresh_of_a_source_that_has_forgotten) {
  World world(1, 4);
  world.asset.rollback_keep_ms = 0;
  must_load_to(world, 2);
  Publisher publisher = world.publisher();
  const Inspection inspected = publisher.inspect(world.asset, &world.queue);
  Attempt refresh = attempt_for(world.asset, inspected, 2);
  refresh.cursor_before = Json();
  EXPECT_EQ(code_of([&] { publisher.publish(world.asset, inspected, refresh, &world.queue); }), ErrorCode::source_gap);

  World keeps(1, 4);
  must_load_to(keeps, 2);
  const Inspection seen = keeps.publisher().inspect(keeps.asset, &keeps.queue);
  Attempt fine = attempt_for(keeps.asset, seen, 2);
  fine.cursor_before = Json();
  fine.staged[0] = stage(keeps.asset.tables[0], seen.snapshots[0], fine.id, 0, 2, WriteMode::overwrite);
  EXPECT_TRUE(std::holds_alternative<Published>(keeps.publisher().publish(keeps.asset, seen, fine, &keeps.queue)));
  EXPECT_EQ(keeps.sorted_rows(), range(0, 2));
}

// ---- finalise by whoever comes next
TEST(Finalise, a_later_run_acknowledges_what_an_earlier_one_could_not) {
  World world(1, 4);
  world.asset.rollback_keep_ms = 0;
  class Mute final : public SourcePosition {
   public:
    explicit Mute(Queue& queue) : queue_(queue) {}
    std::string identity() const override { return queue_.identity(); }
    std::optional<Json> acked() override { return queue_.acked(); }
    std::optional<Json> low_water() override { return queue_.low_water(); }
    bool forgets() const override { return true; }
    std::optional<int> compare(const Json& a, const Json& b) const override { return queue_.compare(a, b); }
    void ack(const Json&) override { throw Error(ErrorCode::store_io, "source is away"); }
    Queue& queue_;
  } mute(world.queue);
  Publisher publisher = world.publisher();
  const Inspection inspected = publisher.inspect(world.asset, &mute);
  EXPECT_EQ(code_of([&] { publisher.publish(world.asset, inspected, attempt_for(world.asset, inspected, 3), &mute); }),
            ErrorCode::store_io);
  EXPECT_EQ(world.queue.acked_at, 0);
  publisher.inspect(world.asset, &world.queue);
  EXPECT_EQ(world.queue.acked_at, 3);
  publisher.inspect(world.asset, &world.queue);
  EXPECT_EQ(world.queue.acks, 1);
}

TEST(Finalise, nothing_is_acknowledged_over_a_restore_that_came_after_the_commit) {
  World world(1, 4);
  world.asset.rollback_keep_ms = 0;
  must_load_to(world, 1);
  auto store = std::make_shared<HookStore>(world.memory);
  bool restored = false;
  store->after = [&](Verb verb, const std::string& key) {
    if (!restored && verb == Verb::put_if_absent && key == commit_key(world.table(), 1))
      restored = OtherEngine(world).restore(0);
  };
  const Outcome outcome = load_to(world, world.through(store), 3);
  EXPECT_TRUE(restored);
  EXPECT_FALSE(std::get<Published>(outcome).acked);
  EXPECT_EQ(world.queue.acked_at, 1);
  EXPECT_EQ(refusal(world), ErrorCode::foreign);
}

TEST(Finalise, files_are_looked_at_before_an_acknowledgement_however_young_they_are) {
  World world(1, 4);
  world.asset.rollback_keep_ms = 0;
  must_load_to(world, 1);
  auto store = std::make_shared<HookStore>(world.memory);
  store->before = [&](Verb verb, const std::string& key) {
    if (verb == Verb::put_if_absent && key == commit_key(world.table(), 1)) {
      world.clock.advance(minute_ms);
      OtherEngine(world).vacuum(0);
    }
    return Fate::normal;
  };
  EXPECT_TRUE(std::holds_alternative<Superseded>(load_to(world, world.through(store), 3)));
  EXPECT_EQ(world.queue.acked_at, 1);
  must_load_to(world, 4);
  EXPECT_EQ(world.sorted_rows(), range(0, 4));
}

// The source was rightly acknowledged for the head; that the head is taken back makes it no gap.
TEST(Takeback, keeps_the_floor_up_to_which_the_source_may_have_been_acknowledged) {
  World world(1, 9);
  must_load_to(world, 2);
  world.clock.advance(25 * hour_ms);
  must_load_to(world, 4);
  ASSERT_EQ(world.queue.acked_at, 2);
  world.memory->remove(world.table().key(read_manifest(world.table(), world.asset.id, 2)->attempt + "-0.parquet"));
  const Inspection inspected = world.publisher().inspect(world.asset, &world.queue);
  EXPECT_EQ(inspected.head->kind, Kind::takeback);
  EXPECT_EQ(inspected.head->ack_floor, at(2));
  must_load_to(world, 9);
  EXPECT_EQ(world.sorted_rows(), range(0, 9));
}

// Another runner publishes twice and collects the head's manifest between our look at the table and at the manifest.
TEST(HeadLost, is_not_said_of_a_head_that_others_left_behind_while_we_looked) {
  World world(1, 9);
  world.asset.rollback_keep_ms = 0;
  must_load_to(world, 1);
  auto store = std::make_shared<HookStore>(world.memory);
  bool entered = false;
  store->before = [&](Verb verb, const std::string& key) {
    if (entered || verb != Verb::read || key != manifest_at(world, 1)) return Fate::normal;
    entered = true;
    for (int64_t to = 2; to <= 4; ++to) {
      world.clock.advance(minute_ms);
      must_load_to(world, to);
    }
    world.publisher().collect_garbage(world.asset, false);
    return Fate::normal;
  };
  EXPECT_EQ(world.publisher().inspect(world.through(store), &world.queue).cursor(), at(4));
  EXPECT_TRUE(entered);
  EXPECT_FALSE(world.memory->head(manifest_at(world, 1)).has_value());
}

// ---- requirements
TEST(Requirements, of_the_tables_properties) {
  World world(1, 4);
  must_load_to(world, 2);
  ASSERT_TRUE(OtherEngine(world).set_property("delta.setTransactionRetentionDuration", "interval 1 days"));
  EXPECT_EQ(refusal(world), ErrorCode::txn_retention);
  World second(1, 4);
  must_load_to(second, 2);
  ASSERT_TRUE(OtherEngine(second).set_property("delta.deletedFileRetentionDuration", "interval 2 hours"));
  EXPECT_EQ(refusal(second), ErrorCode::retention_too_short);
  ASSERT_TRUE(OtherEngine(second).set_property("delta.deletedFileRetentionDuration", "interval 2 days"));
  EXPECT_EQ(refusal(second), std::nullopt);
  second.asset.rollback_keep_ms = 3 * day_ms;
  EXPECT_EQ(refusal(second), ErrorCode::retention_too_short);
  second.asset.rollback_keep_ms = day_ms;
  second.asset.schedule_period_ms = 20 * day_ms;
  EXPECT_EQ(refusal(second), ErrorCode::retention_too_short);
}

// ---- dead attempts
TEST(DeadAttempts, above_and_below_the_head_are_ignored) {
  World world(1, 6);
  must_load_to(world, 1);
  Publisher publisher = world.publisher();
  const Inspection stale = publisher.inspect(world.asset, &world.queue);
  must_load_to(world, 2);
  EXPECT_TRUE(std::holds_alternative<Superseded>(
      publisher.publish(world.asset, stale, attempt_for(world.asset, stale, 6), &world.queue)));
  const Inspection now = publisher.inspect(world.asset, &world.queue);
  EXPECT_EQ(now.head->n, 2);
  EXPECT_FALSE(now.resumable.has_value()) << "manifest 3 has another parent";
  world.memory->put(manifest_at(world, 9), "not json");
  EXPECT_EQ(publisher.inspect(world.asset, &world.queue).head->n, 2);
  EXPECT_EQ(must_load_to(world, 6).n, 10);
  EXPECT_EQ(world.sorted_rows(), range(0, 6));
  const std::vector<Manifest> chain = publisher.chain(world.asset);
  ASSERT_EQ(chain.size(), 3U);
  EXPECT_EQ(chain[0].n, 10);
  EXPECT_EQ(chain[1].n, 2);
  EXPECT_EQ(chain[2].n, 1);
}

TEST(Chain, ends_at_a_manifest_that_is_not_the_one_the_link_names) {
  World world(1, 6);
  for (int64_t to = 1; to <= 4; ++to) must_load_to(world, to);
  ASSERT_EQ(world.publisher().chain(world.asset).size(), 4U);
  auto second = read_manifest(world.table(), world.asset.id, 2);
  second->run = "another";
  world.memory->put(manifest_at(world, 2), second->to_bytes());
  EXPECT_EQ(world.publisher().chain(world.asset).size(), 2U);
}

}  // namespace
}  // namespace weir::lake::publish
