#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "connectors/files/file_source.h"
#include "temp_folder.h"

namespace weir::files {
namespace {

using lake::publish::FileStatus;
using lake::publish::LedgerEntry;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class DiffTest : public ::testing::Test {
 protected:
  Listing list() const {
    IngestSpec spec;
    spec.project_dir = folder_.path();
    spec.patterns = {"*.csv"};
    return list_files(spec);
  }
  static LedgerEntry entry(const FoundFile& file, FileStatus status = FileStatus::loaded) {
    LedgerEntry made;
    made.uri = file.label;
    made.size = file.size;
    made.etag = file.etag;
    made.status = status;
    made.sha256 = content_hash(file);
    return made;
  }
  LedgerEntries ledger_of(const Listing& listing, FileStatus status = FileStatus::loaded) const {
    LedgerEntries entries;
    for (const FoundFile& file : listing.files) entries[file.label] = entry(file, status);
    return entries;
  }
  void touch(const std::string& name) const {
    auto path = folder_.path() / name;
    std::filesystem::last_write_time(path, std::filesystem::last_write_time(path) + std::chrono::seconds(5));
  }
  TempFolder folder_;
};

TEST_F(DiffTest, NewFilesAreFreshAndKnownOnesAreNot) {
  folder_.put("a.csv");
  LedgerEntries ledger = ledger_of(list());
  folder_.put("b.csv");
  Diff found = diff(list(), ledger);
  ASSERT_THAT(found.fresh, SizeIs(1));
  EXPECT_EQ(found.fresh[0].label, "b.csv");
  EXPECT_EQ(found.unchanged, 1u);
}

TEST_F(DiffTest, TouchedIsNotChanged) {
  folder_.put("a.csv");
  LedgerEntries ledger = ledger_of(list());
  touch("a.csv");
  EXPECT_TRUE(diff(list(), ledger).nothing_to_read());
}

TEST_F(DiffTest, TouchedWithoutKnownContentCountsAsChanged) {
  folder_.put("a.csv");
  LedgerEntries ledger = ledger_of(list());
  ledger["a.csv"].sha256.clear();
  touch("a.csv");
  EXPECT_THAT(diff(list(), ledger).changed, SizeIs(1));
}

TEST_F(DiffTest, OtherContentOfTheSameSizeIsChanged) {
  folder_.put("a.csv", "a\n1\n");
  LedgerEntries ledger = ledger_of(list());
  folder_.put("a.csv", "a\n2\n");
  touch("a.csv");
  Diff found = diff(list(), ledger);
  ASSERT_THAT(found.changed, SizeIs(1));
  EXPECT_THAT(found.fresh, IsEmpty());
}

TEST_F(DiffTest, GoneFilesAreReportedOnce) {
  folder_.put("a.csv");
  LedgerEntries ledger = ledger_of(list());
  LedgerEntry rejected = ledger["a.csv"];
  rejected.uri = "r.csv";
  rejected.status = FileStatus::rejected;
  ledger["r.csv"] = rejected;
  std::filesystem::remove(folder_.path() / "a.csv");
  Diff found = diff(list(), ledger);
  ASSERT_THAT(found.vanished, SizeIs(1)) << "a rejected file left no rows behind";
  EXPECT_EQ(found.vanished[0].uri, "a.csv");
  EXPECT_TRUE(found.nothing_to_read());
}

TEST_F(DiffTest, RejectedFilesAreTriedAgainWhenTheyChange) {
  folder_.put("a.csv", "bad");
  LedgerEntries ledger = ledger_of(list(), FileStatus::rejected);
  EXPECT_TRUE(diff(list(), ledger).nothing_to_read());
  folder_.put("a.csv", "good now");
  Diff found = diff(list(), ledger);
  ASSERT_THAT(found.fresh, SizeIs(1));
  EXPECT_THAT(found.retried, ElementsAre("a.csv"));
  EXPECT_THAT(found.changed, IsEmpty());
}

TEST_F(DiffTest, WritingDuringTheReadIsNoticed) {
  folder_.put("a.csv");
  std::vector<FoundFile> files = list().files;
  EXPECT_NO_THROW(check_still_the_same(files));
  touch("a.csv");
  EXPECT_THROW(check_still_the_same(files), Error);
  std::filesystem::remove(folder_.path() / "a.csv");
  EXPECT_THROW(check_still_the_same(files), Error);
}

}  // namespace
}  // namespace weir::files
