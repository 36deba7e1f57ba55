// MERGE, OPTIMIZE, VACUUM and checkpoints on a disk that loses power at each of its calls: the table has the rows from
// before or those from after, what was said to be committed is there, and the same work done again ends well.
#include <unistd.h>

#include <filesystem>

#include "lake/vacuum.h"
#include "lake_fixture.h"
#include "store/local_store.h"
#include "store/power_loss_store.h"

namespace weir::engine {

namespace {

namespace fs = std::filesystem;

// True: it was said to be done.
using Work = std::function<bool(Session& session, const std::shared_ptr<lake::Lake>& tables)>;

Work statement(const std::string& sql) {
  return [=](Session& session, const std::shared_ptr<lake::Lake>&) {
    session.begin(uuid_v4());
    session.execute(sql);
    auto outcomes = session.commit();
    return outcomes.empty() || std::holds_alternative<lake::Committed>(outcomes[0]);
  };
}

class PowerLossTest : public LakeTest {
 protected:
  PowerLossTest() {
    // In memory if there is any: what is lost is simulated.
    const fs::path scratch = fs::is_directory("/dev/shm") ? "/dev/shm" : fs::temp_directory_path();
    std::string pattern = scratch / "weir-power-XXXXXX";
    root_ = mkdtemp(pattern.data());
  }
  ~PowerLossTest() override { fs::remove_all(root_); }

  // The store's memory of the disk belongs to one thread.
  static Engine& alone() {
    static Engine* const engine =
        open_duckdb({.memory_limit_bytes = 1ll << 30, .threads = 1, .spill_dir = "/tmp/weir-test-spill"}).release();
    return *engine;
  }
  static std::shared_ptr<lake::Lake> lake_on(store::ObjectStore& store) {
    return std::make_shared<lake::Lake>(std::shared_ptr<store::ObjectStore>(&store, [](auto*) {}));
  }

  void prepare(const std::vector<std::string>& statements) {
    store::LocalStore disk(root_ / "base");
    auto writer = alone().session(lake_on(disk));
    for (auto& sql : statements) writer->execute(sql);
    before_ = content(*writer);
  }
  static Table content(Session& session) { return rows(session, "SELECT k, n FROM t ORDER BY k"); }
  fs::path fresh() {
    fs::remove_all(root_ / "disk");
    fs::copy(root_ / "base", root_ / "disk", fs::copy_options::recursive);
    return root_ / "disk";
  }

  // The work with the power going at the call `at` (0: never).
  bool done_before_the_cut(store::PowerLossStore& disk, const Work& work) {
    try {
      auto tables = lake_on(disk.store());
      return work(*alone().session(tables), tables);
    } catch (const Error&) {
      return false;
    }
  }

  void holds_everywhere(const Work& work) {
    uint64_t calls = 0;
    Table after;
    {
      store::PowerLossStore disk(fresh());
      ASSERT_TRUE(done_before_the_cut(disk, work));
      calls = disk.calls();
      after = content(*alone().session(lake_on(disk.store())));
    }
    ASSERT_GT(calls, 10u);
    for (uint64_t at = 1; at <= calls; ++at) {
      SCOPED_TRACE("cut at call " + std::to_string(at));
      auto folder = fresh();
      bool done = false;
      {
        store::PowerLossStore disk(folder, {.at = at, .ignored = {}});
        done = done_before_the_cut(disk, work);
        disk.lose_power(at % 3);  // 0: all that was not synced is gone; else some of it, by chance
      }
      store::LocalStore disk(folder);
      auto tables = lake_on(disk);
      auto reader = alone().session(tables);
      auto found = content(*reader);
      ASSERT_TRUE(found == after || (!done && found == before_));
      ASSERT_TRUE(work(*reader, tables)) << "again";
      ASSERT_EQ(content(*reader), after) << "again";
    }
  }

 private:
  fs::path root_;
  Table before_;
};

const std::vector<std::string> filled = {
    "CREATE TABLE t (k BIGINT, n BIGINT) WITH ('delta.enableDeletionVectors' = 'true', "
    "'delta.enableRowTracking' = 'true', 'delta.checkpointInterval' = '4')",
    "INSERT INTO t SELECT i, 0 FROM range(100) r(i)", "INSERT INTO t SELECT 1000 + i, 0 FROM range(4) r(i)",
    "DELETE FROM t WHERE k = 7"};

const char* merge =
    "MERGE INTO t USING (VALUES (3, 30), (4, -1), (1000, 5), (1001, -1), (5000, 1)) s(k, n) ON t.k = s.k WHEN MATCHED "
    "AND s.n < 0 THEN DELETE WHEN MATCHED THEN UPDATE SET n = s.n WHEN NOT MATCHED AND s.n >= 0 THEN INSERT VALUES "
    "(s.k, s.n)";

TEST_F(PowerLossTest, merge_with_vectors_and_a_checkpoint) {
  prepare(filled);
  holds_everywhere(statement(merge));  // version 4
}

TEST_F(PowerLossTest, optimize) {
  prepare(filled);
  holds_everywhere([](Session& session, const std::shared_ptr<lake::Lake>& tables) {
    auto snapshot = lake::Snapshot::open(tables->location({"main", "t"}), alone().parquet());
    std::vector<std::string> paths;
    for (auto& file : snapshot->files()) paths.push_back(file.path);
    session.begin(uuid_v4());
    session.rewrite_files({"main", "t"}, {paths, {}});
    auto outcomes = session.commit();
    return std::holds_alternative<lake::Committed>(outcomes.at(0));
  });
}

TEST_F(PowerLossTest, vacuum) {
  auto statements = filled;
  statements.emplace_back(merge);
  statements.emplace_back("UPDATE t SET n = n + 1 WHERE k < 60");
  prepare(statements);
  holds_everywhere([](Session&, const std::shared_ptr<lake::Lake>& tables) {
    auto newest = lake::Snapshot::open(tables->location({"main", "t"}), alone().parquet());
    store::SystemClock clock;
    lake::VacuumOptions options;
    options.retention_ms = 0;
    options.force = true;
    auto plan = lake::plan_vacuum(*newest, alone().parquet(), options, clock.now_ms() + 1000);
    lake::carry_out_vacuum(plan, newest, alone().parquet(), clock);
    return true;
  });
}

}  // namespace

}  // namespace weir::engine
