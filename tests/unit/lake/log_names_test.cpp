#include "lake/log_names.h"

#include "lake/log_listing.h"
#include "lake_fixture.h"

namespace weir::lake {
namespace {

TEST(LogNames, are_told_apart) {
  auto kind = [](const char* name) {
    auto parsed = parse_log_name(name);
    return parsed ? std::optional(parsed->kind) : std::nullopt;
  };
  EXPECT_EQ(kind("00000000000000000012.json"), LogKind::commit);
  EXPECT_EQ(kind("00000000000000000012.crc"), LogKind::checksum);
  EXPECT_EQ(kind("00000000000000000012.checkpoint.parquet"), LogKind::classic_checkpoint);
  EXPECT_EQ(kind("00000000000000000012.checkpoint.0000000001.0000000003.parquet"), LogKind::multipart_checkpoint);
  EXPECT_EQ(kind("00000000000000000012.checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11.json"), LogKind::v2_checkpoint);
  EXPECT_EQ(kind("00000000000000000012.checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11.parquet"),
            LogKind::v2_checkpoint);
  EXPECT_EQ(kind("00000000000000000004.00000000000000000006.compacted.json"), LogKind::compaction);
  EXPECT_EQ(parse_log_name("00000000000000000004.00000000000000000006.compacted.json")->end_version, 6);
  auto part = parse_log_name("00000000000000000012.checkpoint.0000000002.0000000003.parquet");
  EXPECT_EQ(part->part, 2);
  EXPECT_EQ(part->parts, 3);
  for (const char* other :
       {"_last_checkpoint", "", "12.json", "0000000000000000001x.json", "00000000000000000012.json.tmp",
        "00000000000000000012", "._00000000000000000001.json", ".tmp-1", "00000000000000000012.checkpoint.json",
        "00000000000000000012.checkpoint.0000000004.0000000003.parquet",
        "00000000000000000012.checkpoint.0000000000.0000000003.parquet", "99999999999999999999.json",
        "00000000000000000012.checkpoint.nonsense.parquet", "00000000000000000001.checkpoint"})
    EXPECT_EQ(kind(other), std::nullopt) << other;
}

class ListingTest : public TableTest {
 protected:
  void put(const std::string& name) { store->put(log_key(name), "x"); }
  void commits(int64_t from, int64_t to) {
    for (int64_t v = from; v <= to; ++v) put(version_text(v) + ".json");
  }
};

TEST_F(ListingTest, an_incomplete_multipart_checkpoint_is_none) {
  commits(0, 5);
  put(version_text(3) + ".checkpoint.0000000001.0000000002.parquet");
  put(version_text(4) + ".checkpoint.0000000001.0000000002.parquet");
  put(version_text(4) + ".checkpoint.0000000002.0000000002.parquet");
  put(version_text(4) + ".checkpoint.0000000001.0000000003.parquet");
  LogListing listing = list_log(table);
  ASSERT_EQ(listing.checkpoints.size(), 1U);
  EXPECT_EQ(listing.checkpoints.at(4).front().parts.size(), 2U);
  auto segment = find_segment(table, listing, 5);
  EXPECT_EQ(segment->checkpoint->version, 4);
  EXPECT_EQ(segment->commits.size(), 1U);
  EXPECT_EQ(find_segment(table, listing, 3)->checkpoint, std::nullopt);
}

TEST_F(ListingTest, a_gap_is_named) {
  commits(0, 2);
  commits(4, 5);
  std::string message;
  EXPECT_EQ(code_of([&] { find_segment(table, list_log(table), 5); }, &message), ErrorCode::bad_log);
  EXPECT_NE(message.find("memory:test/raw/t/_delta_log/00000000000000000003.json"), std::string::npos) << message;
  EXPECT_TRUE(find_segment(table, list_log(table), 2).has_value());
}

TEST_F(ListingTest, a_commit_that_the_listing_missed_is_looked_up) {
  commits(0, 3);
  LogListing listing = list_log(table);
  listing.commits.erase(2);
  EXPECT_EQ(find_segment(table, listing, 3)->commits.size(), 4U);
}

TEST_F(ListingTest, what_can_be_opened) {
  EXPECT_EQ(available_range(list_log(table)), std::nullopt);
  EXPECT_EQ(version_range(table), std::nullopt);
  commits(0, 3);
  EXPECT_EQ(version_range(table), (std::pair<int64_t, int64_t>(0, 3)));
  store->remove(log_key(version_text(0) + ".json"));
  EXPECT_EQ(version_range(table), std::nullopt) << "nothing to start from";
  put(version_text(2) + ".checkpoint.parquet");
  EXPECT_EQ(version_range(table), (std::pair<int64_t, int64_t>(2, 3)));
  store->remove(log_key(version_text(2) + ".json"));
  EXPECT_EQ(version_range(table), (std::pair<int64_t, int64_t>(2, 3))) << "the checkpoint stands for its commit";
}

TEST_F(ListingTest, stops_before_folders_of_the_log) {
  commits(0, 1);
  put("_sidecars/00000000000000000007.json");
  put("_staged_commits/00000000000000000008.json");
  put("_last_checkpoint");
  EXPECT_EQ(list_log(table).latest(), 1);
  EXPECT_EQ(latest_version(table), 1);
}

}  // namespace
}  // namespace weir::lake
