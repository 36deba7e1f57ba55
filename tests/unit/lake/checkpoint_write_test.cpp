// V2 checkpoints of many files: sidecars, written once and named again.
#include <gmock/gmock.h>

#include <algorithm>

#include "lake/checkpoint_read.h"
#include "lake/log_listing.h"
#include "lake_fixture.h"

namespace weir::lake {
namespace {

constexpr int files = 60'000;

class SidecarTest : public TableTest {
 protected:
  void create_large() {
    Protocol protocol{3, 7, {{"v2Checkpoint"}}, {{"v2Checkpoint"}}};
    std::vector<Action> actions = {protocol, plain_metadata({{"delta.checkpointPolicy", "v2"}})};
    for (int i = 0; i < files; ++i) actions.emplace_back(plain_add("f" + std::to_string(i)));
    commit(0, actions);
  }
  std::vector<Sidecar> sidecars(int64_t version) {
    auto listing = list_log(table, version, version);
    return read_sidecars(table, listing.checkpoints.at(version).front(), parquet);
  }
  std::shared_ptr<const Snapshot> from_checkpoint(int64_t version) {
    auto snapshot = open(version);
    EXPECT_FALSE(snapshot->sidecars().empty());
    return snapshot;
  }
  static std::vector<std::string> sorted_paths(const Snapshot& snapshot) {
    auto all = paths(snapshot);
    std::sort(all.begin(), all.end());
    return all;
  }
};

TEST_F(SidecarTest, files_are_kept_in_sidecars_and_found_there) {
  create_large();
  auto before = open();
  write_checkpoint(*before, parquet, clock.now_ms());
  EXPECT_EQ(sidecars(0).size(), 2u);
  EXPECT_EQ(store::list(*store, log_key("_sidecars/")).size(), 2u);
  store->put(commit_key(table, 0), "unreadable");
  auto after = from_checkpoint(0);
  EXPECT_EQ(sorted_paths(*after), sorted_paths(*before));
  EXPECT_EQ(after->files().front().stats, before->files().front().stats);
  Json hint = Json::parse(store->read(log_key("_last_checkpoint")));
  EXPECT_EQ(hint.at("v2Checkpoint").at("sidecarFiles").as_array().size(), 2u);
  EXPECT_EQ(hint.at("size").as_int(), files + 3);
}

TEST_F(SidecarTest, a_sidecar_whose_files_are_all_live_is_named_again) {
  create_large();
  write_checkpoint(*open(), parquet, clock.now_ms());
  auto first = sidecars(0);
  commit(1, {plain_add("new"), remove_of(plain_add("f59999"), clock.now_ms())});
  auto before = open();
  write_checkpoint(*before, parquet, clock.now_ms());
  auto second = sidecars(1);
  ASSERT_EQ(second.size(), 3u);  // the first again, the rest of the second with the new file, the tombstone
  EXPECT_EQ(second[0].path, first[0].path);
  EXPECT_NE(second[1].path, first[1].path);
  auto after = from_checkpoint(1);
  EXPECT_EQ(sorted_paths(*after), sorted_paths(*before));
  EXPECT_THAT(after->tombstones(), testing::SizeIs(1));
}

TEST_F(SidecarTest, a_file_less_means_a_sidecar_anew) {
  create_large();
  write_checkpoint(*open(), parquet, clock.now_ms());
  commit(1, {remove_of(plain_add("f0"), clock.now_ms())});
  auto before = open();
  write_checkpoint(*before, parquet, clock.now_ms());
  for (const auto& sidecar : sidecars(1))
    for (const auto& old : sidecars(0)) EXPECT_NE(sidecar.path, old.path);
  EXPECT_EQ(sorted_paths(*from_checkpoint(1)), sorted_paths(*before));
}

TEST_F(SidecarTest, other_columns_mean_sidecars_anew) {
  create_large();
  write_checkpoint(*open(), parquet, clock.now_ms());
  commit(1, {plain_metadata({{"delta.checkpointPolicy", "v2"}, {"delta.checkpoint.writeStatsAsStruct", "true"}})});
  write_checkpoint(*open(), parquet, clock.now_ms());
  for (const auto& sidecar : sidecars(1)) EXPECT_NE(sidecar.path, sidecars(0)[0].path);
}

TEST_F(SidecarTest, a_file_that_comes_back_is_not_taken_away_by_its_old_tombstone) {
  create_large();
  write_checkpoint(*open(), parquet, clock.now_ms());
  commit(1, {remove_of(plain_add("f59999"), clock.now_ms())});
  write_checkpoint(*open(), parquet, clock.now_ms());
  commit(2, {plain_add("f59999")});
  write_checkpoint(*open(), parquet, clock.now_ms());
  auto after = from_checkpoint(2);
  EXPECT_EQ(after->file_list()->size(), static_cast<size_t>(files));
  EXPECT_THAT(after->tombstones(), testing::IsEmpty());
}

}  // namespace
}  // namespace weir::lake
