// Tables that keep row ids: rows have the same id after they were changed or moved.
#include "lake/snapshot.h"
#include "lake_fixture.h"

namespace weir::engine {

namespace {

class RowTrackingTest : public LakeTest, public ::testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    run("CREATE TABLE t(id INTEGER, v VARCHAR, p INTEGER)" + std::string(GetParam()));
    run("INSERT INTO t SELECT i, 'v' || i, i % 2 FROM range(10) r(i)");
    run("INSERT INTO t SELECT i, 'v' || i, i % 2 FROM range(10, 15) r(i)");
    run("CREATE TEMP TABLE first AS SELECT id, _row_id AS rid, _row_commit_version AS rv FROM t");
  }
  std::string high_water_mark() {
    auto snapshot = lake::Snapshot::open(lake->location({"main", "t"}), engine().parquet());
    return snapshot->domains().at("delta.rowTracking").configuration;
  }
};

TEST_P(RowTrackingTest, new_rows_get_new_ids) {
  EXPECT_EQ(rows("SELECT count(*), count(DISTINCT rid), min(rid), max(rid) FROM first"),
            (Table{{"15", "15", "0", "14"}}));
  EXPECT_EQ(rows("SELECT DISTINCT rv FROM first ORDER BY 1"), (Table{{"1"}, {"2"}}));
  EXPECT_EQ(high_water_mark(), "{\"rowIdHighWaterMark\":14}");
}

TEST_P(RowTrackingTest, changed_and_moved_rows_keep_theirs) {
  run("UPDATE t SET v = 'new' WHERE id IN (3, 12)");
  run("DELETE FROM t WHERE id = 4");
  run("MERGE INTO t USING (VALUES (5, 'm'), (100, 'n')) s(id, v) ON t.id = s.id WHEN MATCHED THEN UPDATE SET v = s.v, "
      "p = 1 "
      "- p WHEN NOT MATCHED THEN INSERT VALUES (s.id, s.v, 0)");
  EXPECT_EQ(rows("SELECT t.id FROM t JOIN first f ON t.id = f.id WHERE t._row_id <> f.rid"), Table());
  EXPECT_EQ(one("SELECT count(*) FROM t JOIN first f ON t._row_id = f.rid"), "14");
  EXPECT_EQ(rows("SELECT t.id, _row_commit_version FROM t JOIN first f USING (id) WHERE _row_commit_version <> f.rv "
                 "ORDER BY 1"),
            (Table{{"3", "3"}, {"5", "5"}, {"12", "3"}}));
  EXPECT_EQ(one("SELECT _row_id > 14 FROM t WHERE id = 100"), "true");
  EXPECT_EQ(one("SELECT count(*) - count(DISTINCT _row_id) FROM t"), "0");
  EXPECT_EQ(rows("SELECT * FROM t WHERE id = 5"), (Table{{"5", "m", "0"}}));
}

TEST_P(RowTrackingTest, concurrent_writers_give_ids_apart) {
  auto other = another();
  session->begin(uuid_v4());
  run("INSERT INTO t VALUES (200, 'a', 0), (201, 'a', 0)");
  other->execute("INSERT INTO t VALUES (300, 'b', 0)");
  session->commit();
  EXPECT_EQ(rows("SELECT count(*), count(DISTINCT _row_id), max(_row_id) FROM t"), (Table{{"18", "18", "17"}}));
  EXPECT_EQ(rows("SELECT DISTINCT _row_commit_version FROM t WHERE id >= 200 ORDER BY 1"), (Table{{"3"}, {"4"}}));
}

TEST_F(LakeTest, row_tracking_can_be_switched_on_later) {
  run("CREATE TABLE t(id INTEGER, v VARCHAR) WITH ('delta.enableDeletionVectors' = 'true')");
  for (int from : {0, 10, 20})
    run("INSERT INTO t SELECT i, 'v' || i FROM range(" + std::to_string(from) + ", " + std::to_string(from + 10) +
        ") r(i)");
  run("DELETE FROM t WHERE id = 5");
  session->begin(uuid_v4());
  run("ALTER TABLE t SET ('delta.enableRowTracking' = 'true')");
  another()->execute("INSERT INTO t VALUES (30, 'meanwhile')");
  ASSERT_TRUE(std::holds_alternative<lake::Committed>(session->commit().front()));
  EXPECT_EQ(rows("SELECT count(*), count(DISTINCT _row_id), count(DISTINCT _row_commit_version) FROM t"),
            (Table{{"30", "30", "1"}}));
  run("CREATE TEMP TABLE first AS SELECT id, _row_id AS rid FROM t");
  run("UPDATE t SET v = 'new' WHERE id IN (3, 12, 30)");
  run("INSERT INTO t VALUES (31, 'n')");
  EXPECT_EQ(one("SELECT count(*) FROM t JOIN first f ON t.id = f.id AND t._row_id = f.rid"), "30");
  EXPECT_EQ(one("SELECT count(*) - count(DISTINCT _row_id) FROM t"), "0");
  run("ALTER TABLE t SET ('delta.enableRowTracking' = 'false')");
  run("INSERT INTO t VALUES (32, 'n')");
  run("ALTER TABLE t SET ('delta.enableRowTracking' = 'true')");
  EXPECT_EQ(rows("SELECT count(_row_id), count(DISTINCT _row_id) FROM t"), (Table{{"32", "32"}}));
}

TEST_F(LakeTest, in_commit_timestamps_can_be_switched_on_later) {
  run("CREATE TABLE t(id INTEGER)");
  run("INSERT INTO t VALUES (1)");
  session->begin(uuid_v4());
  run("ALTER TABLE t SET ('delta.enableInCommitTimestamps' = 'true')");
  another()->execute("INSERT INTO t VALUES (2)");
  ASSERT_TRUE(std::holds_alternative<lake::Committed>(session->commit().front()));
  run("INSERT INTO t VALUES (3)");
  auto metadata = lake::Snapshot::open(lake->location({"main", "t"}), engine().parquet())->metadata();
  EXPECT_EQ(metadata.configuration.at("delta.inCommitTimestampEnablementVersion"), "3");
  auto commit = store->read("main/t/_delta_log/00000000000000000003.json");
  EXPECT_THAT(commit, ::testing::HasSubstr("\"inCommitTimestamp\":" +
                                           metadata.configuration.at("delta.inCommitTimestampEnablementTimestamp")));
  EXPECT_EQ(rows(*another(), "SELECT count(*) FROM t"), (Table{{"3"}}));
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, RowTrackingTest,
    ::testing::Values(" WITH ('delta.enableRowTracking' = 'true')",
                      " PARTITIONED BY (p) WITH ('delta.enableRowTracking' = 'true')",
                      " WITH ('delta.enableRowTracking' = 'true', 'delta.enableDeletionVectors' = 'true')",
                      " PARTITIONED BY (p) WITH ('delta.enableRowTracking' = 'true', 'delta.columnMapping.mode' = "
                      "'name', 'delta.enableChangeDataFeed' = 'true')"));

}  // namespace

}  // namespace weir::engine
