#include "lake/snapshot.h"

#include <thread>

#include "lake/checksum.h"
#include "lake/file_list.h"
#include "lake_fixture.h"

namespace weir::lake {
namespace {

using Paths = std::vector<std::string>;

class SnapshotTest : public TableTest {
 protected:
  Remove removal(const std::string& path) { return remove_of(plain_add(path), clock.now_ms()); }
  void checkpoint(int64_t version) { write_checkpoint(*open(version), parquet, clock.now_ms()); }
};

TEST_F(SnapshotTest, replays_adds_and_removes_in_log_order) {
  create();
  commit(1, {plain_add("a"), plain_add("b")});
  commit(2, {removal("a"), plain_add("c")});
  commit(3, {plain_add("a")});
  auto snapshot = open();
  EXPECT_EQ(snapshot->version(), 3);
  EXPECT_EQ(paths(*snapshot), (Paths{"b", "c", "a"}));
  EXPECT_EQ(paths(*open(2)), (Paths{"b", "c"}));
  EXPECT_EQ(paths(*open(0)), Paths());
  EXPECT_TRUE(snapshot->tombstones().empty()) << "a is live again";
  ASSERT_EQ(open(2)->tombstones().size(), 1U);
  EXPECT_EQ(open(2)->tombstones()[0].path, "a");
  EXPECT_EQ(snapshot->totals(), (Snapshot::Totals{3, 300}));
  EXPECT_EQ(snapshot->metadata().id, plain_metadata().id);
}

TEST_F(SnapshotTest, one_file_in_two_spellings_is_one_file) {
  create();
  commit(1, {plain_add("a%2Db"), plain_add("/x/y"), plain_add("d%20e")});
  commit(2, {removal("a-b"), removal("file:/x/y")});
  EXPECT_EQ(paths(*open()), Paths{"d%20e"});
  commit(3, {plain_add("d e")});
  EXPECT_EQ(paths(*open()), Paths{"d e"});
}

TEST_F(SnapshotTest, empty_and_blank_commits_change_nothing) {
  create();
  commit_text(1, "");
  commit_text(2, "\n\n  \n");
  commit(3, {plain_add("a")});
  EXPECT_EQ(open()->version(), 3);
  EXPECT_EQ(paths(*open()), Paths{"a"});
}

TEST_F(SnapshotTest, later_protocol_metadata_txn_and_domain_win) {
  create();
  commit(1, {Txn{"a", 1, 10}, Txn{"b", 7, std::nullopt}, DomainMetadata{"d", "one", false}});
  commit(2, {plain_metadata({{"k", "v"}}), Txn{"a", 0, std::nullopt}, DomainMetadata{"d", "one", true},
             DomainMetadata{"e", "two", false}});
  auto snapshot = open();
  EXPECT_EQ(snapshot->property("k"), "v");
  EXPECT_EQ(snapshot->property("nothing"), std::nullopt);
  EXPECT_EQ(snapshot->txn("a")->version, 0) << "the latest, not the greatest";
  EXPECT_EQ(snapshot->txn("b")->version, 7);
  EXPECT_EQ(snapshot->txn("c"), std::nullopt);
  ASSERT_EQ(snapshot->domains().size(), 1U);
  EXPECT_EQ(snapshot->domains().at("e").configuration, "two");
}

TEST_F(SnapshotTest, says_what_is_missing) {
  EXPECT_EQ(Snapshot::open_if_exists(table, parquet), nullptr);
  EXPECT_EQ(code_of([&] { open(); }), ErrorCode::not_a_table);
  EXPECT_EQ(code_of([&] { open(3); }), ErrorCode::not_a_table);
  store->put(log_key("readme.txt"), "x");
  EXPECT_EQ(Snapshot::open_if_exists(table, parquet), nullptr);
  create();
  commit(1, {});
  std::string message;
  EXPECT_EQ(code_of([&] { open(2); }, &message), ErrorCode::no_such_version);
  EXPECT_NE(message.find("versions 0 to 1"), std::string::npos) << message;
  EXPECT_EQ(code_of([&] { open(-1); }), ErrorCode::no_such_version);
}

TEST_F(SnapshotTest, hostile_logs_are_errors_that_name_the_file) {
  std::string message;
  commit(1, {Protocol(), plain_metadata()});
  EXPECT_EQ(code_of([&] { open(); }, &message), ErrorCode::bad_log) << "version 0 is missing";
  EXPECT_EQ(code_of([&] { open(1); }), ErrorCode::bad_log);
  EXPECT_EQ(code_of([&] { Snapshot::open(table, parquet, {std::nullopt, clock.now_ms()}); }), ErrorCode::bad_log);
  EXPECT_NE(message.find("00000000000000000000.json"), std::string::npos) << message;
  create();
  EXPECT_EQ(open()->version(), 1);
  commit_text(2, R"({"add":{"path":"a","partitionValues":{},"si)");
  EXPECT_EQ(code_of([&] { open(); }, &message), ErrorCode::bad_log);
  EXPECT_NE(message.find("raw/t/_delta_log/00000000000000000002.json:1"), std::string::npos) << message;
  EXPECT_EQ(open(1)->version(), 1) << "older versions are whole";
  commit(2, {});
  commit(4, {});
  EXPECT_EQ(code_of([&] { open(); }, &message), ErrorCode::bad_log) << "version 3 is missing";
  EXPECT_NE(message.find("00000000000000000003.json"), std::string::npos) << message;
}

TEST_F(SnapshotTest, protocol_and_metadata_must_be_there) {
  commit(0, {Protocol()});
  EXPECT_EQ(code_of([&] { open(); }), ErrorCode::bad_log);
  commit(0, {plain_metadata()});
  EXPECT_EQ(code_of([&] { open(); }), ErrorCode::bad_log);
  Metadata no_schema = plain_metadata();
  no_schema.schema_string.clear();
  commit(0, {Protocol(), no_schema});
  EXPECT_EQ(code_of([&] { open(); }), ErrorCode::bad_delta_schema);
  commit(1, {plain_metadata()});
  EXPECT_EQ(open()->version(), 1) << "only the version's own metadata counts";
}

TEST_F(SnapshotTest, paths_that_leave_the_table_are_refused) {
  create();
  for (const char* path : {"../x", "a/%2e%2e/%2e%2e/etc/passwd", "..%2Fx"}) {
    commit(1, {plain_add(path)});
    EXPECT_EQ(code_of([&] { open()->files(); }), ErrorCode::bad_log) << path;
  }
  commit(1, {plain_add("p=%20%25/\xC3\xA4%C3%B6%20%2B.parquet")});
  EXPECT_EQ(decoded_path(open()->files()[0]), "p= %/\xC3\xA4\xC3\xB6 +.parquet");
}

TEST_F(SnapshotTest, reads_a_checkpoint_and_the_commits_after_it) {
  create();
  commit(1, {plain_add("a", 5), plain_add("b"), Txn{"app", 4, 9}, DomainMetadata{"d", "c", false}});
  commit(2, {removal("b")});
  checkpoint(2);
  commit(3, {plain_add("c"), removal("a")});
  for (int64_t v = 0; v <= 2; ++v) store->remove(commit_key(table, v));
  auto snapshot = open();
  EXPECT_EQ(paths(*snapshot), Paths{"c"});
  EXPECT_EQ(snapshot->txn("app"), (Txn{"app", 4, 9}));
  EXPECT_EQ(snapshot->domains().at("d").configuration, "c");
  EXPECT_EQ(snapshot->metadata().schema, plain_metadata().schema);
  EXPECT_EQ(snapshot->tombstones().size(), 2U);
  EXPECT_EQ(paths(*open(2)), Paths{"a"});
  EXPECT_EQ(open(2)->files()[0].stats, plain_add("a", 5).stats);
  EXPECT_EQ(code_of([&] { open(1); }), ErrorCode::no_such_version);
}

TEST_F(SnapshotTest, opening_reads_no_file_columns_of_a_checkpoint) {
  create();
  commit(1, {plain_add("a")});
  checkpoint(1);
  commit(2, {plain_add("b")});
  parquet.columns_read.clear();
  auto snapshot = open();
  EXPECT_EQ(snapshot->txns().size(), 0U);
  EXPECT_EQ(std::count(parquet.columns_read.begin(), parquet.columns_read.end(), "add"), 0);
  EXPECT_EQ(paths(*snapshot), (Paths{"a", "b"}));
  EXPECT_EQ(std::count(parquet.columns_read.begin(), parquet.columns_read.end(), "add"), 1);
  EXPECT_EQ(std::count(parquet.columns_read.begin(), parquet.columns_read.end(), "remove"), 0);
}

TEST_F(SnapshotTest, a_last_checkpoint_that_lies_does_no_harm) {
  create();
  commit(1, {plain_add("a")});
  checkpoint(1);
  commit(2, {plain_add("b")});
  for (const char* hint : {"", "{", "[]", "{}", R"({"version":"x"})", R"({"version":-3})", R"({"version":99})",
                           R"({"version":2})", R"({"version":0})", "\xff\xfe"}) {
    store->put(last_checkpoint_key(table), hint);
    EXPECT_EQ(paths(*open()), (Paths{"a", "b"})) << hint;
    EXPECT_EQ(open(0)->version(), 0) << hint;
    EXPECT_EQ(latest_version(table), 2) << hint;
  }
  store->remove(last_checkpoint_key(table));
  EXPECT_EQ(paths(*open()), (Paths{"a", "b"}));
}

TEST_F(SnapshotTest, a_damaged_checkpoint_is_gone_around) {
  create();
  commit(1, {plain_add("a")});
  checkpoint(1);
  commit(2, {plain_add("b")});
  checkpoint(2);
  commit(3, {plain_add("c")});
  store->put(checkpoint_key(table, 2), "PAR1 cut o");
  EXPECT_EQ(paths(*open()), (Paths{"a", "b", "c"})) << "by the checkpoint of version 1";
  store->put(checkpoint_key(table, 1), "");
  EXPECT_EQ(paths(*open()), (Paths{"a", "b", "c"})) << "by the commits alone";
  store->remove(commit_key(table, 0));
  std::string message;
  EXPECT_EQ(code_of([&] { open(); }, &message), ErrorCode::bad_checkpoint);
  EXPECT_NE(message.find("00000000000000000002.checkpoint.parquet"), std::string::npos) << message;
}

TEST_F(SnapshotTest, damage_found_only_when_files_are_read_is_gone_around_too) {
  create();
  commit(1, {plain_add("a")});
  checkpoint(1);
  commit(2, {plain_add("b")});
  auto snapshot = open();
  store->put(checkpoint_key(table, 1), "not a checkpoint any more");
  EXPECT_EQ(paths(*snapshot), (Paths{"a", "b"}));
  EXPECT_EQ(snapshot->tombstones().size(), 0U);
}

TEST_F(SnapshotTest, a_checksum_saves_reading_the_log) {
  create();
  commit(1, {plain_add("a"), Txn{"app", 3, 1}});
  Checksum checksum;
  checksum.file_count = 1;
  checksum.table_size_bytes = 100;
  checksum.txns = std::vector<Txn>{{"app", 3, 1}};
  checksum.domains = std::vector<DomainMetadata>{};
  checksum.metadata = plain_metadata({{"from", "checksum"}});
  store->put(checksum_key(table, 1), checksum_text(checksum));
  // The commits cannot be read, and need not be.
  std::string first = store->read(commit_key(table, 0)), second = store->read(commit_key(table, 1));
  commit_text(0, "damaged");
  commit_text(1, "damaged");
  auto snapshot = open();
  EXPECT_EQ(snapshot->property("from"), "checksum");
  EXPECT_EQ(snapshot->txn("app")->version, 3);
  EXPECT_EQ(snapshot->totals(), (Snapshot::Totals{1, 100}));
  EXPECT_EQ(code_of([&] { snapshot->files(); }), ErrorCode::bad_log);
  commit_text(0, first);
  commit_text(1, second);
  commit(2, {plain_add("b", 1, 7), Txn{"app", 4, 2}});
  snapshot = open();
  EXPECT_EQ(snapshot->txn("app")->version, 4);
  EXPECT_EQ(snapshot->property("from"), "checksum") << "an older checksum and the commits after it";
  EXPECT_EQ(snapshot->totals(), (Snapshot::Totals{2, 107}));
  EXPECT_EQ(paths(*snapshot), (Paths{"a", "b"}));
}

TEST_F(SnapshotTest, a_bad_checksum_is_passed_over) {
  create({{"from", "log"}});
  commit(1, {Txn{"app", 1, 1}});
  for (const char* text :
       {"", "{", "[]", R"({"numMetadata":1})", R"({"numMetadata":1,"numProtocol":1})",
        R"({"tableSizeBytes":1,"numFiles":-1,"numMetadata":1,"numProtocol":1,"metadata":{},"protocol":{}})"}) {
    store->put(checksum_key(table, 1), text);
    EXPECT_EQ(open()->property("from"), "log") << text;
    EXPECT_EQ(open()->txn("app")->version, 1);
  }
}

TEST_F(SnapshotTest, a_checksum_that_is_silent_on_txns_leaves_them_to_the_log) {
  create();
  commit(1, {Txn{"app", 5, 1}});
  Checksum checksum;
  checksum.metadata = plain_metadata();
  store->put(checksum_key(table, 1), checksum_text(checksum));
  auto snapshot = open();
  EXPECT_EQ(snapshot->txn("app")->version, 5);
  commit(2, {Txn{"other", 1, 1}});
  auto next = Snapshot::refresh(snapshot, parquet);
  EXPECT_EQ(next->txns().size(), 2U);
  auto unasked = open(1);
  EXPECT_EQ(Snapshot::refresh(unasked, parquet)->txns().size(), 2U) << "also if the base was never asked";
}

TEST_F(SnapshotTest, refresh_reads_only_what_is_new) {
  create();
  commit(1, {plain_add("a"), plain_add("b")});
  auto base = open();
  EXPECT_EQ(Snapshot::refresh(base, parquet), base);
  EXPECT_EQ(base->files().size(), 2U);
  std::string first = store->read(commit_key(table, 0));
  store->put(commit_key(table, 0), "unreadable");
  commit(2, {removal("a"), plain_add("c"), Txn{"x", 1, 1}});
  auto next = Snapshot::refresh(base, parquet);
  EXPECT_EQ(next->version(), 2);
  EXPECT_TRUE(next->files_loaded());
  EXPECT_EQ(paths(*next), (Paths{"b", "c"}));
  EXPECT_EQ(next->txn("x")->version, 1);
  EXPECT_EQ(paths(*base), (Paths{"a", "b"})) << "the base stays what it was";
  store->put(commit_key(table, 0), first);
  EXPECT_EQ(next->tombstones().size(), 1U);
}

TEST_F(SnapshotTest, refresh_over_a_new_checkpoint_and_cleaned_commits) {
  create();
  commit(1, {plain_add("a")});
  auto loaded = open(), unloaded = open();
  loaded->files();
  commit(2, {plain_add("b")});
  checkpoint(2);
  commit(3, {plain_add("c")});
  for (const auto& base : {loaded, unloaded}) {
    auto next = Snapshot::refresh(base, parquet);
    EXPECT_EQ(next->version(), 3);
    EXPECT_EQ(paths(*next), (Paths{"a", "b", "c"}));
  }
  store->remove(commit_key(table, 0));
  store->remove(commit_key(table, 1));
  auto next = Snapshot::refresh(loaded, parquet);
  EXPECT_EQ(paths(*next), (Paths{"a", "b", "c"})) << "the base's own commit is gone: opened afresh";
}

TEST_F(SnapshotTest, refresh_notices_a_table_made_anew) {
  create();
  commit(1, {plain_add("old")});
  auto base = open();
  base->files();
  store->remove(commit_key(table, 0));
  store->remove(commit_key(table, 1));
  EXPECT_EQ(code_of([&] { Snapshot::refresh(base, parquet); }), ErrorCode::not_a_table);
  create();
  auto shorter = Snapshot::refresh(base, parquet);
  EXPECT_EQ(shorter->version(), 0);
  commit(1, {plain_add("new")});
  commit(2, {plain_add("newer")});
  EXPECT_EQ(paths(*Snapshot::refresh(base, parquet)), (Paths{"new", "newer"}));
}

TEST_F(SnapshotTest, advances_to_a_version_without_listing) {
  create();
  auto base = open();
  commit(1, {plain_add("a")});
  commit(2, {plain_add("b")});
  EXPECT_EQ(paths(*Snapshot::advance(base, 1, parquet)), Paths{"a"});
  EXPECT_EQ(Snapshot::advance(base, 0, parquet), base);
  EXPECT_EQ(code_of([&] { Snapshot::advance(base, 3, parquet); }), ErrorCode::bad_log);
}

TEST_F(SnapshotTest, opens_the_last_version_that_is_not_later_than_a_time) {
  int64_t start = clock.now_ms();
  create();
  commit(1, {plain_add("a")});
  commit(2, {plain_add("b")});
  auto at = [&](int64_t ms) { return Snapshot::open(table, parquet, {std::nullopt, ms})->version(); };
  EXPECT_EQ(at(start), 0);
  EXPECT_EQ(at(start + 59'999), 0);
  EXPECT_EQ(at(start + 60'000), 1);
  EXPECT_EQ(at(start + 600'000), 2);
  EXPECT_EQ(open()->timestamp_ms(), start + 120'000);
  std::string message;
  EXPECT_EQ(code_of([&] { at(start - 1); }, &message), ErrorCode::no_such_version);
  EXPECT_NE(message.find("2023-11-14T22:13:19.999Z"), std::string::npos) << message;
}

TEST_F(SnapshotTest, times_of_a_copied_log_are_made_to_rise) {
  create();
  commit(1, {});
  commit(2, {});
  int64_t copied = clock.now_ms();
  for (int64_t v : {2, 0, 1}) store->put(commit_key(table, v), store->read(commit_key(table, v)));
  auto at = [&](int64_t ms) { return Snapshot::open(table, parquet, {std::nullopt, ms})->version(); };
  EXPECT_EQ(at(copied), 0);
  EXPECT_EQ(at(copied + 1), 1);
  EXPECT_EQ(at(copied + 2), 2);
}

TEST_F(SnapshotTest, in_commit_timestamps_rule_where_they_are_on) {
  Protocol protocol{1, 7, std::nullopt, std::vector<std::string>{"inCommitTimestamp"}};
  auto info = [](int64_t ms) {
    CommitInfo commit_info;
    commit_info.fields.set("inCommitTimestamp", ms);
    return commit_info;
  };
  create();
  commit(1, {});
  commit(2, {info(5'000'000'000'000), protocol,
             plain_metadata({{"delta.enableInCommitTimestamps", "true"},
                             {"delta.inCommitTimestampEnablementVersion", "2"},
                             {"delta.inCommitTimestampEnablementTimestamp", "5000000000000"}})});
  commit(3, {info(5'000'000'000'100)});
  EXPECT_EQ(open()->timestamp_ms(), 5'000'000'000'100);
  EXPECT_EQ(open(2)->timestamp_ms(), 5'000'000'000'000);
  auto at = [&](int64_t ms) { return Snapshot::open(table, parquet, {std::nullopt, ms})->version(); };
  EXPECT_EQ(at(5'000'000'000'099), 2);
  EXPECT_EQ(at(5'000'000'000'100), 3);
  EXPECT_EQ(at(4'999'999'999'999), 1) << "before it was switched on, by the store's time";
  write_checkpoint(*open(3), parquet, clock.now_ms());
  EXPECT_EQ(open()->timestamp_ms(), 5'000'000'000'100) << "the checkpoint does not hold it, the commit does";
}

TEST_F(SnapshotTest, many_threads_may_ask_at_once) {
  create();
  for (int64_t v = 1; v <= 30; ++v) commit(v, {plain_add(fmt::format("f{}", v)), Txn{"a", v, 1}});
  auto snapshot = open();
  std::vector<std::thread> threads;
  std::atomic<int> good = 0;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&, i] {
      if (i % 2 == 0) snapshot->tombstones();
      if (snapshot->files().size() == 30 && snapshot->txn("a")->version == 30) ++good;
      if (Snapshot::refresh(snapshot, parquet) == snapshot) ++good;
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(good.load(), 16);
}

TEST_F(SnapshotTest, reading_back_commits_reports_gaps) {
  create();
  commit(1, {Txn{"a", 2, 1}});
  commit(3, {});
  commit_text(4, "{");
  EXPECT_EQ(read_commit(table, 2), std::nullopt);
  EXPECT_EQ(code_of([&] { read_commit(table, 4); }), ErrorCode::bad_log);
  CommitRange range = read_commits(table, 0, 4);
  ASSERT_EQ(range.commits.size(), 2U);
  EXPECT_EQ(range.commits[0].txn("a")->version, 2);
  EXPECT_EQ(range.commits[0].txn("b"), nullptr);
  EXPECT_EQ(range.commits[0].operation(), "");
  EXPECT_EQ(range.first_missing, 2);
  EXPECT_EQ(read_commits(table, 0, 1).first_missing, std::nullopt);
}

}  // namespace
}  // namespace weir::lake
