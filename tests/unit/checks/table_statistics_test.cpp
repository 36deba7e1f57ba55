#include "checks/table_statistics.h"

#include <gtest/gtest.h>

namespace weir::checks {
namespace {

lake::Metadata metadata() {
  lake::Metadata made;
  made.schema.fields = {{"Id", lake::DataType::primitive(lake::TypeKind::long_)},
                        {"name", lake::DataType::primitive(lake::TypeKind::string)}};
  made.schema_string = made.schema.to_string();
  return made;
}

lake::Add file(const std::string& path, const std::string& stats) {
  lake::Add add;
  add.path = path;
  add.size_bytes = 1;
  if (!stats.empty()) add.stats = stats;
  return add;
}

constexpr const char* kFirst =
    R"({"numRecords":3,"minValues":{"Id":1,"name":"a"},"maxValues":{"Id":5,"name":"c"},"nullCount":{"Id":0,"name":1}})";
constexpr const char* kSecond =
    R"({"numRecords":2,"minValues":{"Id":-4,"name":"b"},"maxValues":{"Id":2,"name":"b"},"nullCount":{"Id":0,"name":1}})";
constexpr const char* kAllNull = R"({"numRecords":2,"nullCount":{"Id":2,"name":2}})";

TEST(TableStatistics, SumsTheFilesOfADraft) {
  lake::CommitDraft draft;
  draft.actions = {metadata(), file("a", kFirst), file("b", kSecond)};
  TableStatistics statistics = table_statistics(nullptr, &draft);
  EXPECT_EQ(statistics.row_count, 5);
  const ColumnStatistics& id = statistics.columns.at("id");
  EXPECT_EQ(id.null_count, 0);
  EXPECT_EQ(id.min, lake::Scalar(int64_t{-4}));
  EXPECT_EQ(id.max, lake::Scalar(int64_t{5}));
  EXPECT_EQ(statistics.columns.at("name").null_count, 2);
}

TEST(TableStatistics, AFileOfNullsHasNoBoundsAndHidesNone) {
  lake::CommitDraft draft;
  draft.actions = {metadata(), file("a", kAllNull), file("b", kSecond)};
  const ColumnStatistics id = table_statistics(nullptr, &draft).columns.at("id");
  EXPECT_EQ(id.null_count, 2);
  EXPECT_EQ(id.min, lake::Scalar(int64_t{-4}));
}

TEST(TableStatistics, AFileWithoutStatisticsMakesItUnknown) {
  lake::CommitDraft draft;
  draft.actions = {metadata(), file("a", kFirst), file("b", "")};
  TableStatistics statistics = table_statistics(nullptr, &draft);
  EXPECT_EQ(statistics.row_count, std::nullopt);
  EXPECT_EQ(statistics.columns.at("id").null_count, std::nullopt);
  EXPECT_EQ(statistics.columns.at("id").min, lake::Scalar());
}

TEST(TableStatistics, MissingMaxOfOneFileMakesItUnknown) {
  lake::CommitDraft draft;
  draft.actions = {metadata(),
                   file("a", R"({"numRecords":3,"minValues":{"Id":1},"maxValues":{},"nullCount":{"Id":0}})"),
                   file("b", kSecond)};
  const ColumnStatistics id = table_statistics(nullptr, &draft).columns.at("id");
  EXPECT_EQ(id.min, lake::Scalar(int64_t{-4}));
  EXPECT_EQ(id.max, lake::Scalar());
}

TEST(TableStatistics, DeletionVectorsMakeCountsUnknown) {
  lake::CommitDraft draft;
  lake::Add deleted = file("a", kFirst);
  deleted.deletion_vector = lake::DeletionVector{"u", "x", 1, 1, 1};
  draft.actions = {metadata(), deleted};
  TableStatistics statistics = table_statistics(nullptr, &draft);
  EXPECT_EQ(statistics.row_count, std::nullopt);
  EXPECT_EQ(statistics.columns.at("id").null_count, std::nullopt);
  EXPECT_EQ(statistics.columns.at("id").max, lake::Scalar(int64_t{5})) << "bounds hold for what is left";
}

TEST(TableStatistics, MappedColumnsAreNotGuessed) {
  lake::Metadata mapped = metadata();
  mapped.configuration["delta.columnMapping.mode"] = "name";
  lake::CommitDraft draft;
  draft.actions = {mapped, file("a", kFirst)};
  EXPECT_TRUE(table_statistics(nullptr, &draft).columns.empty());
}

}  // namespace
}  // namespace weir::checks
