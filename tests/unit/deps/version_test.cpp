#include "deps/version.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace weir::deps {
namespace {

std::string range_of(const std::vector<std::string>& texts) {
  std::vector<Version> versions;
  for (const std::string& text : texts) versions.push_back(Version::parse(text));
  const auto range = reduce(versions);
  return range ? range->text() : "nothing";
}

TEST(Version, HasThreeNumbersAndOneComparison) {
  EXPECT_EQ(Version::parse(">=1.2.3-rc.1+build.5").text(), ">=1.2.3-rc.1+build.5");
  EXPECT_EQ(Version::parse("1.0.0").text(), "=1.0.0");
  EXPECT_EQ(Version::parse("1.0.0b2").prerelease, "b2");
  for (const char* bad : {"1.0", "1", "", "v1.0.0", "> 1.0.0", ">=1.0.0,<2.0.0", "01.0.0", "1.0.0-01", "1.0.0-",
                          "~1.0.0", "1.0.0 ", "99999999999999999999.0.0"})
    EXPECT_THROW(Version::parse(bad), Error) << bad;
}

TEST(Version, ReleasesComeAfterTheirPrereleases) {
  const auto compare = [](const char* a, const char* b) { return Version::parse(a).compare(Version::parse(b)); };
  EXPECT_GT(compare("1.0.0", "1.0.0-rc1"), 0);
  EXPECT_LT(compare("1.0.0-rc.2", "1.0.0-rc.10"), 0);
  EXPECT_LT(compare("1.0.0-1", "1.0.0-alpha"), 0);
  EXPECT_LT(compare("1.9.0", "1.10.0"), 0);
  EXPECT_EQ(compare("1.0.0", "1.0.0+other"), 0);
  EXPECT_LT(compare("<2.0.0", "2.0.0-rc1"), 0);  // "<2.0.0" leaves them out
}

TEST(VersionRange, IsWhatAllAllow) {
  EXPECT_EQ(range_of({}), "ANY");
  EXPECT_EQ(range_of({">=1.0.0", "<2.0.0"}), ">=1.0.0, <2.0.0");
  EXPECT_EQ(range_of({">=1.0.0", ">1.0.0", ">=0.5.0"}), ">1.0.0");
  EXPECT_EQ(range_of({"<2.0.0", "<=1.5.0"}), "<=1.5.0");
  EXPECT_EQ(range_of({"1.2.0", ">=1.0.0", "<2.0.0"}), "=1.2.0");
  EXPECT_EQ(range_of({"1.0.0", ">1.0.0"}), "nothing");
  EXPECT_EQ(range_of({"1.0.0", "1.0.1"}), "nothing");
  EXPECT_EQ(range_of({">=2.0.0", "<2.0.0"}), "nothing");
  EXPECT_EQ(range_of({">=2.0.0", "<=2.0.0"}), ">=2.0.0, <=2.0.0");
}

TEST(Versions, TheNewestWithinTheRangeIsTaken) {
  const std::vector<std::string> all = {"1.0.0", "2.0.0-rc1", "1.10.0", "1.9.0", "2.0.0"};
  EXPECT_EQ(installable(all, false), (std::vector<std::string>{"1.0.0", "1.9.0", "1.10.0", "2.0.0"}));
  EXPECT_EQ(installable(all, true).back(), "2.0.0");
  const auto newest = [&](const std::vector<std::string>& texts) {
    std::vector<Version> versions;
    for (const std::string& text : texts) versions.push_back(Version::parse(text));
    return newest_within(installable(all, true), *reduce(versions)).value_or("none");
  };
  EXPECT_EQ(newest({"<2.0.0"}), "1.10.0");
  EXPECT_EQ(newest({">1.0.0", "<1.10.0"}), "1.9.0");
  EXPECT_EQ(newest({"2.0.0-rc1"}), "2.0.0-rc1");
  EXPECT_EQ(newest({">2.0.0"}), "none");
}

}  // namespace
}  // namespace weir::deps
