// Several processes on one local table: every commit once, versions without holes, and the state they add up to.
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "lake/checksum.h"
#include "lake_fixture.h"
#include "store/local_store.h"

namespace weir::lake {
namespace {

constexpr int processes = 6, commits_each = 25;

class ProcessesTest : public testing::Test {
 protected:
  ProcessesTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "weir-lake-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    table.store = std::make_shared<store::LocalStore>(folder_);
  }
  ~ProcessesTest() override { std::filesystem::remove_all(folder_); }

  // Runs `work(process)` in as many processes; true if all end well.
  template <typename Work>
  bool run(Work work) {
    std::vector<pid_t> children;
    for (int p = 0; p < processes; ++p) {
      pid_t child = fork();
      if (child == 0) {
        int failed = 1;
        try {
          work(p);
          failed = 0;
        } catch (const std::exception& error) {
          fmt::print(stderr, "process {}: {}\n", p, error.what());
        }
        _exit(failed);
      }
      children.push_back(child);
    }
    bool all = true;
    for (pid_t child : children) {
      int status = 0;
      waitpid(child, &status, 0);
      all = all && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }
    return all;
  }

  TableLocation table{nullptr, "t/"};
  std::filesystem::path folder_;
};

TEST_F(ProcessesTest, appends_are_all_there_once) {
  MemoryParquet parquet;
  Transaction first(table, nullptr, parquet);
  // No checkpoints: those of this test's ParquetIo do not reach other processes.
  first.draft().actions = {Protocol(), plain_metadata({{"delta.checkpointInterval", "100000"}})};
  ASSERT_TRUE(std::holds_alternative<Committed>(first.commit(1)));
  ASSERT_TRUE(run([&](int p) {
    MemoryParquet own;
    for (int i = 0; i < commits_each; ++i) {
      Transaction appending(table, Snapshot::open(table, own), own);
      appending.draft().actions = {plain_add(fmt::format("p{}-{}", p, i))};
      require(std::holds_alternative<Committed>(appending.commit(1)), "an append commits");
    }
  }));
  constexpr int total = processes * commits_each;
  EXPECT_EQ(latest_version(table), total);
  EXPECT_EQ(read_commits(table, -1, total).first_missing, std::nullopt);
  auto snapshot = Snapshot::open(table, parquet);
  std::set<std::string> seen;
  for (const auto& add : snapshot->files()) EXPECT_TRUE(seen.insert(add.path).second) << add.path;
  EXPECT_EQ(seen.size(), static_cast<size_t>(total));
  for (int64_t version = 1; version <= total; ++version) {
    auto checksum = read_checksum(table, version);
    ASSERT_TRUE(checksum.has_value()) << version;
    EXPECT_EQ(checksum->file_count, version);
    EXPECT_EQ(checksum->table_size_bytes, version * 100);
  }
}

// A counter kept in a txn: each step reads it, and commits one more if nobody was faster.
TEST_F(ProcessesTest, a_shared_counter_loses_no_step) {
  MemoryParquet parquet;
  Transaction first(table, nullptr, parquet);
  first.draft().actions = {Protocol(), plain_metadata({{"delta.checkpointInterval", "100000"}}), Txn{"counter", 0, 1}};
  ASSERT_TRUE(std::holds_alternative<Committed>(first.commit(1)));
  ASSERT_TRUE(run([&](int) {
    MemoryParquet own;
    for (int done = 0; done < commits_each;) {
      auto base = Snapshot::open(table, own);
      Transaction step(table, base, own);
      step.draft().reads.app_ids = {"counter"};
      step.draft().actions = {Txn{"counter", base->txn("counter")->version + 1, 1}};
      auto outcome = step.commit(1);
      if (std::holds_alternative<Committed>(outcome)) ++done;
      if (const auto* conflict = std::get_if<Conflict>(&outcome))
        require(conflict->rule == "ConcurrentTransaction", "the counter is what conflicts");
    }
  }));
  EXPECT_EQ(Snapshot::open(table, parquet)->txn("counter")->version, processes * commits_each);
  EXPECT_EQ(latest_version(table), processes * commits_each);
}

}  // namespace
}  // namespace weir::lake
