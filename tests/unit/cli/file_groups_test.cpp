#include "cli/file_groups.h"

#include <gtest/gtest.h>

namespace weir::cli {
namespace {

TEST(group_files, numbers_change_and_names_stay) {
  const auto groups = group_files({"data/trips-02.csv", "data/trips-01.csv", "data/zones.csv"});
  ASSERT_EQ(groups.size(), 2u);
  EXPECT_EQ(groups[0].name, "trips");
  EXPECT_EQ(groups[0].pattern, "data/trips-*.csv");
  EXPECT_EQ(groups[0].files, (std::vector<std::string>{"data/trips-01.csv", "data/trips-02.csv"}));
  EXPECT_EQ(groups[1].name, "zones");
  EXPECT_EQ(groups[1].pattern, "data/zones.csv");
}

TEST(group_files, a_date_is_one_star) {
  const auto groups = group_files({"flights-2013-01.csv.gz", "flights-2013-02.csv.gz"});
  ASSERT_EQ(groups.size(), 1u);
  EXPECT_EQ(groups[0].pattern, "flights-*.csv.gz");
  EXPECT_EQ(groups[0].name, "flights");
}

TEST(group_files, a_single_numbered_file_has_followers) {
  EXPECT_EQ(group_files({"trips-01.csv"})[0].pattern, "trips-*.csv");
}

TEST(group_files, hive_folders_and_dated_folders) {
  EXPECT_EQ(group_files({"d/year=2024/x.parquet"})[0].pattern, "d/year=*/x.parquet");
  EXPECT_EQ(group_files({"d/2024/x.csv", "d/2025/x.csv"})[0].pattern, "d/*/x.csv");
  EXPECT_EQ(group_files({"/srv/2024/x.csv"})[0].pattern, "/srv/2024/x.csv");
}

TEST(group_files, names_that_are_only_numbers_take_the_folder) {
  EXPECT_EQ(group_files({"sales/2024-01.csv", "sales/2024-02.csv"})[0].name, "sales");
  EXPECT_EQ(group_files({"2024.csv"})[0].name, "data");
}

TEST(group_files, names_are_unique) {
  const auto groups = group_files({"a/x.csv", "b/x.csv", "a/x.parquet"});
  ASSERT_EQ(groups.size(), 3u);
  EXPECT_EQ(groups[0].name, "x");
  EXPECT_EQ(groups[1].name, "x_2");
  EXPECT_EQ(groups[2].name, "x_3");
}

TEST(group_files, a_star_in_a_name_is_no_pattern_of_ours) { EXPECT_EQ(group_files({"a*1.csv"})[0].files.size(), 1u); }

TEST(plain_name, suits_sql) {
  EXPECT_EQ(plain_name("Sales (EU) 2024"), "sales_eu_2024");
  EXPECT_EQ(plain_name("2024"), "_2024");
  EXPECT_EQ(plain_name("--"), "");
}

}  // namespace
}  // namespace weir::cli
