#include "base/file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

#include "base/cancel.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/log.h"

namespace weir {
namespace {

class Files : public testing::Test {
 protected:
  Files() : folder_(std::filesystem::temp_directory_path() / ("weir-" + uuid_v4())) {
    std::filesystem::create_directory(folder_);
  }
  ~Files() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path folder_;
};

TEST_F(Files, WriteThenRead) {
  const std::string content("a\0b\n", 4);
  write_file(folder_ / "x", content);
  EXPECT_EQ(read_file(folder_ / "x"), content);
  write_file(folder_ / "x", "");
  EXPECT_EQ(read_file(folder_ / "x"), "");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1);
}

TEST_F(Files, LargeOnesAndOnesWithoutASize) {
  const std::string content(3'000'000, 'x');
  write_file(folder_ / "x", content);
  EXPECT_EQ(read_file(folder_ / "x").size(), content.size());
  EXPECT_NE(read_file("/proc/self/status").find("Pid:"), std::string::npos);
}

TEST_F(Files, AbsentOnes) {
  EXPECT_EQ(read_file_if_exists(folder_ / "x"), std::nullopt);
  try {
    read_file(folder_ / "x");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::store_io);
    EXPECT_NE(error.message().find("No such file"), std::string::npos);
  }
  EXPECT_THROW(read_file(folder_), Error);
  EXPECT_THROW(write_file(folder_ / "no" / "x", "y"), Error);
}

TEST_F(Files, LinksAndModesStay) {
  write_file(folder_ / "x", "1");
  std::filesystem::permissions(folder_ / "x", std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  std::filesystem::create_symlink("x", folder_ / "link");
  write_file(folder_ / "link", "2");
  EXPECT_TRUE(std::filesystem::is_symlink(folder_ / "link"));
  EXPECT_EQ(read_file(folder_ / "x"), "2");
  struct stat status;
  ASSERT_EQ(stat((folder_ / "x").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600U);
}

TEST_F(Files, LogLines) {
  std::FILE* out = std::fopen((folder_ / "log").c_str(), "w");
  ASSERT_NE(out, nullptr);
  Json fields = Json::object();
  fields.set("asset", "main.orders").set("rows", 3).set("why", "a \"b\"\nc").set("empty", "");
  Logger text(out, LogLevel::info);
  text.log(LogLevel::debug, "not wanted");
  text.log(LogLevel::warn, "two\nlines", fields);
  Logger json(out, LogLevel::debug, LogFormat::json);
  json.log(LogLevel::error, "failed", fields);
  std::fclose(out);
  const std::string lines = read_file(folder_ / "log");
  const size_t end = lines.find('\n');
  EXPECT_EQ(lines.substr(20, end - 20), " warn two lines asset=main.orders rows=3 why=\"a \\\"b\\\"\\nc\" empty=\"\"");
  EXPECT_EQ(lines[19], 'Z');
  const Json record = Json::parse(lines.substr(end + 1));
  EXPECT_EQ(record.at("level").as_string(), "error");
  EXPECT_EQ(record.at("message").as_string(), "failed");
  EXPECT_EQ(record.at("why").as_string(), "a \"b\"\nc");
}

TEST(Cancel, CopiesShareOneFlag) {
  CancelToken token;
  CancelToken copy = token;
  token.check();
  copy.cancel();
  EXPECT_TRUE(token.cancelled());
  EXPECT_THROW(token.check(), Error);
}

}  // namespace
}  // namespace weir

namespace weir {
namespace {

TEST(LiesOutside, FollowsLinksAndDots) {
  namespace fs = std::filesystem;
  const fs::path root = fs::temp_directory_path() / ("reach-" + uuid_v4());
  fs::create_directories(root / "in/deep");
  fs::create_directories(root / "out");
  fs::create_directory_symlink(root / "out", root / "in/link");
  fs::create_directory_symlink(root / "in", root / "same");
  const std::vector<std::string> folders{resolved_path(root / "in")};
  const std::string at = root.string();
  for (const std::string& path :
       {at + "/in", at + "/in/x/y", at + "/in/deep/../x", at + "/same/x", at + "/in/link/../in/x",
        "file://" + at + "/in/x", "file:" + at + "/in/x", std::string("s3://bucket/x"), std::string("https://host/x")})
    EXPECT_FALSE(lies_outside(path, folders)) << path;
  for (const std::string& path : {at + "/inside", at, at + "/in/../out", at + "/in/link/x", std::string("~/x"),
                                  "file://localhost" + at + "/out/x", std::string("relative"), std::string("/")})
    EXPECT_TRUE(lies_outside(path, folders)) << path;
  EXPECT_FALSE(lies_outside(at + "/out", {folders[0], resolved_path(root / "out/")}));
  fs::remove_all(root);
}

}  // namespace
}  // namespace weir
