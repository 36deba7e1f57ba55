#include "store/local_store.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>

#include "base/file.h"
#include "base/text.h"
#include "store_fixture.h"

namespace weir::store {
namespace {

using Keys = std::vector<std::string>;

// Notes the calls and can make one fail.
class NotingGate final : public DiskGate {
 public:
  int pass(const DiskCall& call, const std::function<int(std::string_view)>& perform) override {
    std::string path = call.path;
    if (const size_t at = path.find(".tmp-"); at != std::string::npos) path = path.substr(0, at) + "TMP";
    const std::lock_guard lock(mutex_);
    calls.push_back(std::string(name(call.operation)) + " " + path + (call.to.empty() ? "" : " " + call.to));
    if (calls.size() == die_at) _exit(7);
    if (call.operation == fail_operation && fail_errno != 0) {
      if (fail_after) perform(call.bytes);
      return fail_errno;
    }
    return perform(call.bytes);
  }
  Keys calls;
  size_t die_at = 0;
  DiskOperation fail_operation = DiskOperation::write;
  int fail_errno = 0;
  bool fail_after = false;

 private:
  std::mutex mutex_;
};

class Local : public FolderTest {
 protected:
  Local() : root_(folder_ / "lake"), gate_(std::make_shared<NotingGate>()), store_(root_, gate_) {}
  Keys take_calls() { return std::exchange(gate_->calls, {}); }
  size_t files() const {
    size_t count = 0;
    if (!std::filesystem::exists(root_)) return 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root_)) count += entry.is_regular_file();
    return count;
  }
  std::filesystem::path root_;
  std::shared_ptr<NotingGate> gate_;
  LocalStore store_;
};

TEST_F(Local, EmptyFoldersAreRemovedFromBelowAndTheirParentsSettled) {
  store_.put("t/a=1/x", "1");
  store_.put("t/a=2/b/x", "2");
  store_.put("t/_keep/x", "3");
  store_.remove_all({"t/a=2/b/x", "t/_keep/x"});
  take_calls();
  Keys asked;
  const auto wanted = [&](std::string_view relative) {
    asked.emplace_back(relative);
    return !relative.starts_with('_');
  };
  EXPECT_EQ(store_.remove_empty_folders("t/", wanted), 2U);
  std::sort(asked.begin(), asked.end());
  EXPECT_EQ(asked, (Keys{"_keep", "a=1", "a=2", "a=2/b"}));
  auto calls = take_calls();
  const auto at = [&](const char* call) { return std::find(calls.begin(), calls.end(), call) - calls.begin(); };
  EXPECT_EQ(calls.size(), 5U) << "a=1 holds something: tried and left";
  EXPECT_LT(at("unlink t/a=2/b"), at("sync_folder t/a=2"));
  EXPECT_LT(at("sync_folder t/a=2"), at("unlink t/a=2"));
  EXPECT_LT(at("unlink t/a=2"), at("sync_folder t"));
  EXPECT_TRUE(store_.head("t/a=1/x"));
  EXPECT_TRUE(std::filesystem::exists(root_ / "t/_keep"));
  EXPECT_EQ(store_.remove_empty_folders("t/", wanted), 0U);
  EXPECT_EQ(store_.remove_empty_folders("none/", wanted), 0U);

  // Made again, it is as new: its name must be on disk before what is in it counts.
  take_calls();
  store_.put("t/a=2/y", "4");
  calls = take_calls();
  EXPECT_LT(at("make_folder t/a=2"), at("sync_folder t"));
  EXPECT_LT(at("sync_folder t"), at("create t/a=2/TMP"));
}

TEST_F(Local, EverythingIsSyncedInOrder) {
  store_.put_if_absent("t/_delta_log/0", "x");
  EXPECT_EQ(take_calls(),
            (Keys{"make_folder t", "sync_folder ", "make_folder t/_delta_log", "sync_folder t",
                  "create t/_delta_log/TMP", "write t/_delta_log/TMP", "sync t/_delta_log/TMP",
                  "link t/_delta_log/TMP t/_delta_log/0", "unlink t/_delta_log/TMP", "sync_folder t/_delta_log"}));
  store_.put("t/_delta_log/last", "x");
  EXPECT_EQ(take_calls(), (Keys{"create t/_delta_log/TMP", "write t/_delta_log/TMP", "sync t/_delta_log/TMP",
                                "rename t/_delta_log/TMP t/_delta_log/last", "sync_folder t/_delta_log"}));
  store_.remove("t/_delta_log/last");
  EXPECT_EQ(take_calls(), (Keys{"unlink t/_delta_log/last", "sync_folder t/_delta_log"}));
  EXPECT_EQ(store_.put_if_absent("t/_delta_log/0", "y"), PutResult::exists);
  EXPECT_EQ(take_calls(), (Keys{"sync_folder t/_delta_log"}));
}

TEST_F(Local, FoldersOfOthersAreSettledOncePerProcess) {
  std::filesystem::create_directories(root_ / "t");
  store_.put("t/a", "x");
  EXPECT_EQ(take_calls().front(), "sync_folder ");
  store_.put("t/b", "x");
  EXPECT_EQ(take_calls().front(), "create t/TMP");
}

TEST_F(Local, SmallAppendsAreGathered) {
  auto writer = store_.open_write("x");
  for (int i = 0; i < 10'000; ++i) writer->append(std::string(1000, 'a'));
  writer->finish();
  size_t writes = 0;
  for (const auto& call : gate_->calls) writes += call.starts_with("write ");
  EXPECT_EQ(writes, 10U);
  EXPECT_EQ(store_.head("x")->size, 10'000'000U);
}

TEST_F(Local, ARemovedLakeIsMadeAgain) {
  store_.put("t/a", "x");
  std::filesystem::remove_all(root_);
  store_.put("t/b", "x");
  EXPECT_EQ(keys(store_), Keys{"t/b"});
}

TEST_F(Local, FailuresAreNamedAndLeaveNothing) {
  store_.put("seed", "x");
  for (auto operation : {DiskOperation::create, DiskOperation::write, DiskOperation::sync}) {
    SCOPED_TRACE(name(operation));
    gate_->fail_operation = operation;
    gate_->fail_errno = ENOSPC;
    EXPECT_EQ(code_of([&] { store_.put("a", "x"); }), ErrorCode::store_io);
    EXPECT_EQ(code_of([&] { store_.put_if_absent("b", "x"); }), ErrorCode::store_io);
    try {
      const auto writer = store_.open_write("c");
      writer->append("x");
      writer->finish();
      ADD_FAILURE();
    } catch (const Error& error) {
      EXPECT_NE(error.message().find("No space left"), std::string::npos);
      EXPECT_NE(error.message().find((root_ / "c").string()), std::string::npos) << error.message();
    }
    gate_->fail_errno = 0;
    EXPECT_EQ(keys(store_), Keys{"seed"});
    EXPECT_EQ(files(), 1U);
  }
}

TEST_F(Local, OutcomesThatAreNotKnownAreSaidToBe) {
  store_.put("seed", "x");
  gate_->fail_errno = EIO;
  gate_->fail_after = true;
  gate_->fail_operation = DiskOperation::link;
  EXPECT_EQ(code_of([&] { store_.put_if_absent("a", "x"); }), ErrorCode::store_unknown);
  EXPECT_EQ(store_.read("a"), "x");
  gate_->fail_operation = DiskOperation::rename;
  EXPECT_EQ(code_of([&] { store_.put("b", "x"); }), ErrorCode::store_unknown);
  gate_->fail_operation = DiskOperation::sync_folder;
  EXPECT_EQ(code_of([&] { store_.put_if_absent("c", "x"); }), ErrorCode::store_unknown);
  gate_->fail_errno = 0;
  EXPECT_EQ(store_.put_if_absent("c", "x"), PutResult::exists);
  EXPECT_EQ(files(), 4U);
}

TEST_F(Local, WithoutLinksItRenames) {
  gate_->fail_operation = DiskOperation::link;
  gate_->fail_errno = EPERM;
  EXPECT_EQ(store_.put_if_absent("a", "1"), PutResult::done);
  EXPECT_EQ(store_.put_if_absent("a", "2"), PutResult::exists);
  EXPECT_EQ(store_.read("a"), "1");
  EXPECT_EQ(files(), 1U);
  EXPECT_EQ(take_calls().at(4), "rename TMP a");
}

// A writer that comes between our look and our rename.
TEST_F(Local, RenameDoesNotReplace) {
  class Racing final : public DiskGate {
   public:
    explicit Racing(std::filesystem::path path) : path_(std::move(path)) {}
    int pass(const DiskCall& call, const std::function<int(std::string_view)>& perform) override {
      if (call.operation == DiskOperation::link) {
        write_file(path_, "theirs");
        return EPERM;
      }
      return perform(call.bytes);
    }
    std::filesystem::path path_;
  };
  LocalStore store(root_, std::make_shared<Racing>(root_ / "a"));
  EXPECT_EQ(store.put_if_absent("a", "ours"), PutResult::exists);
  EXPECT_EQ(store.read("a"), "theirs");
  EXPECT_EQ(files(), 1U);
}

TEST_F(Local, LinksThatLeadOutAreNotFollowed) {
  const auto outside = folder_ / "outside";
  std::filesystem::create_directories(outside / "deep");
  write_file(outside / "secret", "secret");
  std::filesystem::create_directories(root_ / "t");
  std::filesystem::create_symlink(outside, root_ / "out");
  std::filesystem::create_symlink("../../outside", root_ / "t" / "up");
  std::filesystem::create_symlink(outside / "secret", root_ / "file");
  for (const char* key : {"out/secret", "t/up/secret", "file"}) {
    SCOPED_TRACE(key);
    EXPECT_EQ(code_of([&] { store_.read(key); }), ErrorCode::store_io);
    EXPECT_EQ(code_of([&] { store_.head(key); }), ErrorCode::store_io);
  }
  for (const char* key : {"out/new", "t/up/new", "out/deep/new"}) {
    SCOPED_TRACE(key);
    EXPECT_EQ(code_of([&] { store_.put(key, "x"); }), ErrorCode::store_io);
    EXPECT_EQ(code_of([&] { store_.put_if_absent(key, "x"); }), ErrorCode::store_io);
    EXPECT_EQ(code_of([&] { store_.open_write(key); }), ErrorCode::store_io);
  }
  EXPECT_EQ(code_of([&] { store_.remove("out/secret"); }), ErrorCode::store_io);
  EXPECT_EQ(read_file(outside / "secret"), "secret");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(outside), {}), 2);
  // A link as the last segment is itself replaced or removed, not what it points to.
  store_.put("file", "mine");
  EXPECT_EQ(read_file(outside / "secret"), "secret");
  EXPECT_EQ(store_.read("file"), "mine");
}

TEST_F(Local, LinksInsideAreFollowed) {
  store_.put("t/a", "x");
  std::filesystem::create_symlink("a", root_ / "t" / "b");
  std::filesystem::create_symlink("t", root_ / "u");
  EXPECT_EQ(store_.read("t/b"), "x");
  EXPECT_EQ(store_.read("u/a"), "x");
  EXPECT_EQ(keys(store_), (Keys{"t/a", "t/b"}));
}

TEST_F(Local, OtherKindsOfFilesAreNoObjects) {
  store_.put("a", "x");
  ASSERT_EQ(mkfifo((root_ / "pipe").c_str(), 0600), 0);
  std::filesystem::create_directory(root_ / "folder");
  EXPECT_EQ(store_.head("pipe"), std::nullopt);
  EXPECT_EQ(code_of([&] { store_.read("pipe"); }), ErrorCode::store_not_found);
  EXPECT_EQ(keys(store_), Keys{"a"});
  EXPECT_EQ(code_of([&] { store_.put("folder", "x"); }), ErrorCode::store_io);
  EXPECT_EQ(code_of([&] { store_.put("a/b", "x"); }), ErrorCode::store_io);
  EXPECT_EQ(code_of([&] { store_.remove("folder"); }), ErrorCode::store_io);
  EXPECT_EQ(code_of([&] { store_.put(std::string(300, 'x'), "x"); }), ErrorCode::store_io);
}

TEST_F(Local, TemporariesAreHiddenAndSweptByAge) {
  store_.put("t/a", "x");
  write_file(root_ / "t" / ".tmp-old", "x");
  write_file(root_ / ".tmp-young", "x");
  const timespec two_hours_ago[2] = {{time(nullptr) - 7200, 0}, {time(nullptr) - 7200, 0}};
  ASSERT_EQ(utimensat(AT_FDCWD, (root_ / "t" / ".tmp-old").c_str(), two_hours_ago, 0), 0);
  EXPECT_EQ(keys(store_), Keys{"t/a"});
  EXPECT_EQ(store_.remove_unfinished("u/", 3'600'000), 0U);
  EXPECT_EQ(store_.remove_unfinished("", 3'600'000), 1U);
  EXPECT_EQ(files(), 2U);
  EXPECT_EQ(store_.remove_unfinished("t/", -60'000), 0U);
  EXPECT_EQ(store_.remove_unfinished("", -60'000), 1U);
  EXPECT_EQ(files(), 1U);
}

TEST_F(Local, OpenReadersSurviveReplaceAndRemove) {
  store_.put("x", "old");
  const auto reader = store_.open_read("x");
  store_.put("x", "new");
  char out[3];
  ASSERT_EQ(reader->read_into(0, out, 3), 3U);
  EXPECT_EQ(std::string(out, 3), "old");
  store_.remove("x");
  EXPECT_EQ(reader->read_into(0, out, 3), 3U);
}

TEST_F(Local, RemovingManySettlesEachFolderOnce) {
  for (const char* key : {"a/1", "a/2", "b/1"}) store_.put(key, "x");
  take_calls();
  store_.remove_all({"a/1", "b/1", "a/2", "c/9", "a/3"});
  EXPECT_EQ(take_calls(),
            (Keys{"unlink a/1", "unlink b/1", "unlink a/2", "unlink a/3", "sync_folder a", "sync_folder b"}));
  EXPECT_TRUE(keys(store_).empty());
}

TEST_F(Local, MakeDurableSettlesWhatOthersPut) {
  LocalStore(root_).put("t/a", "x");
  store_.make_durable("t/a");
  EXPECT_EQ(take_calls(), (Keys{"sync_folder ", "sync_folder t"}));
  EXPECT_EQ(code_of([&] { store_.make_durable("t/b"); }), ErrorCode::store_not_found);
}

// A child process that dies at its n-th call, for every n: what it wrote is whole or absent, and the next writer can go
// on.
TEST_F(Local, DyingAtEveryCallLeavesAllOrNothing) {
  const std::string mine(5000, 'm');
  size_t died = 0, placed = 0;
  for (size_t n = 1;; ++n) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      gate_->die_at = n;
      store_.put_if_absent("log/0", mine);
      _exit(0);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    const auto found = store_.head("log/0");
    if (found) {
      EXPECT_EQ(store_.read("log/0"), mine);
      ++placed;
    }
    EXPECT_EQ(keys(store_).size(), found ? 1U : 0U);
    EXPECT_EQ(LocalStore(root_).put_if_absent("log/0", "next"), found ? PutResult::exists : PutResult::done);
    std::filesystem::remove_all(root_);
    if (WEXITSTATUS(status) == 0) break;
    ++died;
  }
  EXPECT_EQ(died, 8U);    // make_folder, sync_folder, create, write, sync, link, unlink, sync_folder
  EXPECT_EQ(placed, 3U);  // dead before unlink, before sync_folder, and not dead
}

TEST_F(Local, OneOfTwoProcessesWins) {
  constexpr int rounds = 200;
  int start[2];
  ASSERT_EQ(pipe(start), 0);
  std::vector<pid_t> children;
  for (char me : {'a', 'b'}) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      close(start[1]);
      char byte;
      while (read(start[0], &byte, 1) > 0) {
      }
      LocalStore store(root_);
      std::string won;
      for (int i = 0; i < rounds; ++i)
        if (store.put_if_absent("log/" + std::to_string(i), std::string(1, me)) == PutResult::done)
          won += std::to_string(i) + " ";
      write_file(folder_ / std::string(1, me), won);
      _exit(0);
    }
    children.push_back(child);
  }
  close(start[0]);
  close(start[1]);
  for (const pid_t child : children) {
    int status = 1;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  int won = 0;
  for (char me : {'a', 'b'})
    for (const auto& number : split(trim(read_file(folder_ / std::string(1, me))), ' ')) {
      if (number.empty()) continue;
      EXPECT_EQ(store_.read("log/" + number), std::string(1, me));
      ++won;
    }
  EXPECT_EQ(won, rounds);
  EXPECT_EQ(files(), static_cast<size_t>(rounds));
}

}  // namespace
}  // namespace weir::store
