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

TEST(RunProgram, GivesOutputErrorsAndExitCode) {
  const auto done = run_program({"sh", "-c", "echo out; echo \"$A$B\" >&2; exit 3"}, {{"A", "a"}, {"B", std::nullopt}});
  EXPECT_EQ(done->output, "out\n");
  EXPECT_EQ(done->errors, "a\n");
  EXPECT_EQ(done->exit_code, 3);
  EXPECT_EQ(run_program({"sh", "-c", "head -c 300000 /dev/zero >&2; echo end"})->output, "end\n");
  EXPECT_EQ(run_program({"sh", "-c", "kill -9 $$"})->exit_code, 137);
  EXPECT_FALSE(run_program({"no-such-program-of-any-name"}).has_value());
}

}  // namespace
}  // namespace weir
