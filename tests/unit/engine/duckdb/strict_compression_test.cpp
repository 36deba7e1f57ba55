// Packed files are read to their end or not at all.
#include <filesystem>
#include <fstream>

#include "base/file.h"
#include "lake_fixture.h"

namespace weir::engine {

namespace fs = std::filesystem;

class StrictCompressionTest : public LakeTest {
 protected:
  void SetUp() override { fs::create_directories(folder); }
  void TearDown() override { fs::remove_all(folder); }
  // 20,000 rows, packed; more than one of the reader's buffers.
  std::string packed(const std::string& compression, int from = 0) {
    std::string path = (folder / "made").string();
    run("COPY (SELECT range + " + std::to_string(from) + " AS id, md5(range::VARCHAR) AS v FROM range(20000)) TO '" +
        path + "' (FORMAT csv, HEADER false, COMPRESSION " + compression + ")");
    return read_file(path);
  }
  // Number of rows, or the error.
  std::string read(const std::string& bytes, const std::string& compression) {
    std::string path = (folder / "read.csv").string();
    std::ofstream(path, std::ios::binary) << bytes;
    try {
      return cell_text(session
                           ->query("SELECT count(*) FROM read_csv('" + path + "', header = false, compression = '" +
                                   compression + "', columns = {'id': 'BIGINT', 'v': 'VARCHAR'}, auto_detect = false)")
                           .rows.at(0)
                           .at(0));
    } catch (const Error& error) {
      return error.message();
    }
  }
  const fs::path folder = fs::path(::testing::TempDir()) / ("weir-packed-" + uuid_v4());
};

TEST_F(StrictCompressionTest, WholeFilesAreRead) {
  for (const std::string compression : {"gzip", "zstd"}) {
    std::string bytes = packed(compression);
    EXPECT_EQ(read(bytes, compression), "20000") << compression;
    EXPECT_EQ(read(bytes + packed(compression, 20000), compression), "40000") << "two members: " << compression;
  }
}

TEST_F(StrictCompressionTest, CutOffFilesAreNotTakenForShorterOnes) {
  for (const std::string compression : {"gzip", "zstd"}) {
    std::string bytes = packed(compression);
    for (size_t length : {bytes.size() / 2, bytes.size() - 200, bytes.size() / 3 / 32768 * 32768}) {
      EXPECT_THAT(read(bytes.substr(0, length), compression), ::testing::HasSubstr("is cut off"))
          << compression << " " << length << " of " << bytes.size();
    }
  }
}

TEST_F(StrictCompressionTest, MembersMayEndAnywhereInTheReadersBuffer) {
  std::string first = packed("gzip"), second = packed("gzip", 20000);
  // The name in a gzip header has any length: it moves the end of the member over a buffer's end, byte by byte.
  for (size_t wanted = 32768 - 24; wanted <= 32768 + 24; wanted++) {
    size_t name = (wanted + 4 * 32768 - first.size() % 32768) % 32768;
    if (name > 30000) continue;
    std::string named =
        first.substr(0, 3) + '\x08' + first.substr(4, 6) + std::string(name, 'n') + '\0' + first.substr(10);
    EXPECT_EQ(read(named, "gzip"), "20000") << wanted;
    EXPECT_EQ(read(named + second, "gzip"), "40000") << wanted;
  }
}

TEST_F(StrictCompressionTest, DamagedContentIsNoticed) {
  std::string bytes = packed("gzip");
  std::string checksum = bytes, length = bytes;
  checksum[checksum.size() - 8] ^= 1;
  length[length.size() - 1] ^= 1;
  EXPECT_THAT(read(checksum, "gzip"), ::testing::HasSubstr("checksum does not fit"));
  EXPECT_THAT(read(length, "gzip"), ::testing::HasSubstr("checksum does not fit"));
  EXPECT_THAT(read("no gzip at all, but long enough for a header", "gzip"), ::testing::HasSubstr("GZIP"));
  std::string zstd = packed("zstd");
  zstd[zstd.size() / 2] ^= 0x55;
  EXPECT_NE(read(zstd, "zstd"), "20000");
}

}  // namespace weir::engine
