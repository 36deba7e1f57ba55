#include "state/writer_lock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "base/error.h"
#include "base/file.h"
#include "base/ids.h"

namespace weir::state {
namespace {

class WriterLockTest : public ::testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove_all(dir_); }
  std::filesystem::path dir_ = std::filesystem::temp_directory_path() / ("weir-lock-" + uuid_v4());
};

// A process that takes the lock, tells so and lives until it is killed.
pid_t start_holder(const std::filesystem::path& dir) {
  int ready[2];
  if (::pipe(ready) != 0) return -1;
  pid_t child = ::fork();
  if (child == 0) {
    std::unique_ptr<WriterLock> lock = WriterLock::acquire(dir, "build", 1767603600000);
    lock->set_run("01JRUN");
    [[maybe_unused]] ssize_t written = ::write(ready[1], "x", 1);
    ::pause();
    ::_exit(0);
  }
  char byte = 0;
  EXPECT_EQ(::read(ready[0], &byte, 1), 1);
  ::close(ready[0]);
  ::close(ready[1]);
  return child;
}

TEST_F(WriterLockTest, SecondProcessIsRefusedAndToldWho) {
  pid_t holder = start_holder(dir_);
  try {
    WriterLock::acquire(dir_, "run", 0);
    ADD_FAILURE() << "acquired a lock that another process holds";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::state_locked);
    EXPECT_THAT(error.message(), ::testing::HasSubstr("process " + std::to_string(holder)));
    EXPECT_THAT(error.message(), ::testing::HasSubstr("weir build, run 01JRUN, since 2026-01-05T09:00:00Z"));
  }
  std::optional<Holder> seen = lock_holder(dir_);
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->process.pid, holder);
  EXPECT_EQ(seen->run, "01JRUN");
  ::kill(holder, SIGKILL);
  ::waitpid(holder, nullptr, 0);
}

TEST_F(WriterLockTest, LockOfAKilledProcessIsTakenOver) {
  pid_t holder = start_holder(dir_);
  ::kill(holder, SIGKILL);
  ::waitpid(holder, nullptr, 0);
  EXPECT_FALSE(lock_holder(dir_)) << "its text is still there, but the process is not";
  std::unique_ptr<WriterLock> lock = WriterLock::acquire(dir_, "build", 0);
  EXPECT_EQ(lock_holder(dir_)->process, this_process());
}

TEST_F(WriterLockTest, IsFreeAfterRelease) {
  WriterLock::acquire(dir_, "build", 0).reset();
  EXPECT_FALSE(lock_holder(dir_));
  EXPECT_NO_THROW(WriterLock::acquire(dir_, "build", 0));
}

TEST_F(WriterLockTest, HolderWithoutTextIsStillRefused) {
  std::unique_ptr<WriterLock> lock = WriterLock::acquire(dir_, "build", 0);
  std::filesystem::resize_file(dir_ / "writer.lock", 0);
  try {
    WriterLock::acquire(dir_, "run", 0);
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), ::testing::HasSubstr("just starting"));
  }
}

TEST_F(WriterLockTest, FolderThatCannotBeMadeIsNamed) {
  write_file(dir_, "a file where a folder is wanted");
  try {
    WriterLock::acquire(dir_ / "state", "build", 0);
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::state_io);
    EXPECT_THAT(error.message(), ::testing::HasSubstr("writer.lock: Not a directory"));
  }
}

TEST(ProcessId, ReusedPidIsAnotherProcess) {
  ProcessId self = this_process();
  EXPECT_TRUE(is_alive(self));
  EXPECT_FALSE(is_alive({self.pid, self.start_ticks + 1}));
}

}  // namespace
}  // namespace weir::state
