#include "project/parse_cache.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/file.h"

namespace weir::project {
namespace {

class ParseCacheTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("parse_cache." + std::to_string(::getpid()));
    std::filesystem::remove_all(folder_);
    path_ = (folder_ / "partial_parse.weir").string();
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void save(const std::string& piece, const std::string& key, const std::string& bytes,
            const std::string& whole = "w") {
    ParseCache cache(path_);
    cache.begin(whole);
    for (const char* other : {"a", "b", "c"}) cache.find(other, "1");
    cache.put(piece, key, bytes);
    cache.save();
  }
  std::string found(const std::string& piece, const std::string& key, const std::string& whole = "w") {
    ParseCache cache(path_);
    cache.begin(whole);
    return std::string(cache.find(piece, key));
  }
  std::filesystem::path folder_;
  std::string path_;
};

TEST_F(ParseCacheTest, KeepsPiecesByTheirKeys) {
  save("a", "1", "of a");
  save("b", "1", "of b");
  EXPECT_EQ(found("a", "1"), "of a");
  EXPECT_EQ(found("b", "1"), "of b");
  EXPECT_EQ(found("a", "2"), "");
  EXPECT_EQ(found("c", "1"), "");
  save("a", "2", "of a, edited");
  EXPECT_EQ(found("a", "2"), "of a, edited");
  EXPECT_EQ(found("a", "1"), "");
}

TEST_F(ParseCacheTest, AnotherKeyOfTheWholeStartsAnew) {
  save("a", "1", "of a");
  EXPECT_EQ(found("a", "1", "other"), "");
  save("b", "1", "of b", "other");
  EXPECT_EQ(found("b", "1", "other"), "of b");
  EXPECT_EQ(found("a", "1"), "");
}

TEST_F(ParseCacheTest, WhatIsCutOrFlippedIsNotTaken) {
  save("a", "1", "of a");
  save("b", "1", "of b");
  const std::string whole = read_file(path_);
  for (size_t size = 0; size < whole.size(); size++) {
    write_file(path_, std::string_view(whole).substr(0, size));
    const std::string a = found("a", "1");
    EXPECT_TRUE(a.empty() || a == "of a");
    EXPECT_EQ(found("b", "1"), "");
  }
  for (size_t at = 0; at < whole.size(); at++) {
    std::string flipped = whole;
    flipped[at] = static_cast<char>(flipped[at] ^ 4);
    write_file(path_, flipped);
    const std::string a = found("a", "1"), b = found("b", "1");
    EXPECT_TRUE(a.empty() || a == "of a");
    EXPECT_TRUE(b.empty() || b == "of b");
  }
  write_file(path_, whole + "torn");
  EXPECT_EQ(found("b", "1"), "");
  save("c", "1", "of c");  // a new file
  EXPECT_EQ(found("a", "1"), "");
  EXPECT_EQ(found("c", "1"), "of c");
}

TEST_F(ParseCacheTest, DoesNotGrowWithEdits) {
  for (int i = 0; i < 200; i++) save("a", std::to_string(i), std::string(1000, 'x'));
  EXPECT_EQ(found("a", "199"), std::string(1000, 'x'));
  EXPECT_LT(std::filesystem::file_size(path_), 5000U);
}

TEST_F(ParseCacheTest, APlaceThatCannotBeWrittenIsNoError) {
  std::filesystem::create_directories(path_);  // a folder where the file should be
  save("a", "1", "of a");
  EXPECT_EQ(found("a", "1"), "");
}

}  // namespace
}  // namespace weir::project
