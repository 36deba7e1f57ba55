#include "base/gzip.h"

#include <gtest/gtest.h>

#include "base/process.h"

namespace weir {
namespace {

std::string packed(const std::string& text) {
  return run_program({"sh", "-c", "printf %s \"$0\" | gzip -c", text})->output;
}

TEST(Gunzip, TakesMembersOneAfterTheOther) {
  EXPECT_EQ(gunzip(packed("one"), 100), "one");
  EXPECT_EQ(gunzip(packed("one") + packed(" two"), 100), "one two");
  EXPECT_EQ(gunzip(packed(""), 100), "");
  EXPECT_EQ(gunzip(packed(std::string(100'000, 'x')), 1'000'000), std::string(100'000, 'x'));
}

TEST(Gunzip, RefusesWhatIsDamagedOrTooLong) {
  EXPECT_EQ(gunzip("", 100), std::nullopt);
  EXPECT_EQ(gunzip("text", 100), std::nullopt);
  const std::string good = packed("something");
  EXPECT_EQ(gunzip(good.substr(0, good.size() - 3), 100), std::nullopt);
  EXPECT_EQ(gunzip(good + "more", 100), std::nullopt);
  EXPECT_EQ(gunzip(packed(std::string(101, 'x')), 100), std::nullopt);
}

TEST(Gunzip, KnowsGzipByItsFirstBytes) {
  EXPECT_TRUE(is_gzip(packed("")));
  EXPECT_FALSE(is_gzip("\x1f"));
  EXPECT_FALSE(is_gzip("text"));
}

// A stream is what stands in a gzip file between ten bytes of header and eight of checksum and size.
TEST(InflateRaw, TellsWhatIsWrong) {
  const std::string text(1000, 'x'), gzip = packed(text), raw = gzip.substr(10, gzip.size() - 18);
  const auto unpack = [](const std::string& bytes, uint64_t most, size_t behind) {
    std::string out;
    const Unpacked result = inflate_raw(bytes, most, behind, out);
    EXPECT_LE(out.size(), most);
    return std::pair(result, out);
  };
  EXPECT_EQ(unpack(raw, 1000, 0), std::pair(Unpacked::whole, text));
  EXPECT_EQ(unpack(raw, 999, 0).first, Unpacked::too_long);
  EXPECT_EQ(unpack(raw.substr(0, raw.size() - 1), 1000, 0).first, Unpacked::damaged);
  EXPECT_EQ(unpack(raw + "abc", 1000, 3), std::pair(Unpacked::whole, text));
  EXPECT_EQ(unpack(raw + "abcd", 1000, 3).first, Unpacked::damaged);
  EXPECT_EQ(unpack("", 1000, 0).first, Unpacked::damaged);
}

}  // namespace
}  // namespace weir
