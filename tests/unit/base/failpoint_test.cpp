#include "base/failpoint.h"

#include <gtest/gtest.h>
#include <sys/inotify.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <thread>

#include "base/error.h"
#include "base/file.h"
#include "base/ids.h"

namespace weir {
namespace {

class Failpoints : public testing::Test {
 protected:
  void TearDown() override {
    unsetenv("WEIR_FAIL");
    unsetenv("WEIR_FAIL_DIR");
  }
  static void wish(const char* text) { setenv("WEIR_FAIL", text, 1); }
  static std::optional<ErrorCode> reach(std::string_view name) {
    try {
      failpoint(name);
      return std::nullopt;
    } catch (const Error& error) {
      return error.code();
    }
  }
};

TEST_F(Failpoints, DoNothingUnasked) {
  for (const char* name : {"inspect.done", "commit.landed_no_answer", "gc.manifest", "group.member.1"})
    EXPECT_EQ(reach(name), std::nullopt) << name;
  wish("commit.done:error");
  EXPECT_EQ(reach("commit.before"), std::nullopt);
}

TEST_F(Failpoints, Error) {
  wish("stage.done:error, commit.done:error");
  EXPECT_EQ(reach("commit.done"), ErrorCode::injected);
  EXPECT_EQ(reach("commit.done"), ErrorCode::injected);
}

TEST_F(Failpoints, OnlyTheKthTime) {
  wish("gc.files@3:error");
  EXPECT_EQ(reach("gc.files"), std::nullopt);
  EXPECT_EQ(reach("gc.files"), std::nullopt);
  EXPECT_EQ(reach("gc.files"), ErrorCode::injected);
  EXPECT_EQ(reach("gc.files"), std::nullopt);
}

TEST_F(Failpoints, CrashIsTheDefault) {
  wish("prepare.done");
  EXPECT_EXIT(failpoint("prepare.done"), testing::ExitedWithCode(134), "");
}

TEST_F(Failpoints, MembersByNumber) {
  wish("group.member.2:error");
  EXPECT_EQ(reach("group.member.1"), std::nullopt);
  EXPECT_EQ(reach("group.member.2"), ErrorCode::injected);
  EXPECT_EQ(reach("group.member.x"), ErrorCode::internal);
}

TEST_F(Failpoints, MisspeltWishesAreRefused) {
  for (const char* bad : {"commit.don", "commit.done:explode", "commit.done@0", "commit.done@x", "spark.confirm"}) {
    wish(bad);
    EXPECT_EQ(reach("commit.done"), ErrorCode::usage) << bad;
  }
  EXPECT_EQ(reach("no.such"), ErrorCode::internal);
}

// Blocks until a file of that name appears in the folder.
void await_file(const std::filesystem::path& folder, const std::string& name) {
  const int events = inotify_init1(IN_CLOEXEC);
  ASSERT_GE(inotify_add_watch(events, folder.c_str(), IN_CREATE), 0);
  char buffer[4096];
  while (!std::filesystem::exists(folder / name)) ASSERT_GT(read(events, buffer, sizeof buffer), 0);
  close(events);
}

TEST_F(Failpoints, PauseWaitsForItsRelease) {
  const auto folder = std::filesystem::temp_directory_path() / ("weir-" + uuid_v4());
  std::filesystem::create_directory(folder);
  setenv("WEIR_FAIL_DIR", folder.c_str(), 1);
  wish("guard.done:pause");
  std::atomic<bool> released = false;
  std::thread runner([&] {
    failpoint("guard.done");
    EXPECT_TRUE(released);
  });
  await_file(folder, "guard.done.reached");
  released = true;
  write_file(folder / "guard.done.release", "");
  runner.join();
  EXPECT_TRUE(std::filesystem::is_empty(folder));
  std::filesystem::remove_all(folder);
}

TEST_F(Failpoints, PauseNeedsAFolder) {
  wish("guard.done:pause");
  EXPECT_EQ(reach("guard.done"), ErrorCode::usage);
}

}  // namespace
}  // namespace weir
