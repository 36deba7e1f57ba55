#include "base/process.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

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
