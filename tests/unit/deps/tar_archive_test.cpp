#include "deps/tar_archive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>

#include "base/error.h"
#include "base/file.h"
#include "base/ids.h"

namespace weir::deps {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

// One entry of a tar archive.
std::string entry(const std::string& name, char type, const std::string& content, const std::string& link = "",
                  const char* mode = "0000644") {
  std::string block(512, '\0');
  const auto put = [&](size_t at, const std::string& text) { block.replace(at, text.size(), text); };
  put(0, name.substr(0, 100));
  put(100, mode);
  char size[13];
  std::snprintf(size, sizeof size, "%011o", static_cast<unsigned>(content.size()));
  put(124, size);
  put(148, "        ");
  block[156] = type;
  put(157, link);
  put(257, std::string("ustar\0", 6));
  put(263, "00");
  unsigned sum = 0;
  for (const char c : block) sum += static_cast<unsigned char>(c);
  std::snprintf(size, sizeof size, "%06o", sum);
  put(148, std::string(size, 6) + '\0' + ' ');
  return block + content + std::string((512 - content.size() % 512) % 512, '\0');
}

class UnpackTar : public testing::Test {
 protected:
  UnpackTar() : folder_(fs::temp_directory_path() / ("weir-tar-" + uuid_v4())) { fs::create_directories(folder_); }
  ~UnpackTar() override { fs::remove_all(folder_); }
  std::string unpack(const std::string& entries) {
    return unpack_tar(entries + std::string(1024, '\0'), folder_, "the archive");
  }
  std::string refusal(const std::string& entries) {
    try {
      unpack(entries);
    } catch (const Error& error) {
      return error.message();
    }
    return "none";
  }
  fs::path folder_;
};

TEST_F(UnpackTar, FilesFoldersLinksAndLongNames) {
  const std::string deep = "top/" + std::string(120, 'd') + "/file";
  const std::string record = "path=" + deep + "\n";
  const std::string pax = std::to_string(record.size() + 4) + " " + record;
  EXPECT_EQ(unpack(entry("pax_global_header", 'g', "13 comment=a\n") + entry("top/", '5', "", "", "0000755") +
                   entry("top/a.sh", '0', "run", "", "0000755") + entry("x", 'x', pax) + entry("short", '0', "deep") +
                   entry("././@LongLink", 'L', "top/" + std::string(110, 'n') + std::string(1, '\0')) +
                   entry("short", '0', "gnu") + entry("top/link", '2', "", "a.sh")),
            "top");
  EXPECT_EQ(read_file(folder_ / "top" / "a.sh"), "run");
  EXPECT_NE(fs::status(folder_ / "top" / "a.sh").permissions() & fs::perms::owner_exec, fs::perms::none);
  EXPECT_EQ(read_file(folder_ / deep), "deep");
  EXPECT_EQ(read_file(folder_ / "top" / std::string(110, 'n')), "gnu");
  EXPECT_EQ(read_file(folder_ / "top" / "link"), "run");
}

TEST_F(UnpackTar, NothingLeadsOutside) {
  EXPECT_THAT(refusal(entry("../evil", '0', "x")), HasSubstr("../evil"));
  EXPECT_THAT(refusal(entry("top/../../evil", '0', "x")), HasSubstr("evil"));
  EXPECT_THAT(refusal(entry("/etc/evil", '0', "x")), HasSubstr("/etc/evil"));
  EXPECT_THAT(refusal(entry("top/link", '2', "", "/etc")), HasSubstr("links to /etc"));
  EXPECT_THAT(refusal(entry("top/up", '2', "", "../..")), HasSubstr("links to ../.."));
  EXPECT_THAT(refusal(entry("top/hard", '1', "", "/etc/passwd")), HasSubstr("links to /etc/passwd"));
  EXPECT_THAT(refusal(entry("top/b", '2', "", "c") + entry("top/b/file", '0', "x")), HasSubstr("behind a link"));
}

TEST_F(UnpackTar, OnlyOneFolderAndNothingDamaged) {
  EXPECT_THAT(refusal(entry("a/x", '0', "") + entry("b/x", '0', "")), HasSubstr("2 folders"));
  EXPECT_THAT(refusal(""), HasSubstr("0 folders"));
  std::string torn = entry("a/x", '0', std::string(2000, 'x'));
  EXPECT_THROW(unpack_tar(torn.substr(0, 1000), folder_, "torn"), Error);
  torn[0] = 'z';
  EXPECT_THAT(refusal(torn), HasSubstr("checksum"));
  EXPECT_THROW(unpack_tar_gz("no gzip", folder_, "text"), Error);
}

}  // namespace
}  // namespace weir::deps
