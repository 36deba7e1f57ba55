// Log compaction files: read in place of the commits that they stand for.
#include <set>

#include "lake/checksum.h"
#include "lake_fixture.h"
#include "publish/hook_store.h"

namespace weir::lake {
namespace {

using Paths = std::vector<std::string>;

class CompactionTest : public TableTest {
 protected:
  void SetUp() override {
    hooked->before = [this](publish::Verb verb, const std::string& key) {
      if (verb == publish::Verb::read) read.push_back(key.substr(log_folder(table).size()));
      return publish::Fate::normal;
    };
    // Versions 0 to 6: a, b, c added one by one, a taken away, d added; an application and the properties go on.
    create();
    commit(1, {plain_add("a"), Txn{"app", 1, 1}});
    commit(2, {plain_add("b", 2), Txn{"app", 2, 1}});
    commit(3, {plain_add("c", 3), remove_of(plain_add("a"), clock.now_ms())});
    commit(4, {plain_metadata({{"k", "v"}}), Txn{"app", 3, 1}});
    commit(5, {plain_add("d", 4), Txn{"other", 7, 1}});
    commit(6, {remove_of(plain_add("b", 2), clock.now_ms()), plain_add("e", 5)});
  }
  std::string name(int64_t first, int64_t last) const {
    return version_text(first) + "." + version_text(last) + ".compacted.json";
  }
  void compact(int64_t first, int64_t last, const std::vector<Action>& actions) {
    store->put(log_key(name(first, last)), write_commit(actions));
  }
  // The true compactions of 1-3, 1-4 and 4-6, in an order of their own.
  void compact_all() {
    compact(1, 3, {plain_add("c", 3), plain_add("b", 2), remove_of(plain_add("a"), 1), Txn{"app", 2, 1}});
    compact(1, 4,
            {plain_metadata({{"k", "v"}}), Txn{"app", 3, 1}, plain_add("b", 2), plain_add("c", 3),
             remove_of(plain_add("a"), 1)});
    compact(4, 6,
            {plain_metadata({{"k", "v"}}), Txn{"app", 3, 1}, Txn{"other", 7, 1}, plain_add("d", 4), plain_add("e", 5),
             remove_of(plain_add("b", 2), 1)});
  }
  std::shared_ptr<const Snapshot> open_hooked(std::optional<int64_t> version = {}) {
    read.clear();
    return Snapshot::open({hooked, table.prefix}, parquet, {version, std::nullopt});
  }
  static std::set<std::string> live(const Snapshot& snapshot) {
    std::set<std::string> live;
    for (const auto& add : snapshot.files()) live.insert(add.path + " " + add.stats.value_or(""));
    return live;
  }
  static std::set<std::string> gone(const Snapshot& snapshot) {
    std::set<std::string> gone;
    for (const auto& remove : snapshot.tombstones()) gone.insert(remove.path);
    return gone;
  }
  std::shared_ptr<publish::HookStore> hooked = std::make_shared<publish::HookStore>(store);
  Paths read;
};

TEST_F(CompactionTest, the_result_is_that_of_the_commits_at_every_version) {
  std::vector<std::shared_ptr<const Snapshot>> plain;
  for (int64_t v = 0; v <= 6; ++v) {
    plain.push_back(open(v));
    plain.back()->files();
    plain.back()->tombstones();
    plain.back()->txns();
  }
  compact_all();
  for (int64_t v = 0; v <= 6; ++v) {
    auto with = open(v);
    EXPECT_EQ(live(*with), live(*plain[static_cast<size_t>(v)])) << v;
    EXPECT_EQ(gone(*with), gone(*plain[static_cast<size_t>(v)])) << v;
    EXPECT_EQ(with->txns(), plain[static_cast<size_t>(v)]->txns()) << v;
    EXPECT_EQ(with->property("k"), plain[static_cast<size_t>(v)]->property("k")) << v;
    EXPECT_EQ(with->totals(), plain[static_cast<size_t>(v)]->totals()) << v;
    EXPECT_EQ(with->timestamp_ms(), plain[static_cast<size_t>(v)]->timestamp_ms()) << v;
  }
}

TEST_F(CompactionTest, the_commits_beside_it_are_not_read) {
  compact_all();
  auto snapshot = open_hooked();
  snapshot->files();
  snapshot->tombstones();
  // The longest first: 1-4, then commit by commit, since 4-6 begins inside of it.
  EXPECT_EQ(std::set<std::string>(read.begin(), read.end()),
            (std::set<std::string>{"_last_checkpoint", version_text(0) + ".json", name(1, 4), version_text(5) + ".json",
                                   version_text(6) + ".json"}));
  store->remove(log_key(name(1, 4)));
  open_hooked()->files();
  EXPECT_EQ(std::set<std::string>(read.begin(), read.end()),
            (std::set<std::string>{"_last_checkpoint", version_text(0) + ".json", name(1, 3), name(4, 6)}));
  open_hooked(5)->files();
  EXPECT_EQ(std::set<std::string>(read.begin(), read.end()),
            (std::set<std::string>{"_last_checkpoint", version_text(0) + ".json", name(1, 3), version_text(4) + ".json",
                                   version_text(5) + ".json"}))
      << "4-6 goes past the wanted version";
}

TEST_F(CompactionTest, behind_a_checkpoint_only_those_after_it_count) {
  write_checkpoint(*open(2), parquet, clock.now_ms());
  compact_all();
  auto snapshot = open_hooked();
  EXPECT_EQ(paths(*snapshot), (Paths{"c", "d", "e"}));
  EXPECT_EQ(std::set<std::string>(read.begin(), read.end()),
            (std::set<std::string>{"_last_checkpoint", version_text(2) + ".checkpoint.parquet",
                                   version_text(3) + ".json", name(4, 6)}));
}

TEST_F(CompactionTest, damaged_or_disagreeing_ones_are_passed_over) {
  auto right = live(*open());
  for (const char* text : {"", "\n \n", R"({"add":{"path":"x","parti)", "no json",
                           R"({"txn":{"appId":"a","version":1}}
{"txn":{"appId":"a","version":2}})"}) {
    store->put(log_key(name(1, 6)), text);
    EXPECT_EQ(live(*open()), right) << text;
    EXPECT_EQ(gone(*open()), (std::set<std::string>{"a", "b"})) << text;
  }
  store->remove(log_key(name(1, 6)));
  compact(3, 3, {plain_add("x")});
  compact(4, 2, {plain_add("x")});
  compact(5, 7, {plain_add("x")});
  compact(0, 99, {plain_add("x")});
  EXPECT_EQ(live(*open()), right) << "names that do not fit the log";
  compact(1, 6, {plain_add("x")});
  store->remove(commit_key(table, 4));
  EXPECT_EQ(code_of([&] { open(); }), ErrorCode::bad_log) << "a compaction stands for commits, not instead of them";
}

TEST_F(CompactionTest, one_written_after_its_removes_could_have_expired_is_not_believed) {
  write_checkpoint(*open(2), parquet, clock.now_ms());
  // Eight days later somebody compacts and leaves out the remove of b, which has expired.
  clock.advance(8 * 24 * 3'600'000LL);
  compact(4, 6,
          {plain_metadata({{"k", "v"}}), Txn{"app", 3, 1}, Txn{"other", 7, 1}, plain_add("d", 4), plain_add("e", 5)});
  EXPECT_EQ(paths(*open()), (Paths{"c", "d", "e"}));
}

TEST_F(CompactionTest, a_checksum_that_knows_better_is_believed) {
  write_checkpoint(*open(2), parquet, clock.now_ms());
  Checksum checksum;
  checksum.file_count = 3;
  checksum.table_size_bytes = 300;
  checksum.metadata = plain_metadata();
  store->put(checksum_key(table, 6), checksum_text(checksum));
  compact(4, 6, {plain_metadata({{"k", "v"}}), plain_add("d", 4), plain_add("e", 5)});  // without the remove of b
  auto snapshot = open();
  EXPECT_EQ(paths(*snapshot), (Paths{"c", "d", "e"}));
  EXPECT_EQ(gone(*snapshot), (std::set<std::string>{"a", "b"}));
}

TEST_F(CompactionTest, a_removed_domain_stays_removed) {
  commit(7, {DomainMetadata{"d", "one", false}});
  commit(8, {DomainMetadata{"d", "one", true}});
  commit(9, {plain_add("f")});
  write_checkpoint(*open(7), parquet, clock.now_ms());
  compact(8, 9, {plain_add("f")});
  EXPECT_TRUE(open()->domains().empty());
}

TEST_F(CompactionTest, times_in_commits_are_asked_of_the_commits) {
  Metadata timed = plain_metadata({{"delta.enableInCommitTimestamps", "true"}});
  Protocol protocol;
  protocol.min_writer_version = 7;
  protocol.writer_features = {"inCommitTimestamp"};
  commit_text(7, R"({"commitInfo":{"inCommitTimestamp":700}})"
                 "\n" +
                     write_commit({protocol, timed}));
  commit_text(8, R"({"commitInfo":{"inCommitTimestamp":800}})");
  compact(7, 8, {protocol, timed});
  EXPECT_EQ(open()->timestamp_ms(), 800);
  EXPECT_EQ(open(7)->timestamp_ms(), 700);
}

TEST_F(CompactionTest, refresh_goes_on_from_a_compaction) {
  compact_all();
  auto base = open();
  commit(7, {plain_add("f"), remove_of(plain_add("c", 3), 1)});
  auto next = Snapshot::refresh(base, parquet);
  EXPECT_EQ(live(*next), live(*open(7)));
  EXPECT_EQ(paths(*next), (Paths{"d", "e", "f"}));
}

}  // namespace
}  // namespace weir::lake
