#include <gmock/gmock.h>

#include "format/arrow_view.h"
#include "lake/checksum.h"
#include "lake/log_cleanup.h"
#include "lake/log_listing.h"
#include "lake_fixture.h"
#include "store/fault_store.h"

namespace weir::lake {
namespace {

constexpr int64_t day_ms = 24LL * 3600 * 1000;

class AfterCommitTest : public TableTest {
 protected:
  Json read_json(const std::string& name) { return Json::parse(store->read(log_key(name))); }
  bool has(const std::string& name) { return store->head(log_key(name)).has_value(); }
  std::string checkpoint_name(int64_t version) { return version_text(version) + ".checkpoint.parquet"; }
};

TEST_F(AfterCommitTest, every_commit_gets_a_checksum) {
  Transaction first(table, nullptr, parquet);
  first.draft().actions = {Protocol(), plain_metadata(), plain_add("a", 1, 11), Txn{"app", 3, 4}};
  ASSERT_TRUE(std::holds_alternative<Committed>(first.commit(1)));
  EXPECT_THAT(first.notes(), testing::IsEmpty());
  append("b");
  auto checksum = read_checksum(table, 1);
  ASSERT_TRUE(checksum.has_value());
  EXPECT_EQ(checksum->file_count, 2);
  EXPECT_EQ(checksum->table_size_bytes, 111);
  EXPECT_EQ(checksum->txns, (std::vector<Txn>{{"app", 3, 4}}));
  EXPECT_EQ(checksum->domains, std::vector<DomainMetadata>());
  EXPECT_EQ(checksum->protocol, Protocol());
  EXPECT_EQ(checksum->metadata.schema_string, plain_schema);
  Json json = read_json(version_text(1) + ".crc");
  EXPECT_EQ(json.at("numMetadata").as_int(), 1);
  EXPECT_EQ(json.at("numProtocol").as_int(), 1);
  EXPECT_EQ(json.find("inCommitTimestampOpt"), nullptr);
}

TEST_F(AfterCommitTest, a_checksum_is_never_overwritten) {
  create();
  append("a");
  store->put(checksum_key(table, 1), "kept");
  after_commit(table, open(0), 1, parquet, 1);
  EXPECT_EQ(store->read(checksum_key(table, 1)), "kept");
}

TEST_F(AfterCommitTest, totals_are_counted_on_without_reading_the_log_again) {
  create();
  append("a");
  append("b");
  std::string second = store->read(commit_key(table, 1));
  store->put(commit_key(table, 1), "unreadable");
  append("c");
  EXPECT_THAT(notes, testing::IsEmpty());
  EXPECT_EQ(read_checksum(table, 3)->file_count, 3);
  store->put(commit_key(table, 1), second);
  Transaction removing(table, open(), parquet);
  removing.draft().actions = {remove_of(plain_add("a"), 1), plain_add("d", 1, 5)};
  removing.commit(1);
  EXPECT_EQ(read_checksum(table, 4)->file_count, 3);
  EXPECT_EQ(read_checksum(table, 4)->table_size_bytes, 205);
}

TEST_F(AfterCommitTest, new_statistics_for_an_old_file_do_not_count_twice) {
  create();
  append("a");
  Add again = plain_add("a", 9);
  again.data_change = false;
  Transaction recompute(table, open(), parquet);
  recompute.draft().actions = {again};
  recompute.commit(1);
  EXPECT_EQ(read_checksum(table, 2)->file_count, 1);
  EXPECT_EQ(open()->files()[0].stats, again.stats);
}

TEST_F(AfterCommitTest, a_commit_of_another_engine_in_between_is_counted) {
  create();
  append("a");
  commit(2, {plain_add("theirs", 1, 1000)});
  append("b");
  EXPECT_EQ(read_checksum(table, 2), std::nullopt);
  EXPECT_EQ(read_checksum(table, 3)->file_count, 3);
  EXPECT_EQ(read_checksum(table, 3)->table_size_bytes, 1200);
}

TEST_F(AfterCommitTest, every_tenth_commit_gets_a_checkpoint) {
  create();
  for (int i = 1; i <= 21; ++i) append(fmt::format("f{:02}", i));
  EXPECT_THAT(notes, testing::IsEmpty());
  for (int64_t v = 0; v <= 21; ++v) EXPECT_EQ(has(checkpoint_name(v)), v == 10 || v == 20) << v;
  Json hint = read_json("_last_checkpoint");
  EXPECT_EQ(hint.at("version").as_int(), 20);
  EXPECT_EQ(hint.at("size").as_int(), 22);
  EXPECT_EQ(hint.at("numOfAddFiles").as_int(), 20);
  EXPECT_EQ(hint.at("sizeInBytes").as_int(), static_cast<int64_t>(store->head(checkpoint_key(table, 20))->size));
  EXPECT_EQ(open()->files().size(), 21U);
}

TEST_F(AfterCommitTest, the_interval_is_a_property) {
  create({{"delta.checkpointInterval", "2"}});
  for (int i = 1; i <= 5; ++i) append(fmt::format("f{}", i));
  for (int64_t v = 0; v <= 5; ++v) EXPECT_EQ(has(checkpoint_name(v)), v == 2 || v == 4) << v;
}

TEST_F(AfterCommitTest, a_senseless_interval_is_ten) {
  create({{"delta.checkpointInterval", "0"}});
  for (int i = 1; i <= 10; ++i) append(fmt::format("f{}", i));
  EXPECT_TRUE(has(checkpoint_name(10)));
  EXPECT_FALSE(has(checkpoint_name(9)));
}

TEST_F(AfterCommitTest, a_checkpoint_holds_everything_and_tombstones_inside_retention) {
  create({{"delta.deletedFileRetentionDuration", "interval 2 days"}});
  Add full = plain_add("p=%20/full", 4);
  full.partition_values = {{"part", "x"}, {"other", std::nullopt}};
  full.tags = std::map<std::string, std::string>{{"k", "v"}};
  full.base_row_id = 3;
  full.default_row_commit_version = 1;
  full.clustering_provider = "liquid";
  commit(1, {full, plain_add("b"), plain_add("c"), Txn{"a", 1, 2}, Txn{"b", 5, std::nullopt},
             DomainMetadata{"d", "{}", false}, DomainMetadata{"gone", "{}", false}});
  int64_t now = clock.now_ms();
  commit(2, {remove_of(plain_add("b"), now - 3 * day_ms), remove_of(plain_add("c"), now - day_ms),
             DomainMetadata{"gone", "{}", true}});
  auto before = open();
  write_checkpoint(*before, parquet, now);
  for (int64_t v = 0; v <= 2; ++v) store->remove(commit_key(table, v));
  auto after = open();
  full.data_change = false;
  ASSERT_EQ(after->files().size(), 1U);
  EXPECT_EQ(after->files()[0], full);
  EXPECT_EQ(after->txns(), before->txns());
  EXPECT_EQ(after->domains(), before->domains());
  EXPECT_EQ(after->domains().size(), 1U);
  EXPECT_EQ(after->protocol(), before->protocol());
  EXPECT_EQ(write_commit({after->metadata()}), write_commit({before->metadata()}));
  ASSERT_EQ(after->tombstones().size(), 1U);
  EXPECT_EQ(after->tombstones()[0].path, "c");
  EXPECT_EQ(after->tombstones()[0].deletion_timestamp_ms, now - day_ms);
  EXPECT_EQ(after->tombstones()[0].stats, std::nullopt);
}

TEST_F(AfterCommitTest, protocol_features_survive_a_checkpoint) {
  Protocol protocol{3, 7, std::vector<std::string>{"timestampNtz"},
                    std::vector<std::string>{"appendOnly", "timestampNtz"}};
  Metadata metadata = plain_metadata({{"delta.a", "b"}}, {"part", "name"});
  metadata.name = "n";
  commit(0, {protocol, metadata});
  write_checkpoint(*open(), parquet, 1);
  store->remove(commit_key(table, 0));
  EXPECT_EQ(open()->protocol(), protocol);
  EXPECT_EQ(open()->metadata().partition_columns, metadata.partition_columns);
  EXPECT_EQ(open()->metadata().name, "n");
  EXPECT_EQ(open()->metadata().description, std::nullopt);
}

TEST_F(AfterCommitTest, more_files_than_one_batch) {
  create();
  std::vector<Action> many;
  for (int i = 0; i < 17'000; ++i) many.emplace_back(plain_add(fmt::format("file-{:05}", i)));
  commit(1, many);
  write_checkpoint(*open(), parquet, 1);
  store->remove(commit_key(table, 1));
  auto snapshot = open();
  ASSERT_EQ(snapshot->files().size(), 17'000U);
  EXPECT_EQ(snapshot->files()[16'999].path, "file-16999");
}

TEST_F(AfterCommitTest, writing_a_checkpoint_twice_changes_nothing) {
  create();
  write_checkpoint(*open(), parquet, 1);
  std::string first = store->read(checkpoint_key(table, 0));
  write_checkpoint(*open(), parquet, 1);
  EXPECT_EQ(store->read(checkpoint_key(table, 0)), first);
}

TEST_F(AfterCommitTest, the_pointer_never_goes_back) {
  create();
  commit(1, {});
  commit(2, {});
  auto old = open(1);
  write_checkpoint(*open(2), parquet, 1);
  write_checkpoint(*old, parquet, 1);
  EXPECT_EQ(read_json("_last_checkpoint").at("version").as_int(), 2);
  store->put(last_checkpoint_key(table), R"({"version":99})");
  write_checkpoint(*old, parquet, 1);
  EXPECT_EQ(read_json("_last_checkpoint").at("version").as_int(), 1) << "what it pointed to is not there";
}

class ParsedStatsTest : public AfterCommitTest {
 protected:
  // The add column of the checkpoint of version 1.
  void write_and_view(const std::function<void(const format::ArrowView&)>& check) {
    write_checkpoint(*open(1), parquet, 1);
    auto stream = parquet.read(*store, checkpoint_key(table, 1), {"add"});
    bool seen = false;
    while (auto batch = stream->next()) {
      format::ArrowView rows(stream->schema().c_schema(), batch->c_array());
      const format::ArrowView& add = *rows.find_field("add");
      for (int64_t row = 0; row < rows.size(); ++row)
        if (!add.is_null(row)) {
          row_ = row;
          check(add);
          seen = true;
        }
    }
    EXPECT_TRUE(seen);
  }
  int64_t row_ = 0;
};

TEST_F(ParsedStatsTest, structs_are_written_where_the_property_says_so) {
  Metadata metadata = plain_metadata(
      {{"delta.checkpoint.writeStatsAsStruct", "true"}, {"delta.checkpoint.writeStatsAsJson", "false"}}, {"part"});
  metadata.schema = Schema::parse(
      R"({"type":"struct","fields":[{"name":"id","type":"long","nullable":true,"metadata":{}},)"
      R"({"name":"part","type":"date","nullable":true,"metadata":{}},)"
      R"x({"name":"s","type":{"type":"struct","fields":[{"name":"price","type":"decimal(10,2)","nullable":true,)x"
      R"("metadata":{}},)"
      R"({"name":"at","type":"timestamp","nullable":true,"metadata":{}}]},"nullable":true,"metadata":{}},)"
      R"({"name":"flag","type":"boolean","nullable":true,"metadata":{}}]})");
  metadata.schema_string = metadata.schema.to_string();
  Add add = plain_add("a");
  add.partition_values["part"] = "1970-01-03";
  add.stats = R"({"numRecords":5,"minValues":{"id":-1,"s":{"price":1.50,"at":"1970-01-01T00:00:01.000Z"}},)"
              R"("maxValues":{"id":8,"s":{"price":2}},"nullCount":{"id":0,"s":{"price":1,"at":2},"flag":5}})";
  commit(0, {Protocol{1, 3, std::nullopt, std::nullopt}, metadata});
  commit(1, {add});
  write_and_view([&](const format::ArrowView& column) {
    EXPECT_EQ(column.find_field("stats"), nullptr);
    EXPECT_EQ(column.find_field("partitionValues_parsed")->find_field("part")->date_days(row_), 2);
    const auto& stats = *column.find_field("stats_parsed");
    EXPECT_EQ(stats.find_field("numRecords")->integer(row_), 5);
    EXPECT_EQ(stats.find_field("minValues")->find_field("id")->integer(row_), -1);
    EXPECT_EQ(stats.find_field("minValues")->find_field("flag"), nullptr);
    EXPECT_EQ(stats.find_field("minValues")->find_field("part"), nullptr);
    const auto& low = *stats.find_field("minValues")->find_field("s");
    EXPECT_EQ(low.find_field("price")->decimal(row_), "1.50");
    EXPECT_EQ(low.find_field("at")->timestamp_us(row_), 1'000'000);
    const auto& high = *stats.find_field("maxValues")->find_field("s");
    EXPECT_EQ(high.find_field("price")->decimal(row_), "2.00");
    EXPECT_TRUE(high.find_field("at")->is_null(row_));
    EXPECT_EQ(stats.find_field("nullCount")->find_field("flag")->integer(row_), 5);
    EXPECT_EQ(stats.find_field("nullCount")->find_field("s")->find_field("at")->integer(row_), 2);
  });
  store->remove(commit_key(table, 0));
  store->remove(commit_key(table, 1));
  Json again = Json::parse(*open()->files()[0].stats);
  EXPECT_EQ(again.at("numRecords").as_int(), 5);
  EXPECT_EQ(again.at("minValues").dump(), R"({"id":-1,"s":{"price":1.50,"at":"1970-01-01T00:00:01.000000Z"}})");
  EXPECT_EQ(again.at("nullCount").dump(), R"({"id":0,"s":{"price":1,"at":2},"flag":5})");
}

TEST_F(ParsedStatsTest, values_that_do_not_fit_become_null) {
  Metadata metadata = plain_metadata({{"delta.checkpoint.writeStatsAsStruct", "true"}});
  metadata.schema =
      Schema::parse(R"({"type":"struct","fields":[{"name":"b","type":"byte","nullable":true,"metadata":{}},)"
                    R"x({"name":"d","type":"decimal(4,1)","nullable":true,"metadata":{}}]})x");
  metadata.schema_string = metadata.schema.to_string();
  Add odd = plain_add("a"), broken = plain_add("b");
  odd.stats = R"({"numRecords":"many","minValues":{"b":300,"d":1.25},"maxValues":[],"nullCount":{"b":0}})";
  broken.stats = "{";
  commit(0, {Protocol{1, 3, std::nullopt, std::nullopt}, metadata});
  commit(1, {odd, broken});
  int row = 0;
  write_and_view([&](const format::ArrowView& column) {
    const auto& stats = *column.find_field("stats_parsed");
    if (row++ == 1) {
      EXPECT_TRUE(stats.is_null(row_));
      return;
    }
    EXPECT_TRUE(stats.find_field("numRecords")->is_null(row_));
    EXPECT_TRUE(stats.find_field("minValues")->find_field("b")->is_null(row_));
    EXPECT_TRUE(stats.find_field("minValues")->find_field("d")->is_null(row_));
    EXPECT_TRUE(stats.find_field("maxValues")->is_null(row_));
    EXPECT_EQ(column.find_field("stats")->text(row_), *odd.stats);
  });
}

class UpkeepFaultTest : public AfterCommitTest {};

// Whatever fails behind a commit: the commit stands, a note tells of it, and the table is whole.
TEST_F(UpkeepFaultTest, failures_behind_a_commit_become_notes) {
  create({{"delta.checkpointInterval", "1"}});
  append("a");
  for (auto kind : {store::FaultKind::fail, store::FaultKind::lose_answer, store::FaultKind::no_space}) {
    auto faulty = std::make_shared<store::FaultStore>(store, store::FaultPlan());
    for (uint64_t at = 2; at <= 7; ++at) {
      TableLocation place{faulty, table.prefix};
      Transaction appending(place, Snapshot::open(place, parquet), parquet);
      std::string path = fmt::format("k{}-{}", static_cast<int>(kind), at);
      appending.draft().actions = {plain_add(path)};
      uint64_t before = faulty->operations();
      faulty->set_plan({kind, before + at});
      auto outcome = appending.commit(clock.now_ms());
      uint64_t operations = faulty->operations() - before;
      faulty->set_plan({});
      ASSERT_TRUE(std::holds_alternative<Committed>(outcome)) << path;
      EXPECT_EQ(appending.notes().empty(), operations < at) << path << ": " << operations << " operations";
      EXPECT_EQ(paths(*open()).back(), path);
    }
  }
}

class CleanupTest : public AfterCommitTest {
 protected:
  // Versions 0 to 30, one a day, checkpoints at 10, 20, 30.
  void SetUp() override {
    create({{"delta.logRetentionDuration", "interval 7 days"}, {"delta.checkpointInterval", "1000"}});
    for (int v = 1; v <= 30; ++v) {
      clock.advance(day_ms);
      append(fmt::format("f{}", v));
      if (v % 10 == 0) write_checkpoint(*open(), parquet, clock.now_ms());
    }
  }
  std::vector<int64_t> versions() {
    std::vector<int64_t> versions;
    for (const auto& [version, commit] : list_log(table).commits) versions.push_back(version);
    return versions;
  }
};

TEST_F(CleanupTest, removes_what_lies_before_the_last_expired_checkpoint) {
  size_t removed = clean_log(table, open()->metadata(), parquet, clock.now_ms());
  EXPECT_EQ(versions().front(), 20);
  EXPECT_EQ(removed, 20U + 19U + 1U) << "20 commits, the checksums of 1 to 19, the checkpoint of 10";
  EXPECT_EQ(open(20)->files().size(), 20U);
  EXPECT_EQ(open()->files().size(), 30U);
  EXPECT_EQ(clean_log(table, open()->metadata(), parquet, clock.now_ms()), 0U);
  EXPECT_EQ(code_of([&] { open(19); }), ErrorCode::no_such_version);
}

TEST_F(CleanupTest, keeps_what_is_inside_retention) {
  EXPECT_EQ(clean_log(table, open()->metadata(), parquet, clock.now_ms() - 30 * day_ms), 0U);
  Metadata longer = plain_metadata({{"delta.logRetentionDuration", "interval 365 days"}});
  EXPECT_EQ(clean_log(table, longer, parquet, clock.now_ms()), 0U);
  Metadata off = plain_metadata({{"delta.enableExpiredLogCleanup", "False"}, {"delta.logRetentionDuration", "1 day"}});
  EXPECT_EQ(clean_log(table, off, parquet, clock.now_ms()), 0U);
  EXPECT_EQ(versions().size(), 31U);
}

TEST_F(CleanupTest, never_trusts_a_checkpoint_it_cannot_read) {
  store->put(checkpoint_key(table, 20), "damaged");
  EXPECT_THROW(clean_log(table, open()->metadata(), parquet, clock.now_ms()), Error);
  EXPECT_EQ(versions().size(), 31U);
}

TEST_F(CleanupTest, without_a_checkpoint_nothing_goes) {
  for (int64_t v : {10, 20, 30}) store->remove(checkpoint_key(table, v));
  EXPECT_EQ(clean_log(table, open()->metadata(), parquet, clock.now_ms() + 365 * day_ms), 0U);
}

TEST_F(CleanupTest, runs_behind_the_commit_that_writes_a_checkpoint) {
  Transaction change(table, open(), parquet);
  Metadata metadata = open()->metadata();
  metadata.configuration["delta.checkpointInterval"] = "31";
  change.draft().actions = {metadata};
  change.commit(clock.now_ms());
  EXPECT_EQ(versions().front(), 20);
  EXPECT_TRUE(has(checkpoint_name(31)));
}

TEST(PlanCleanup, takes_compactions_and_parts_with_it) {
  std::vector<LogEntry> entries;
  auto add = [&](const std::string& name, int64_t modified_ms) {
    entries.push_back({*parse_log_name(name), {name, 1, modified_ms, ""}});
  };
  add(version_text(0) + "." + version_text(4) + ".compacted.json", 1);
  add(version_text(0) + ".json", 1);
  add(version_text(1) + ".checkpoint.0000000001.0000000002.parquet", 1);
  add(version_text(1) + ".json", 2);
  add(version_text(2) + "." + version_text(4) + ".compacted.json", 1);
  add(version_text(2) + ".checkpoint.0000000001.0000000002.parquet", 3);
  add(version_text(2) + ".checkpoint.0000000002.0000000002.parquet", 3);
  add(version_text(2) + ".json", 3);
  add(version_text(3) + "." + version_text(4) + ".compacted.json", 1);
  add(version_text(3) + ".json", 3);
  CleanupPlan plan = plan_cleanup(entries, 3);
  EXPECT_EQ(plan.checkpoint, 2);
  EXPECT_EQ(plan.keys.size(), 5U);
  EXPECT_EQ(plan_cleanup(entries, 2).checkpoint, -1) << "the checkpoint of 1 lacks a part";
  EXPECT_EQ(plan_cleanup(entries, 0).checkpoint, -1);
  EXPECT_EQ(plan_cleanup({}, 9).checkpoint, -1);
}

}  // namespace
}  // namespace weir::lake
