// Leaving files out of a list is the same as asking each of them.
#include "lake/file_skipping.h"

#include <random>

#include "lake/checkpoint_part.h"
#include "lake/checkpoint_rows.h"
#include "lake_fixture.h"

namespace weir::lake {
namespace {

class FileSkippingTest : public TableTest {
 protected:
  // Files with all kinds of statistics, or none, in a commit.
  void write_files(std::map<std::string, std::string> configuration = {}) {
    std::vector<Action> actions = {Protocol(), plain_metadata(std::move(configuration), {"part"})};
    std::mt19937 random(7);
    for (int i = 0; i < 500; ++i) {
      Add add = plain_add("f" + std::to_string(i));
      add.partition_values["part"] = i % 7 == 0 ? std::nullopt : std::optional(std::string(1, "abc"[i % 3]));
      const int64_t low = static_cast<int64_t>(random() % 1000), nulls = i % 5 == 0 ? 10 : i % 3;
      add.stats = fmt::format(
          R"({{"numRecords":10,"minValues":{{"id":{},"name":"n{:03}"}},"maxValues":{{"id":{},"name":"n{:03}"}},"nullCount":{{"id":{},"name":0}}}})",
          low, low, low + 50, low + 50, nulls);
      if (i % 11 == 0) add.stats = R"({"numRecords":10,"minValues":{"name":"n100"},"maxValues":{"name":"n900"}})";
      if (i % 13 == 0) add.stats.reset();
      if (i % 17 == 0) add.stats = "no JSON";
      actions.emplace_back(std::move(add));
    }
    commit(0, actions);
  }
  static std::vector<Predicate> predicates() {
    using enum Compare;
    std::vector<Predicate> all;
    for (auto compare : {equal, not_equal, less, less_equal, greater, greater_equal, is_null, is_not_null}) {
      all.push_back({{{{"id", compare, int64_t{500}}}}});
      all.push_back({{{{"ID", compare, 500.5}}}});
      all.push_back({{{{"name", compare, std::string("n500")}}}});
      all.push_back({{{{"part", compare, std::string("b")}}}});
    }
    all.push_back({{{{"part", equal, std::string("a")}}, {{"id", less, int64_t{100}}}, {{"name", is_not_null, {}}}}});
    all.push_back({{{{"part", equal, std::string("a")}, {"id", less, int64_t{100}}}}});
    all.push_back({{{{"missing", equal, int64_t{1}}}, {{"id", equal, int64_t{1}}}}});
    all.push_back({{{{"missing", equal, int64_t{1}}, {"id", equal, int64_t{1}}}}});
    return all;
  }
  void same_as_one_by_one(const FileList& files, const Metadata& metadata) {
    for (const auto& predicate : predicates()) {
      std::vector<size_t> kept(files.size()), wanted;
      for (size_t i = 0; i < kept.size(); ++i) kept[i] = i;
      for (size_t i = 0; i < kept.size(); ++i)
        if (may_match(files.add(i), metadata, predicate)) wanted.push_back(i);
      std::vector<SkipStep> steps;
      skip_files(files, metadata, predicate, kept, &steps);
      EXPECT_EQ(kept, wanted) << predicate.all_of_any[0][0].column;
      size_t skipped = 0;
      for (const auto& step : steps) skipped += step.skipped;
      EXPECT_EQ(skipped, files.size() - kept.size());
    }
  }
  // The files as they are read from a checkpoint that is too large to be read whole.
  std::shared_ptr<const FileList> from_large_part(const Snapshot& snapshot) {
    CheckpointContent content;
    content.files.resize(snapshot.file_list()->size());
    for (size_t i = 0; i < content.files.size(); ++i) content.files[i] = i;
    CheckpointRows rows(snapshot, content);
    parquet.write(*store, "part", rows);
    return FileListBuilder::join(read_part({store, "part", "part", 1 << 30}, parquet).files);
  }
};

TEST_F(FileSkippingTest, of_commits) {
  write_files();
  auto snapshot = open();
  same_as_one_by_one(*snapshot->file_list(), snapshot->metadata());
}

TEST_F(FileSkippingTest, of_texts_left_in_a_checkpoint) {
  write_files();
  auto snapshot = open();
  parquet.columns_read.clear();
  auto files = from_large_part(*snapshot);
  ASSERT_EQ(files->size(), 500u);
  EXPECT_FALSE(files->chunk_at(0).knows_texts());
  same_as_one_by_one(*files, snapshot->metadata());
  for (size_t i = 0; i < files->size(); ++i) EXPECT_EQ(files->add(i).stats, snapshot->files()[i].stats);
}

TEST_F(FileSkippingTest, of_structs_left_in_a_checkpoint) {
  write_files({{"delta.checkpoint.writeStatsAsStruct", "true"}, {"delta.checkpoint.writeStatsAsJson", "false"}});
  auto snapshot = open();
  auto files = from_large_part(*snapshot);
  ASSERT_EQ(files->size(), 500u);
  same_as_one_by_one(*files, snapshot->metadata());
}

TEST_F(FileSkippingTest, tells_how_many_files_have_no_statistics) {
  write_files();
  auto snapshot = open();
  std::vector<size_t> kept = {0, 1, 11, 13, 17};
  std::vector<SkipStep> steps;
  skip_files(*snapshot->file_list(), snapshot->metadata(), {{{{"id", Compare::less, int64_t{-1}}}}}, kept, &steps);
  EXPECT_EQ(kept, (std::vector<size_t>{0, 11, 13, 17}));
  EXPECT_EQ(steps[0].asked, 5u);
  EXPECT_EQ(steps[0].without_statistics, 4u);
  EXPECT_FALSE(steps[0].by_partition);
}

TEST_F(FileSkippingTest, partition_values_alone_need_no_statistics) {
  write_files();
  auto snapshot = open();
  auto files = from_large_part(*snapshot);
  std::vector<size_t> kept(files->size());
  for (size_t i = 0; i < kept.size(); ++i) kept[i] = i;
  skip_files(*files, snapshot->metadata(), {{{{"part", Compare::equal, std::string("a")}}}}, kept);
  EXPECT_LT(kept.size(), 200u);
  EXPECT_FALSE(files->chunk_at(0).knows_texts());
  EXPECT_FALSE(files->chunk_at(0).knows_records());
}

}  // namespace
}  // namespace weir::lake
