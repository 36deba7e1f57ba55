#include "base/process.h"

#include <gtest/gtest.h>

#include <chrono>

#include "base/error.h"

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

TEST(RunWatched, GivesLinesAsTheyComeAndTheExitCode) {
  std::vector<std::string> lines;
  WatchedProgram program;
  program.words = {"sh", "-c", "echo one; echo two >&2; printf rest; pwd >/dev/null; exit 4"};
  program.on_line = [&](std::string_view line) { lines.emplace_back(line); };
  const auto end = run_watched(program, {});
  EXPECT_EQ(end->exit_code, 4);
  EXPECT_FALSE(end->timed_out);
  EXPECT_EQ(lines, (std::vector<std::string>{"one", "two", "rest"}));
  program.words = {"no-such-program-of-any-name"};
  EXPECT_FALSE(run_watched(program, {}).has_value());
}

TEST(RunWatched, RunsInAFolderWithItsEnvironment) {
  std::vector<std::string> lines;
  WatchedProgram program;
  program.words = {"sh", "-c", "echo $A; pwd"};
  program.environment = {{"A", "a"}};
  program.folder = "/";
  program.on_line = [&](std::string_view line) { lines.emplace_back(line); };
  EXPECT_EQ(run_watched(program, {})->exit_code, 0);
  EXPECT_EQ(lines, (std::vector<std::string>{"a", "/"}));
}

// What the program has started ends with it, though it holds the pipe open and says nothing.
TEST(RunWatched, EndsTheWholeGroup) {
  WatchedProgram program;
  program.words = {"sh", "-c", "sleep 60 & exit 0"};
  const auto started = std::chrono::steady_clock::now();
  EXPECT_EQ(run_watched(program, {})->exit_code, 0);
  program.words = {"sh", "-c", "sleep 60 & sleep 60"};
  program.timeout_ms = 200;
  EXPECT_TRUE(run_watched(program, {})->timed_out);
  EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(30));
}

TEST(RunWatched, EndsOneThatWillNotListen) {
  WatchedProgram program;
  program.words = {"sh", "-c", "trap '' TERM; while :; do sleep 1; done"};
  program.timeout_ms = 100;
  const auto end = run_watched(program, {});
  EXPECT_TRUE(end->timed_out);
  EXPECT_EQ(end->exit_code, 137);
}

TEST(RunWatched, StopsOnAWish) {
  CancelToken cancel;
  WatchedProgram program;
  program.words = {"sh", "-c", "echo up; sleep 60"};
  program.on_line = [&](std::string_view) { cancel.cancel(); };
  EXPECT_THROW(run_watched(program, cancel), Error);
}

}  // namespace
}  // namespace weir
