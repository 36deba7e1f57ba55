#include "connectors/files/object_listing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/hash.h"

namespace weir::files {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

class ObjectListingTest : public ::testing::Test {
 protected:
  static IngestSpec spec(const std::vector<std::string>& patterns) {
    IngestSpec made;
    made.asset = "raw.x";
    made.patterns = patterns;
    return made;
  }
  Listing list(const IngestSpec& spec) {
    return list_objects(spec, [this](const std::string& root) {
      roots_.push_back(root);
      return store_;
    });
  }
  std::vector<std::string> labels(const IngestSpec& spec) {
    std::vector<std::string> result;
    for (const FoundFile& file : list(spec).files) result.push_back(file.label);
    return result;
  }
  std::vector<std::string> found(const std::vector<std::string>& patterns) { return labels(spec(patterns)); }
  void put(const std::vector<std::string>& keys) {
    for (const std::string& key : keys) store_->put(key, key);
  }

  std::shared_ptr<store::ObjectStore> store_ = store::open("memory:bucket");
  std::vector<std::string> roots_;
};

TEST_F(ObjectListingTest, LabelsAreBelowTheLastFolderWithoutAWildcard) {
  put({"in/a.csv", "in/b.csv", "in/deep/c.csv", "in/d.txt", "other/e.csv"});
  const Listing listing = list(spec({"s3://bucket/in/*.csv"}));
  EXPECT_THAT(roots_, ElementsAre("s3://bucket"));
  EXPECT_EQ(listing.base, "s3://bucket/in");
  EXPECT_EQ(listing.base_rule, "s3://bucket/in");
  ASSERT_EQ(listing.files.size(), 2u);
  EXPECT_EQ(listing.files[0].label, "a.csv");
  EXPECT_EQ(listing.files[0].place, "s3://bucket/in/a.csv");
  EXPECT_EQ(listing.files[0].size, 8u);
  EXPECT_EQ(listing.files[0].etag, store_->head("in/a.csv")->etag);
  EXPECT_EQ(listing.files[1].label, "b.csv");
}

TEST_F(ObjectListingTest, PatternsMeanWhatTheyMeanOnDisk) {
  put({"in/a1.csv", "in/b2.csv", "in/x/b.csv", "in/x/y/c.csv", "in/.hidden.csv", "in/.git/z.csv"});
  EXPECT_THAT(found({"s3://bucket/in/?1.csv"}), ElementsAre("a1.csv"));
  EXPECT_THAT(found({"s3://bucket/in/[b-z]*.csv"}), ElementsAre("b2.csv"));
  EXPECT_THAT(found({"s3://bucket/in/**/*.csv"}), ElementsAre("a1.csv", "b2.csv", "x/b.csv", "x/y/c.csv"));
  EXPECT_THAT(found({"s3://bucket/in/**"}), ElementsAre("a1.csv", "b2.csv", "x/b.csv", "x/y/c.csv"));
  EXPECT_THAT(found({"s3://bucket/**/y/*"}), ElementsAre("in/x/y/c.csv"));
  EXPECT_THAT(found({"s3://bucket/in/.*"}), ElementsAre(".hidden.csv"));
  EXPECT_THAT(found({"s3://bucket/in/b*/*.csv"}), IsEmpty());
}

TEST_F(ObjectListingTest, ANameIsAskedForAndNotListed) {
  put({"in/a.csv", "in/a.csv.old"});
  EXPECT_THAT(found({"s3://bucket/in/a.csv"}), ElementsAre("a.csv"));
  EXPECT_THAT(found({"s3://bucket/in/none.csv"}), IsEmpty());
}

TEST_F(ObjectListingTest, SeveralPatternsGiveEachObjectOnceInOrder) {
  put({"b/1.csv", "a/1.csv"});
  EXPECT_THAT(found({"s3://bucket/b/*", "s3://bucket/a/*", "s3://bucket/b/1.csv"}), ElementsAre("a/1.csv", "b/1.csv"));
}

TEST_F(ObjectListingTest, ADeclaredBaseNamesTheObjects) {
  put({"in/x/a.csv"});
  IngestSpec made = spec({"s3://bucket/in/x/*.csv"});
  made.base = "s3://bucket/in/";
  EXPECT_THAT(labels(made), ElementsAre("x/a.csv"));
  EXPECT_EQ(list(made).base_rule, "s3://bucket/in/");
  for (const char* wrong : {"s3://bucket/other", "s3://bucket/i", "s3://elsewhere/in", "in"}) {
    made.base = wrong;
    EXPECT_THROW(list(made), Error) << wrong;
  }
}

TEST_F(ObjectListingTest, HiveFoldersBecomeValues) {
  put({"in/day=2026-01-05/a.csv", "in/day=__HIVE_DEFAULT_PARTITION__/b.csv"});
  const Listing listing = list(spec({"s3://bucket/in/*/*.csv"}));
  ASSERT_EQ(listing.files.size(), 2u);
  EXPECT_THAT(listing.files[0].path_values, ElementsAre(Pair("day", "2026-01-05")));
  EXPECT_THAT(listing.files[1].path_values, IsEmpty());
}

// The lake of the same bucket holds any number of objects.
TEST_F(ObjectListingTest, TheLakeIsNotLookedInto) {
  put({"a.csv", "lake/raw/t/x.csv", "lake/raw/t/y.csv", "lakes/b.csv", "z.csv"});
  IngestSpec made = spec({"s3://bucket/**/*.csv"});
  made.excluded = {"s3://bucket/lake"};
  EXPECT_THAT(labels(made), ElementsAre("a.csv", "lakes/b.csv", "z.csv"));
  made.excluded = {"s3://bucket/lake/"};
  EXPECT_THAT(labels(made), ElementsAre("a.csv", "lakes/b.csv", "z.csv"));
  made.patterns = {"s3://bucket/lake/raw/t/x*.csv"};  // whoever names a place in it means it
  EXPECT_THAT(labels(made), ElementsAre("x.csv"));
}

TEST_F(ObjectListingTest, AnObjectThatWasReplacedIsNoticed) {
  put({"in/a.csv", "in/b.csv"});
  const Listing listing = list(spec({"s3://bucket/in/*.csv"}));
  EXPECT_EQ(content_hash(listing.files[0]), sha256_hex("in/a.csv"));
  EXPECT_NO_THROW(check_still_the_same(listing.files));
  store_->put("in/b.csv", "something else");
  EXPECT_EQ(content_hash(listing.files[0]), sha256_hex("in/a.csv"));
  for (const bool there : {true, false}) {
    if (!there) store_->remove("in/b.csv");
    const std::string expected = there ? "b.csv changed while it was read" : "b.csv was removed while it was read";
    try {
      check_still_the_same(listing.files);
      ADD_FAILURE() << "no error";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::file_changed_while_read);
      EXPECT_EQ(error.message(), expected);
    }
    try {
      content_hash(listing.files[1]);
      ADD_FAILURE() << "no error";
    } catch (const Error& error) {
      EXPECT_EQ(error.message(), expected);
    }
  }
}

}  // namespace
}  // namespace weir::files
