#include "cli/file_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/ids.h"

namespace weir::cli {
namespace {

namespace fs = std::filesystem;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

class FileAnswer : public testing::Test {
 protected:
  FileAnswer() : root_(fs::temp_directory_path() / ("weir-files-" + uuid_v4())), folder_(root_ / "target") {
    fs::create_directories(folder_ / "below");
    write_file(folder_ / "index.html", "<p>page");
    write_file(folder_ / "below" / "a b.json", "{}");
    write_file(root_ / "secret", "secret");
    fs::create_symlink("../secret", folder_ / "link");
  }
  ~FileAnswer() override { fs::remove_all(root_); }
  std::string ask(const std::string& line, const std::string& host = "localhost:8080") const {
    return file_answer(folder_, line + " HTTP/1.1\r\nAccept: */*\r\nHOST: " + host + "\r\n\r\n");
  }
  fs::path root_, folder_;
};

TEST_F(FileAnswer, GivesFilesOfTheFolder) {
  EXPECT_THAT(ask("GET /"),
              StartsWith("HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 7"));
  EXPECT_THAT(ask("GET /?x=1"), EndsWith("\r\n\r\n<p>page"));
  EXPECT_THAT(ask("GET /below/a%20b.json#top"), EndsWith("\r\n\r\n{}"));
  EXPECT_THAT(ask("HEAD /"), EndsWith("\r\n\r\n"));
}

TEST_F(FileAnswer, NothingOutsideOfIt) {
  for (const char* path : {"/../secret", "/%2e%2e/secret", "/below/../../secret", "/link", "//etc/passwd", "/below"})
    EXPECT_THAT(ask(std::string("GET ") + path), StartsWith("HTTP/1.1 404")) << path;
}

TEST_F(FileAnswer, OnlyUnderANameOfThisMachine) {
  for (const char* host : {"localhost", "127.0.0.1:80", "[::1]:80", "[::1]", "LOCALHOST"})
    EXPECT_THAT(ask("GET /", host), StartsWith("HTTP/1.1 200")) << host;
  for (const char* host : {"rebound.example", "localhost.example:80", "", "127.0.0.1.example"})
    EXPECT_THAT(ask("GET /", host), StartsWith("HTTP/1.1 403")) << host;
}

TEST_F(FileAnswer, RefusesWhatIsNoRequestForAFile) {
  EXPECT_THAT(ask("POST /"), StartsWith("HTTP/1.1 405"));
  for (const char* line : {"GET index.html", "GET /%zz", "GET /%2", "GET /a%00", "GET", ""})
    EXPECT_THAT(ask(line), StartsWith("HTTP/1.1 400")) << line;
}

}  // namespace
}  // namespace weir::cli
