// Files written anew: no row changes, whatever the table keeps of its rows.
#include "lake/optimize.h"

#include "lake_fixture.h"

namespace weir::engine {

namespace {

class OptimizeTest : public LakeTest, public ::testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    run("CREATE TABLE t(id INTEGER, v VARCHAR, p INTEGER)" + std::string(GetParam()));
    for (int i = 0; i < 4; ++i)
      run("INSERT INTO t SELECT i, 'v' || i, i % 2 FROM range(" + std::to_string(i * 10) + ", " +
          std::to_string(i * 10 + 10) + ") r(i)");
    run("DELETE FROM t WHERE id IN (3, 4, 25)");
  }
  std::shared_ptr<const lake::Snapshot> newest() {
    return lake::Snapshot::open(lake->location({"main", "t"}), engine().parquet());
  }
  std::vector<std::string> chosen(const lake::OptimizeOptions& options = {}) {
    std::vector<std::string> paths;
    for (auto& group : lake::plan_optimize(*newest(), options))
      paths.insert(paths.end(), group.paths.begin(), group.paths.end());
    return paths;
  }
  bool tracked() { return newest()->metadata().configuration.contains("delta.enableRowTracking"); }
  Table all() {
    return rows(std::string("SELECT *") + (tracked() ? ", _row_id, _row_commit_version" : "") + " FROM t ORDER BY id");
  }
};

TEST_P(OptimizeTest, rows_stay_as_they_are) {
  auto before = all();
  auto last = newest();
  session->begin(uuid_v4());
  session->rewrite_files({"main", "t"}, {chosen(), {}});
  EXPECT_EQ(session->commit().size(), 1u);
  EXPECT_EQ(all(), before);
  auto snapshot = newest();
  EXPECT_EQ(snapshot->files().size(), snapshot->metadata().partition_columns.empty() ? 1u : 2u);
  for (auto& file : snapshot->files()) EXPECT_FALSE(file.deletion_vector);
  auto commit = lake::read_commits(snapshot->location(), last->version(), snapshot->version()).commits.at(0);
  for (auto& action : commit.actions) {
    auto* add = std::get_if<lake::Add>(&action);
    auto* remove = std::get_if<lake::Remove>(&action);
    EXPECT_FALSE(add && add->data_change);
    EXPECT_FALSE(remove && remove->data_change);
    EXPECT_FALSE(std::holds_alternative<lake::Cdc>(action));
  }
  EXPECT_EQ(commit.commit_info()->fields.at("operation").as_string(), "OPTIMIZE");
  EXPECT_TRUE(chosen().empty());
}

TEST_P(OptimizeTest, appends_of_others_do_not_disturb_it) {
  session->begin(uuid_v4());
  session->rewrite_files({"main", "t"}, {chosen(), {}});
  auto other = another();
  other->execute("INSERT INTO t VALUES (100, 'x', 0)");
  auto outcome = session->commit();
  EXPECT_TRUE(std::holds_alternative<lake::Committed>(outcome.at(0)));
  EXPECT_EQ(one("SELECT count(*) FROM t"), "38");
}

TEST_P(OptimizeTest, a_rival_that_deletes_rows_wins) {
  session->begin(uuid_v4());
  session->rewrite_files({"main", "t"}, {chosen(), {}});
  auto other = another();
  other->execute("DELETE FROM t WHERE id = 12");
  auto files = data_files();
  EXPECT_TRUE(std::holds_alternative<lake::Conflict>(session->commit().at(0)));
  EXPECT_EQ(one("SELECT count(*) FROM t"), "36");
  EXPECT_LT(data_files().size(), files.size());  // what was staged is gone
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, OptimizeTest,
    ::testing::Values(
        "", " PARTITIONED BY (p)", " WITH ('delta.enableDeletionVectors' = 'true')",
        " PARTITIONED BY (p) WITH ('delta.enableRowTracking' = 'true', 'delta.columnMapping.mode' = 'name', "
        "'delta.enableChangeDataFeed' = 'true', 'delta.enableDeletionVectors' = 'true')"));

}  // namespace

}  // namespace weir::engine
