// History, restore, diff and unneeded files.
#include "lake/diff.h"
#include "lake/history.h"
#include "lake/restore.h"
#include "lake/table_gc.h"
#include "lake_fixture.h"

namespace weir::lake {
namespace {

using Paths = std::vector<std::string>;

class HistoryTest : public TableTest {};

TEST_F(HistoryTest, is_told_newest_first) {
  create();
  Transaction writing(table, open(), parquet);
  writing.draft().actions = {plain_add("a", 5), plain_add("b", 7)};
  writing.draft().operation_parameters.set("mode", "Append");
  writing.draft().extra_commit_info.set("userMetadata", "note");
  Json weir = Json::object();
  writing.draft().extra_commit_info.set("weir", weir.set("n", 1));
  writing.commit(1);
  int64_t time = clock.now_ms();
  commit_text(2, to_json_line(remove_of(plain_add("a", 5), 1)) + "\n" + to_json_line(plain_metadata()));
  auto entries = history(table);
  ASSERT_EQ(entries.size(), 3U);
  EXPECT_EQ(entries[0].version, 2);
  EXPECT_EQ(entries[0].time_ms, time);
  EXPECT_EQ(entries[0].operation, "");
  EXPECT_EQ(entries[0].files_removed, 1);
  EXPECT_EQ(entries[0].rows_removed, 5);
  EXPECT_EQ(entries[0].rows_added, 0);
  EXPECT_EQ(entries[0].bytes_removed, 100);
  EXPECT_TRUE(entries[0].schema_changed && entries[0].data_change);
  EXPECT_EQ(entries[1].operation, "WRITE");
  EXPECT_EQ(entries[1].rows_added, 12);
  EXPECT_EQ(entries[1].bytes_added, 200);
  EXPECT_EQ(entries[1].blind_append, true);
  EXPECT_EQ(entries[1].engine, "weir/" WEIR_VERSION);
  EXPECT_EQ(entries[1].user_metadata, "note");
  EXPECT_EQ(entries[1].weir.at("n").as_int(), 1);
  EXPECT_EQ(entries[1].parameters.at("mode").as_string(), "Append");
  EXPECT_TRUE(entries[2].protocol_changed);
  EXPECT_FALSE(entries[2].data_change);
}

TEST_F(HistoryTest, rows_that_deletion_vectors_take_away_count_when_they_go) {
  create();
  Add whole = plain_add("a", 50), part = plain_add("a", 50);
  part.deletion_vector = DeletionVector{"i", "x", {}, 1, 5};
  commit(1, {whole});
  commit(2, {remove_of(whole, 1), part});                      // a DELETE
  commit(3, {remove_of(part, 1, false), plain_add("b", 45)});  // an OPTIMIZE that drops them for good
  auto entries = history(table);
  EXPECT_EQ(*entries[1].rows_added - *entries[1].rows_removed, -5);
  EXPECT_EQ(*entries[0].rows_added - *entries[0].rows_removed, 0);
}

TEST_F(HistoryTest, is_limited_and_ends_with_the_log) {
  create();
  for (int i = 1; i <= 5; ++i) append(fmt::format("f{}", i));
  EXPECT_EQ(history(table, 2).back().version, 4);
  EXPECT_EQ(history(table, 2, 3).front().version, 3);
  EXPECT_EQ(history(table, 0, 99).front().version, 5);
  store->remove(commit_key(table, 2));
  EXPECT_EQ(history(table).back().version, 3);
  TableLocation nowhere{store, "no/such/"};
  EXPECT_EQ(code_of([&] { history(nowhere); }), ErrorCode::not_a_table);
}

TEST_F(HistoryTest, rows_are_unknown_when_one_file_does_not_tell) {
  create();
  Add silent = plain_add("a");
  silent.stats.reset();
  commit(1, {silent, plain_add("b")});
  EXPECT_EQ(history(table)[0].rows_added, std::nullopt);
  EXPECT_EQ(rows_in_stats("{"), std::nullopt);
  EXPECT_EQ(rows_in_stats(R"({"numRecords":-1})"), std::nullopt);
}

class RestoreTest : public TableTest {
 protected:
  void SetUp() override {
    create();
    for (const char* file : {"a", "b", "c"}) store->put(table.key(file), "rows");
    commit(1, {plain_add("a"), plain_add("b")});
    commit(2, {remove_of(plain_add("a"), 1), plain_add("c"), plain_metadata({{"k", "v"}})});
  }
};

TEST_F(RestoreTest, brings_an_older_version_back) {
  auto current = open();
  Restore restore = plan_restore(*current, *open(1), 9);
  EXPECT_EQ(restore.files_added, 1);
  EXPECT_EQ(restore.files_removed, 1);
  EXPECT_TRUE(restore.missing.empty());
  EXPECT_TRUE(restore.draft.reads.whole_table);
  check_complete(restore, *open(1));
  Transaction transaction(table, current, parquet);
  transaction.draft() = restore.draft;
  ASSERT_TRUE(std::holds_alternative<Committed>(transaction.commit(9)));
  auto restored = open();
  EXPECT_EQ(restored->version(), 3);
  EXPECT_EQ(paths(*restored), (Paths{"b", "a"}));
  EXPECT_EQ(restored->property("k"), std::nullopt);
  EXPECT_EQ(history(table, 1)[0].operation, "RESTORE");
  EXPECT_TRUE(plan_restore(*restored, *open(1), 9).draft.actions.empty());
}

TEST_F(RestoreTest, a_concurrent_change_conflicts) {
  auto current = open();
  Transaction transaction(table, current, parquet);
  transaction.draft() = plan_restore(*current, *open(1), 9).draft;
  commit(3, {plain_add("d")});
  EXPECT_TRUE(std::holds_alternative<Conflict>(transaction.commit(9)));
}

TEST_F(RestoreTest, files_that_are_gone_are_named) {
  store->remove(table.key("a"));
  Restore restore = plan_restore(*open(), *open(1), 9);
  EXPECT_EQ(restore.missing, Paths{"raw/t/a"});
  std::string message;
  EXPECT_EQ(code_of([&] { check_complete(restore, *open(1)); }, &message), ErrorCode::files_gone);
  EXPECT_NE(message.find("raw/t/a"), std::string::npos);
}

TEST_F(RestoreTest, an_assets_table_is_for_rollback) {
  commit(3, {Txn{"other:x", 1, 1}});
  plan_restore(*open(), *open(1), 9);
  commit(4, {Txn{"weir:raw.t", 1, 1}});
  std::string message;
  EXPECT_EQ(code_of([&] { plan_restore(*open(), *open(1), 9); }, &message), ErrorCode::restore_asset);
  EXPECT_NE(message.find("raw.t"), std::string::npos);
}

TEST_F(RestoreTest, versions_of_another_table_are_refused) {
  Metadata replaced = plain_metadata();
  replaced.id = "another";
  commit(3, {replaced});
  EXPECT_EQ(code_of([&] { plan_restore(*open(), *open(1), 9); }), ErrorCode::no_such_version);
}

class DiffTest : public TableTest {};

TEST_F(DiffTest, says_what_lies_between_two_versions) {
  create({{"gone", "1"}, {"same", "1"}});
  commit(1, {plain_add("a", 5), plain_add("b", 6)});
  Metadata changed = plain_metadata({{"same", "1"}, {"new", "2"}});
  changed.schema.fields[0].type = DataType::primitive(TypeKind::string);
  changed.schema.fields.erase(changed.schema.fields.begin() + 1);
  Field nested{"s", DataType{TypeKind::struct_, 0, 0, {}}, true, Json::object()};
  nested.type.fields.push_back({"x", DataType::primitive(TypeKind::date), false, Json::object()});
  changed.schema.fields.push_back(nested);
  changed.schema_string = changed.schema.to_string();
  commit(2, {changed, remove_of(plain_add("a", 5), 1), plain_add("c", 7, 50)});
  TableDiff result = diff(*open(1), *open(2));
  EXPECT_EQ(result.files_added, Paths{"c"});
  EXPECT_EQ(result.files_removed, Paths{"a"});
  EXPECT_EQ(result.bytes_added, 50);
  EXPECT_EQ(result.bytes_removed, 100);
  EXPECT_EQ(result.rows_added, 7);
  EXPECT_EQ(result.rows_removed, 5);
  EXPECT_EQ(result.rows_before, 11);
  EXPECT_EQ(result.rows_after, 13);
  std::vector<std::string> columns;
  for (const auto& change : result.columns)
    columns.push_back(fmt::format("{}: {} -> {}", change.column, change.before, change.after));
  EXPECT_EQ(columns, (Paths{"id: long -> string", "name: string -> ", "s:  -> struct", "s.x:  -> date not null"}));
  ASSERT_EQ(result.properties.size(), 2U);
  EXPECT_EQ(result.properties[0].key, "gone");
  EXPECT_EQ(result.properties[0].after, std::nullopt);
  EXPECT_EQ(result.properties[1].after, "2");
  EXPECT_FALSE(result.replaced);
  EXPECT_TRUE(diff(*open(2), *open(2)).empty());
  EXPECT_EQ(diff(*open(2), *open(1)).files_added, Paths{"a"}) << "backwards too";
}

TEST_F(DiffTest, unknown_rows_and_replaced_tables) {
  create();
  Add silent = plain_add("a");
  silent.stats.reset();
  Metadata replaced = plain_metadata();
  replaced.id = "another";
  commit(1, {silent, replaced});
  TableDiff result = diff(*open(0), *open(1));
  EXPECT_EQ(result.rows_added, std::nullopt);
  EXPECT_EQ(result.rows_before, 0);
  EXPECT_EQ(result.rows_after, std::nullopt);
  EXPECT_TRUE(result.replaced);
  EXPECT_EQ(row_count(*open(1)), std::nullopt);
}

class UnneededTest : public TableTest {};

TEST_F(UnneededTest, keeps_what_is_live_young_a_fresh_tombstone_or_hidden) {
  create();
  int64_t now = 1'000'000;
  commit(1, {plain_add("live"), plain_add("p=a%20b/live"), plain_add("memory:test/raw/t/absolute"), plain_add("old"),
             plain_add("fresh")});
  commit(2, {remove_of(plain_add("old"), now - 100), remove_of(plain_add("fresh"), now - 10)});
  auto needed = needed_files(*open(), now - 50);
  EXPECT_TRUE(needed.contains("fresh"));
  EXPECT_FALSE(needed.contains("old"));
  std::vector<store::ObjectInfo> listing;
  for (const char* key : {"live", "p=a b/live", "old", "fresh", "orphan", "p=1/orphan", "_weir/a/1.json",
                          "_delta_log/x", ".hidden/x", "p=1/_temporary/x", "_change_data/orphan", "_p=1/orphan"})
    listing.push_back({table.key(key), 1, 5, ""});
  listing.push_back({table.key("young"), 1, 60, ""});
  listing.push_back({"raw/other/orphan", 1, 5, ""});
  Paths found;
  for (const auto& info : unneeded_files(listing, table, needed, 50)) found.push_back(info.key);
  EXPECT_EQ(found,
            (Paths{"raw/t/old", "raw/t/orphan", "raw/t/p=1/orphan", "raw/t/_change_data/orphan", "raw/t/_p=1/orphan"}));
}

TEST_F(UnneededTest, actions_of_manifests_and_commits_can_be_needed_too) {
  std::set<std::string> needed;
  add_needed(needed, {plain_add("a%20b"), Cdc{"_change_data/c", {}, 1}, remove_of(plain_add("gone"), 1)}, table);
  EXPECT_EQ(needed, (std::set<std::string>{"a b", "_change_data/c"}));
}

TEST_F(UnneededTest, absolute_paths_into_the_table_are_its_files) {
  std::set<std::string> needed;
  auto local = store::open("memory:x");
  TableLocation place{local, "t/"};
  add_needed(needed, {plain_add("/elsewhere/t/a")}, place);
  EXPECT_FALSE(needed.contains("a"));
}

TEST_F(UnneededTest, every_version_that_can_be_opened_counts) {
  create();
  commit(1, {plain_add("a"), plain_add("b")});
  commit(2, {remove_of(plain_add("a"), 1), plain_add("c")});
  write_checkpoint(*open(2), parquet, clock.now_ms());
  commit(3, {remove_of(plain_add("c"), 1), plain_add("d")});
  using Set = std::set<std::string>;
  EXPECT_EQ(files_of_open_versions(table, parquet), (Set{"a", "b", "c", "d"}));
  store->remove(commit_key(table, 0));
  store->remove(commit_key(table, 1));
  EXPECT_EQ(files_of_open_versions(table, parquet), (Set{"b", "c", "d"}));
}

}  // namespace
}  // namespace weir::lake
