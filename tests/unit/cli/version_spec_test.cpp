#include "cli/version_spec.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace weir::cli {
namespace {

Options given(const std::string& version, const std::string& at) {
  std::vector<OptionSpec> specs;
  for (const auto& flag : version_flags()) specs.push_back(flag.spec);
  Options options(specs);
  if (!version.empty()) options.set("version", version, "--version");
  if (!at.empty()) options.set("at", at, "--at");
  return options;
}

TEST(version_spec, numbers_and_times) {
  EXPECT_EQ(version_spec(given("v7", "")).version, 7);
  EXPECT_EQ(version_spec(given("7", "")).version, 7);
  EXPECT_EQ(version_spec(given("", "2026-01-05")).at_ms, 1767571200000);
  EXPECT_EQ(version_spec(given("", "2026-01-05 09:12")).at_ms, 1767604320000);
  EXPECT_FALSE(version_spec(given("", "")).version);
}

TEST(version_spec, refuses_what_is_neither) {
  EXPECT_THROW(version_spec(given("-1", "")), Error);
  EXPECT_THROW(version_spec(given("+1", "")), Error);
  EXPECT_THROW(version_spec(given("v", "")), Error);
  EXPECT_THROW(version_spec(given("", "soon")), Error);
  EXPECT_THROW(version_spec(given("1", "2026-01-05")), Error);
}

TEST(version_spec, behind_the_at_of_a_name) {
  EXPECT_EQ(version_spec(std::string("v7")).version, 7);
  EXPECT_EQ(version_spec(std::string("2026")).version, 2026);
  EXPECT_EQ(version_spec(std::string("2026-01-05T09:12")).at_ms, 1767604320000);
  for (const char* bad : {"", "v", "soon", "2026-13-05", "09:12"})
    EXPECT_THROW(version_spec(std::string(bad)), Error) << bad;
}

}  // namespace
}  // namespace weir::cli
