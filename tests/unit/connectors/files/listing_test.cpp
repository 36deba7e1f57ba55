#include "connectors/files/listing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/hash.h"
#include "temp_folder.h"

namespace weir::files {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ListingTest : public ::testing::Test {
 protected:
  IngestSpec spec(const std::vector<std::string>& patterns) const {
    IngestSpec made;
    made.asset = "raw.x";
    made.project_dir = folder_.path() / "project";
    made.patterns = patterns;
    return made;
  }
  Listing list(const std::vector<std::string>& patterns) const { return list_files(spec(patterns)); }
  std::vector<std::string> labels(const std::vector<std::string>& patterns) const {
    std::vector<std::string> result;
    for (const FoundFile& file : list(patterns).files) result.push_back(file.label);
    return result;
  }
  ErrorCode refusal(const std::vector<std::string>& patterns) const {
    try {
      list(patterns);
    } catch (const Error& error) {
      return error.code();
    }
    return ErrorCode::internal;
  }
  TempFolder folder_;
};

TEST_F(ListingTest, WildcardsStayInOneFolder) {
  folder_.put("project/data/b.csv");
  folder_.put("project/data/a.csv");
  folder_.put("project/data/a.txt");
  folder_.put("project/data/deep/c.csv");
  EXPECT_THAT(labels({"data/*.csv"}), ElementsAre("data/a.csv", "data/b.csv"));
  EXPECT_THAT(labels({"data/?.csv"}), ElementsAre("data/a.csv", "data/b.csv"));
  EXPECT_THAT(labels({"data/[b-z].csv"}), ElementsAre("data/b.csv"));
  EXPECT_THAT(labels({"*/a.csv"}), ElementsAre("data/a.csv"));
}

TEST_F(ListingTest, TwoStarsCrossAnyNumberOfFolders) {
  folder_.put("project/data/a.csv");
  folder_.put("project/data/x/b.csv");
  folder_.put("project/data/x/y/c.csv");
  EXPECT_THAT(labels({"data/**/*.csv"}), ElementsAre("data/a.csv", "data/x/b.csv", "data/x/y/c.csv"));
  EXPECT_THAT(labels({"data/**"}), ElementsAre("data/a.csv", "data/x/b.csv", "data/x/y/c.csv"));
  EXPECT_THAT(labels({"**/y/*"}), ElementsAre("data/x/y/c.csv"));
}

TEST_F(ListingTest, SeveralPatternsGiveEachFileOnceInOrder) {
  folder_.put("project/b/1.csv");
  folder_.put("project/a/1.csv");
  EXPECT_THAT(labels({"b/*", "a/*", "b/1.csv"}), ElementsAre("a/1.csv", "b/1.csv"));
}

TEST_F(ListingTest, NothingThereIsNothing) {
  EXPECT_THAT(labels({"nowhere/*.csv"}), IsEmpty());
  EXPECT_THAT(labels({"nowhere.csv"}), IsEmpty());
}

TEST_F(ListingTest, HiddenNamesNeedAHiddenPattern) {
  folder_.put("project/data/.half-written.csv");
  folder_.put("project/.git/x.csv");
  folder_.put("project/data/a.csv");
  EXPECT_THAT(labels({"**/*.csv"}), ElementsAre("data/a.csv"));
  EXPECT_THAT(labels({"data/.*.csv"}), ElementsAre("data/.half-written.csv"));
}

TEST_F(ListingTest, TheLakeIsNeverASource) {
  folder_.put("project/lake/raw/x/part.parquet");
  folder_.put("project/data/a.parquet");
  IngestSpec made = spec({"**/*.parquet"});
  made.excluded.push_back(folder_.path() / "project/lake");
  ASSERT_EQ(list_files(made).files.size(), 1u);
  EXPECT_EQ(list_files(made).files[0].label, "data/a.parquet");
}

TEST_F(ListingTest, BaseIsTheProjectOrTheDeepestCommonFolder) {
  folder_.put("project/data/a.csv");
  folder_.put("outside/one/a.csv");
  folder_.put("outside/two/a.csv");
  EXPECT_EQ(list({"data/*.csv"}).base_rule, ".");
  Listing outside = list({"../outside/one/*.csv", "../outside/two/*.csv"});
  EXPECT_EQ(outside.base_rule, "../outside");
  EXPECT_EQ(outside.files[0].label, "one/a.csv");
  EXPECT_EQ(outside.base, (folder_.path() / "outside").string());
  std::string absolute = (folder_.path() / "outside/one").string();
  EXPECT_EQ(list({absolute + "/*.csv"}).base_rule, absolute);
  EXPECT_THAT(labels({absolute + "/*.csv"}), ElementsAre("a.csv"));
  EXPECT_THAT(labels({"file://" + absolute + "/*.csv"}), ElementsAre("a.csv"));
}

TEST_F(ListingTest, DeclaredBaseNamesTheFiles) {
  folder_.put("project/data/x/a.csv");
  IngestSpec made = spec({"data/x/*.csv"});
  made.base = "data";
  Listing listing = list_files(made);
  EXPECT_EQ(listing.base_rule, "data");
  EXPECT_EQ(listing.files[0].label, "x/a.csv");
  made.base = "other";
  EXPECT_THROW(list_files(made), Error);
}

TEST_F(ListingTest, HiveFoldersBecomeValues) {
  folder_.put("project/data/year=2013/city=S%C3%A3o%20Paulo/a.csv");
  folder_.put("project/data/year=__HIVE_DEFAULT_PARTITION__/city=x/b=c.csv");
  std::vector<FoundFile> files = list({"data/**/*.csv"}).files;
  ASSERT_EQ(files.size(), 2u);
  EXPECT_THAT(files[0].path_values, ElementsAre(::testing::Pair("city", "São Paulo"), ::testing::Pair("year", "2013")));
  EXPECT_THAT(files[1].path_values, ElementsAre(::testing::Pair("city", "x")))
      << "null is left out, files are no folders";
  IngestSpec off = spec({"data/**/*.csv"});
  off.hive_partitions = false;
  EXPECT_THAT(list_files(off).files[0].path_values, IsEmpty());
}

TEST_F(ListingTest, HostileNamesAreJustNames) {
  for (const char* name :
       {"a b.csv", "50%.csv", "ünï.csv", "line\nbreak.csv", "quote'\".csv", "[1].csv", "a;drop.csv"}) {
    folder_.put(std::string("project/data/") + name);
  }
  EXPECT_THAT(labels({"data/*.csv"}), ElementsAre("data/50%.csv", "data/[1].csv", "data/a b.csv", "data/a;drop.csv",
                                                  "data/line\nbreak.csv", "data/quote'\".csv", "data/ünï.csv"));
  EXPECT_THAT(labels({"data/[1].csv"}), ElementsAre("data/[1].csv")) << "a name that is there wins over a pattern";
}

TEST_F(ListingTest, NameThatIsNoTextIsRefused) {
  folder_.put("project/data/bad\xff.csv");
  EXPECT_EQ(refusal({"data/*.csv"}), ErrorCode::file_name);
}

TEST_F(ListingTest, LinksToFilesAreFollowedAndLinksToFoldersOnlyByName) {
  folder_.put("elsewhere/real.csv");
  folder_.put("project/data/a.csv");
  fs::create_symlink(folder_.path() / "elsewhere/real.csv", folder_.path() / "project/data/linked.csv");
  fs::create_directory_symlink(folder_.path() / "project", folder_.path() / "project/data/loop");
  EXPECT_THAT(labels({"data/**/*.csv"}), ElementsAre("data/a.csv", "data/linked.csv"));
  EXPECT_THAT(labels({"data/loop/data/a.csv"}), ElementsAre("data/loop/data/a.csv"));
}

TEST_F(ListingTest, LinkToNothingIsAnErrorAndNotSilence) {
  folder_.put("project/data/a.csv");
  fs::create_symlink("gone.csv", folder_.path() / "project/data/b.csv");
  EXPECT_EQ(refusal({"data/*.csv"}), ErrorCode::store_io);
}

TEST_F(ListingTest, FoldersAndPipesAreNoFiles) {
  fs::create_directories(folder_.path() / "project/data/folder.csv");
  ASSERT_EQ(::mkfifo((folder_.path() / "project/data/pipe.csv").c_str(), 0600), 0);
  EXPECT_THAT(labels({"data/*.csv"}), IsEmpty());
}

TEST_F(ListingTest, PatternsThatMakeNoSenseAreRefused) {
  EXPECT_EQ(refusal({"https://example.com/x.csv"}), ErrorCode::store_scheme);
  EXPECT_EQ(refusal({"data/*.csv", "s3://bucket/x.csv"}), ErrorCode::bad_option_value);
  EXPECT_EQ(refusal({"s3://one/*.csv", "s3://two/*.csv"}), ErrorCode::bad_option_value);
  EXPECT_EQ(refusal({"s3://bucket/in/"}), ErrorCode::bad_option_value);
  EXPECT_EQ(refusal({"s3://bucket"}), ErrorCode::bad_option_value);
  EXPECT_EQ(refusal({"s3://bucket/in//x.csv"}), ErrorCode::bad_option_value);
  EXPECT_EQ(refusal({"s3://bucket/in/../x.csv"}), ErrorCode::bad_option_value);
  EXPECT_EQ(refusal({""}), ErrorCode::bad_option_value);
  EXPECT_EQ(refusal({"data/*/../x.csv"}), ErrorCode::bad_option_value);
  EXPECT_EQ(refusal({"/"}), ErrorCode::bad_option_value);
}

TEST_F(ListingTest, EtagFollowsSizeAndTime) {
  folder_.put("project/a.csv", "12345");
  FoundFile before = list({"a.csv"}).files[0];
  EXPECT_EQ(before.size, 5u);
  EXPECT_EQ(list({"a.csv"}).files[0].etag, before.etag);
  fs::last_write_time(folder_.path() / "project/a.csv",
                      fs::last_write_time(folder_.path() / "project/a.csv") + std::chrono::nanoseconds(1000));
  EXPECT_NE(list({"a.csv"}).files[0].etag, before.etag);
  EXPECT_EQ(content_hash(before), sha256_hex("12345"));
}

TEST_F(ListingTest, BigFilesAreNotHashed) {
  folder_.put("project/big.csv");
  fs::resize_file(folder_.path() / "project/big.csv", 8 * 1024 * 1024 + 1);
  EXPECT_EQ(content_hash(list({"big.csv"}).files[0]), "");
}

}  // namespace
}  // namespace weir::files
